/** What a device is to do, and what is said of it under its card. Pure: no DOM, no signals. */

import { switchOf } from "../../readings.js";

/** @import { Device } from "../../../../page_types/api" */
/** @typedef {{ word: string, icon: string, tone?: string, since?: string, differences?: Device["diferencias"] }} Status */

/** The configuration that people want: as it is, and what is being sent. */
export const wantedOf = (device, sending) => ({ ...device.configuracion, ...sending });

export const isScheduled = (device) => device.configuracion.modo === "horario";

/** Whether windows are drawn that switch it on and off: under a schedule they overrule whoever does. */
export const hasWindows = ({ configuracion: { horarios, horarios_riego } }) =>
  [horarios, horarios_riego].some((channel) => Object.values(channel ?? {}).flat().length > 0);

/** Whether it is to be on. In mode `horario`, and where nobody has said, what it does counts. */
export function isOn(device, sending) {
  if (sending?.estado !== undefined) return switchOf(sending.estado);
  const { encendido } = wantedOf(device, sending);
  const follows = isScheduled(device) && sending?.encendido === undefined;
  return (follows ? null : switchOf(encendido)) ?? isActive(device);
}

/** Whether it says of itself that it is on. */
export const isActive = ({ estado }) => switchOf(estado) === true;

/** What makes it be on or not, in either mode. */
export const switched = (device, on) =>
  isScheduled(device) ? { estado: on ? "activo" : "inactivo" } : { encendido: on };

/**
 * For the line of state; `null` when there is nothing to say. `order` is `{phase, sending}` of `orders.js`; `stale`
 * says that the page itself is cut off.
 * @returns {Status | null}
 */
export function statusOf(device, order, stale) {
  if (order.sending) return { word: "devices.sending", icon: "pending" };
  if (stale) return { word: "devices.stale", icon: "offline", tone: "warn", since: device.visto_en };
  if (!device.en_linea) return offline(device);
  if (device.sincronizado === false) return unfulfilled(device, order.phase);
  return order.phase === "confirmed" ? { word: "devices.confirmed", icon: "check", tone: "good" } : null;
}

function offline(device) {
  if (device.sincronizado === false)
    return { word: "devices.waiting.offline", icon: "pending", tone: "warn" };
  const word = device.visto_en ? "devices.offline" : "devices.offline.never";
  return { word, icon: "offline", tone: "warn", since: device.visto_en };
}

function unfulfilled(device, phase) {
  if (phase === "waiting") return { word: "devices.waiting", icon: "pending", tone: "warn" };
  if (hasFinished(device)) return { word: "devices.watered", icon: "check" };
  return { word: "devices.differs", icon: "warning", tone: "warn", differences: device.diferencias };
}

/** A sprinkler switches itself off: that it was told to be on is no contradiction. */
export const hasFinished = (device) =>
  device.capability === "duration" &&
  device.configuracion.duracion_min > 0 &&
  Object.keys(device.diferencias).join() === "encendido" &&
  device.diferencias.encendido.informado === false;
