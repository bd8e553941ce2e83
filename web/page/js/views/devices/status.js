/** What a device is to do, and what is said of it under its card. Pure: no DOM, no signals. */

import { switchOf } from "../../readings.js";

/** @import { Device } from "../../../../page_types/api" */
/** @typedef {{ word: string, since?: string, state?: string, differences?: Device["diferencias"] }} Said */
/** @typedef {{ icon: string, tone?: string, said: Said[] }} Status - one thing after the other, what matters most first */

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
  // That it may not be so any more is never hidden by what is under way.
  const sending = order.sending ? [{ word: "devices.sending" }] : [];
  if (stale) return warning("offline", { word: "devices.stale", since: device.visto_en }, ...sending);
  if (!device.en_linea) return offline(device, sending);
  if (order.sending) return { icon: "pending", said: sending };
  if (device.sincronizado === false) return unfulfilled(device, order.phase);
  return order.phase === "confirmed"
    ? { icon: "check", tone: "good", said: [{ word: "devices.confirmed" }] }
    : null;
}

/** @type {(icon: string, ...said: Said[]) => Status} */
const warning = (icon, ...said) => ({ icon, tone: "warn", said });

function offline(device, sending) {
  const { visto_en: since, sincronizado: synchronised } = device;
  const word = since ? "devices.offline" : "devices.offline.never";
  const state = lastState(device);
  const last = state === null ? [] : [{ word: "devices.last", state }];
  const waiting = synchronised === false && !sending.length ? [{ word: "devices.waiting.offline" }] : sending;
  return warning("offline", { word, since }, ...last, ...waiting);
}

/**
 * The state that the device itself has told last, `estado` being what is wanted of it as soon as that is; `null` where it never
 * has, or a reading tells better.
 */
export function lastState({ estado: state, diferencias: differences, visto_en: seen, capability }) {
  if (!seen || !SWITCHED.includes(capability)) return null;
  const told = differences.encendido?.informado;
  return typeof told === "boolean" ? (told ? "activo" : "inactivo") : state;
}

// What these do is told by no reading of theirs.
const SWITCHED = ["binary", "speed", "duration"];

function unfulfilled(device, phase) {
  if (phase === "waiting") return warning("pending", { word: "devices.waiting" });
  if (hasFinished(device)) return { icon: "check", said: [{ word: "devices.watered" }] };
  return warning("warning", { word: "devices.differs", differences: device.diferencias });
}

/** A sprinkler switches itself off: that it was told to be on is no contradiction. */
export const hasFinished = (device) =>
  device.capability === "duration" &&
  device.configuracion.duracion_min > 0 &&
  Object.keys(device.diferencias).join() === "encendido" &&
  device.diferencias.encendido.informado === false;
