/** What can be asked of a device beside on and off, by its capability. */
import { useEffect, useRef, useState } from "preact/hooks";
import { number } from "../../format.js";
import { may } from "../../house.js";
import { html } from "../../html.js";
import { Icon } from "../../icons.js";
import { nameOf } from "../../kinds.js";
import { numberOf, switchOf } from "../../readings.js";
import { Confirm } from "../../ui.js";
import { t } from "../../words.js";
import { send } from "./orders.js";
import { isActive, isOn, isScheduled, switched, wantedOf } from "./status.js";

// Who presses a stepper five times means the fifth.
const STEPPED_MS = 700;
const COLDEST = 5;
const WARMEST = 35;
const USUAL = 20;
const USUAL_MINUTES = 10;

/** The control of the device's capability, or nothing. `sending` is what is on its way to it. */
export const Control = ({ device, sending }) => {
  const Fitting = CONTROLS[device.capability];
  return Fitting && may("miembro") ? html`<${Fitting} device=${device} sending=${sending} />` : null;
};

// -- position and speed ------------------------------------------------------------------------------

/** 0 to 100, sent when it is let go. A device that is off is at 0, and what is above 0 switches it on. */
const Slider = ({ device, sending, setting, label }) => {
  const [held, setHeld] = useState(null);
  const value = held ?? shareOf(device, sending, setting);
  const onChange = (event) => {
    const share = Number(event.target.value);
    setHeld(null);
    send(device.id, share > 0 ? { [setting]: share, encendido: true } : { encendido: false });
  };
  return html`
    <label class="slider">
      <span class="hidden">${label}</span>
      <input
        type="range"
        min="0"
        max="100"
        step="5"
        value=${value}
        aria-valuetext=${number(value, "%", 0)}
        onInput=${(event) => setHeld(Number(event.target.value))}
        onChange=${onChange}
      />
      <output class="number">${number(value, "%", 0)}</output>
    </label>
  `;
};

function shareOf(device, sending, setting) {
  if (!isOn(device, sending)) return 0;
  return numberOf(wantedOf(device, sending)[setting] ?? device.parametros[setting]) ?? 100;
}

const Position = ({ device, sending }) =>
  isScheduled(device)
    ? null
    : html`<${Slider} device=${device} sending=${sending} setting="posicion" label=${t("devices.position", { name: nameOf(device) })} />`;

const Speed = ({ device, sending }) =>
  isScheduled(device)
    ? null
    : html`<${Slider} device=${device} sending=${sending} setting="velocidad" label=${t("devices.speed", { name: nameOf(device) })} />`;

// -- locks -------------------------------------------------------------------------------------------

export function isLocked(device, sending) {
  if (isScheduled(device)) return isOn(device, sending);
  const { bloqueada } = wantedOf(device, sending);
  return bloqueada ?? switchOf(device.parametros.bloqueada) ?? isOn(device, sending);
}

const Lock = ({ device, sending }) => {
  const [asking, setAsking] = useState(false);
  const name = nameOf(device);
  const locked = isLocked(device, sending);
  const turn = (on) =>
    send(device.id, isScheduled(device) ? switched(device, on) : { bloqueada: on, encendido: on });
  const act = locked ? "devices.unlock" : "devices.lock";
  return html`
    <button type="button" aria-label=${t(`${act}.name`, { name })} onClick=${() => (locked ? setAsking(true) : turn(true))}>
      <${Icon} name=${locked ? "unlock" : "lock"} />${t(act)}
    </button>
    ${
      asking &&
      html`<${Confirm}
        title=${t("devices.unlock.title", { name })}
        text=${t("devices.unlock.text")}
        label=${t("devices.unlock")}
        act=${() => void turn(false)}
        close=${() => setAsking(false)}
      />`
    }
  `;
};

// -- watering ----------------------------------------------------------------------------------------

/** So many minutes from now, or stop. In mode `horario` its switch is that of every device. */
const Duration = ({ device, sending }) => {
  const [minutes, setMinutes] = useState(device.configuracion.duracion_min ?? USUAL_MINUTES);
  if (isScheduled(device)) return null;
  const name = nameOf(device);
  if (sending?.encendido ?? isActive(device)) {
    return html`
      <button type="button" aria-label=${t("devices.stop.name", { name })} onClick=${() => send(device.id, { encendido: false })}>
        ${t("devices.stop")}
      </button>
    `;
  }
  const start = async (event) => {
    event.preventDefault();
    // It switches itself off, and is told anew only what changes.
    if (device.configuracion.encendido) await send(device.id, { encendido: false });
    send(device.id, { encendido: true, duracion_min: minutes });
  };
  return html`
    <form class="row" onSubmit=${start}>
      <label class="row grow">
        <input
          class="minutes number"
          type="number"
          inputmode="numeric"
          min="1"
          max="1440"
          required
          value=${minutes}
          aria-label=${t("devices.minutes.name", { name })}
          onInput=${(event) => setMinutes(Number(event.target.value))}
        />
        <span aria-hidden="true">min</span>
      </label>
      <button type="submit" aria-label=${t("devices.water.name", { name })}>${t("devices.water")}</button>
    </form>
  `;
};

// -- temperature -------------------------------------------------------------------------------------

const SetPoint = ({ device, sending }) => {
  const [stepped, setStepped] = useState(null);
  const timer = useRef(0);
  const pending = useRef(null);
  const deliver = () => {
    clearTimeout(timer.current);
    pending.current?.();
    pending.current = null;
  };
  // Who leaves the view right after pressing has pressed all the same.
  useEffect(() => deliver, []);
  if (isScheduled(device)) return null;
  const name = nameOf(device);
  const wanted = stepped ?? wantedOf(device, sending).temp_objetivo;
  const step = (by) => {
    const next = Math.min(WARMEST, Math.max(COLDEST, halves(wanted ?? measured(device)) + by));
    setStepped(next);
    clearTimeout(timer.current);
    timer.current = setTimeout(deliver, STEPPED_MS);
    pending.current = () => {
      setStepped(null);
      send(device.id, { temp_objetivo: next });
    };
  };
  return html`
    <div class="stepper">
      <button type="button" class="quiet" aria-label=${t("devices.setpoint.lower", { name })} onClick=${() => step(-0.5)}>
        <${Icon} name="remove" />
      </button>
      <output aria-live="polite">
        <span class="muted">${t("devices.setpoint")}</span>
        ${typeof wanted === "number" ? number(wanted, "°C") : "–"}
      </output>
      <button type="button" class="quiet" aria-label=${t("devices.setpoint.raise", { name })} onClick=${() => step(0.5)}>
        <${Icon} name="add" />
      </button>
    </div>
  `;
};

const halves = (value) => Math.round(value * 2) / 2;
const measured = ({ parametros }) => numberOf(parametros.temperatura) ?? numberOf(parametros.temp) ?? USUAL;

const CONTROLS = {
  __proto__: null,
  position: Position,
  speed: Speed,
  lock: Lock,
  duration: Duration,
  setpoint: SetPoint,
};
