/** What can be asked of a device beside on and off, by its capability. */
import { useRef, useState } from "preact/hooks";
import { now, number, zone } from "../../format.js";
import { may } from "../../house.js";
import { html } from "../../html.js";
import { Icon } from "../../icons.js";
import { nameOf } from "../../kinds.js";
import { numberOf, switchOf } from "../../readings.js";
import { useSettled } from "../../settling.js";
import { Confirm } from "../../ui.js";
import { t } from "../../words.js";
import { askedNow } from "./by_hand.js";
import { halt, send, sendByHand } from "./orders.js";
import { isActive, isOn, isScheduled, wantedOf } from "./status.js";

const COLDEST = 5;
const WARMEST = 35;
const USUAL = 20;
const USUAL_MINUTES = 10;

/** The control of the device's capability, or nothing. `sending` is what is on its way to it. */
export const Control = ({ device, sending }) => {
  const Fitting = CONTROLS[device.capability];
  return Fitting && may("miembro") ? html`<${Fitting} device=${device} sending=${sending} />` : null;
};

// -- how far, how fast, how bright -------------------------------------------------------------------

/** Whether it can be asked for `name`; our own devices have always been told whatever they understand. */
const canBe = ({ ordenes: orders }, name) => !orders || Object.hasOwn(orders, name);

/** `settings` beside what switches it on or off, if anything does. */
const switching = (device, on, settings) =>
  canBe(device, "encendido") ? { ...settings, encendido: on } : settings;

/** 0 to 100, sent when it is let go. A device that is off is at 0, and what is above 0 switches it on. */
const Slider = ({ device, sending, setting, label }) => {
  const value = shareOf(device, sending, setting);
  const off = setting === "posicion" || !canBe(device, "encendido") ? { [setting]: 0 } : {};
  const set = (share) =>
    sendByHand(
      device,
      share > 0 ? switching(device, true, { [setting]: share }) : switching(device, false, off),
    );
  return html`<${Range} label=${label} value=${value} unit="%" limits=${PERCENT} set=${set} />`;
};

const PERCENT = { min: 0, max: 100, paso: 5 };

/** A number of `limits` that is held while it is moved, and `set` when it is let go; by keys, a while after the last. */
const Range = ({ label, value, unit, limits: { min, max, paso: step }, set }) => {
  const [held, setHeld] = useState(null);
  const byKeys = useRef(false);
  const settled = useSettled();
  const shown = held ?? value;
  const change = ({ target }) => {
    settled.put(() => {
      setHeld(null);
      set(Number(target.value));
    });
    if (!byKeys.current) settled.deliver();
  };
  const onKeyDown = ({ key }) => {
    byKeys.current = true;
    if (key === "Enter") settled.deliver();
  };
  const onPointerDown = () => {
    byKeys.current = false;
  };
  return html`
    <label class="slider">
      <span class="hidden">${label}</span>
      <input
        type="range"
        min=${min}
        max=${max}
        step=${step}
        value=${shown}
        aria-valuetext=${number(shown, unit, 0)}
        onInput=${({ target }) => setHeld(Number(target.value))}
        onChange=${change}
        onKeyDown=${onKeyDown}
        onPointerDown=${onPointerDown}
        onBlur=${settled.deliver}
      />
      <output class="number">${number(shown, unit, 0)}</output>
    </label>
  `;
};

function shareOf(device, sending, setting) {
  if (canBe(device, "encendido") && !isOn(device, sending)) return 0;
  return numberOf(wantedOf(device, sending)[setting] ?? device.parametros[setting]) ?? 100;
}

const Speed = ({ device, sending }) =>
  html`<${Slider} device=${device} sending=${sending} setting="velocidad" label=${t("devices.speed", { name: nameOf(device) })} />`;

// -- blinds ------------------------------------------------------------------------------------------

// What only opens and closes cannot be told how far.
const hasEnds = ({ ordenes: orders }) => orders?.posicion?.paso === PERCENT.max;

/** Whether it opens, stops and closes, and has no switch. */
export const moves = (device) => device.capability === "position" && may("miembro");

/** Open, stop where it is, close. What has no stop of its own is sent to where it was last. */
export const Moves = ({ device }) => {
  const name = nameOf(device);
  const move = (to) => () => sendByHand(device, switching(device, to > 0, { posicion: to }));
  const here = numberOf(device.parametros.posicion);
  const acts = [
    { act: "open", icon: "up", press: move(PERCENT.max) },
    ...(device.puede_parar ? [{ act: "stop", icon: "stop", press: () => halt(device.id) }] : []),
    ...(device.puede_parar || hasEnds(device)
      ? []
      : [{ act: "stop", icon: "stop", press: here === null ? null : move(here) }]),
    { act: "close", icon: "down", press: move(PERCENT.min) },
  ];
  return html`
    <div class="blind">
      ${acts.map(
        ({ act, icon, press }) => html`
          <button
            type="button"
            key=${act}
            aria-label=${t(`devices.blind.${act}.name`, { name })}
            title=${t(`devices.blind.${act}`)}
            disabled=${!press}
            onClick=${press}
          ><${Icon} name=${icon} /></button>
        `,
      )}
    </div>
  `;
};

const Position = ({ device, sending }) =>
  hasEnds(device)
    ? null
    : html`<${Slider} device=${device} sending=${sending} setting="posicion" label=${t("devices.position", { name: nameOf(device) })} />`;

// -- lamps -------------------------------------------------------------------------------------------

const has = ({ ordenes: orders, configuracion: configuration, parametros: told }, name) =>
  orders ? Object.hasOwn(orders, name) : Object.hasOwn(configuration, name) || Object.hasOwn(told, name);

/** How bright, where it can be. */
const Brightness = ({ device, sending }) =>
  device.kind === "luz" && has(device, "brillo")
    ? html`<${Slider} device=${device} sending=${sending} setting="brillo" label=${t("devices.brightness", { name: nameOf(device) })} />`
    : null;

// Of our own lamps, which do not say what they can: as most lamps.
const WHITES = { min: 2200, max: 6500, paso: 100 };
const WARM = 2700;

/** Its white and its colour, where it has them: what is seldom changed, and stands on its own page. */
export const Shade = ({ device, sending }) => {
  if (device.kind !== "luz" || !may("miembro")) return null;
  const name = nameOf(device);
  const wanted = wantedOf(device, sending);
  const { min, max } = device.ordenes?.temp_color ?? WHITES;
  const white = numberOf(wanted.temp_color ?? device.parametros.temp_color) ?? WARM;
  const color = String(wanted.color ?? device.parametros.color ?? "#ffffff");
  return html`
    ${
      has(device, "temp_color") &&
      html`<div class="whites"><${Range}
        label=${t("devices.white", { name })}
        value=${white}
        unit="K"
        limits=${{ min, max, paso: WHITES.paso }}
        set=${(temp_color) => sendByHand(device, switching(device, true, { temp_color }))}
      /></div>`
    }
    ${
      has(device, "color") &&
      html`<label class="row shade">
        <input type="color" value=${color} onChange=${({ target }) => sendByHand(device, switching(device, true, { color: target.value }))} />
        <span aria-hidden="true">${t("devices.color")}</span><span class="hidden">${t("devices.color.name", { name })}</span>
      </label>`
    }
  `;
};

// -- locks -------------------------------------------------------------------------------------------

export function isLocked(device, sending) {
  if (isScheduled(device) && sending?.bloqueada === undefined) return isOn(device, sending);
  const { bloqueada } = wantedOf(device, sending);
  return bloqueada ?? switchOf(device.parametros.bloqueada) ?? isOn(device, sending);
}

const Lock = ({ device, sending }) => {
  const [asking, setAsking] = useState(false);
  const name = nameOf(device);
  const locked = isLocked(device, sending);
  const turn = (on) => sendByHand(device, switching(device, on, { bloqueada: on }));
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

/** So many minutes from now, or stop. Under its schedule its switch is that of every device. */
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
  const settled = useSettled();
  const name = nameOf(device);
  const wanted = stepped ?? warmthOf(device, sending);
  const step = (by) => {
    const next = Math.min(WARMEST, Math.max(COLDEST, halves(wanted ?? measured(device)) + by));
    setStepped(next);
    settled.put(() => {
      setStepped(null);
      sendByHand(device, { temp_objetivo: next });
    });
  };
  return html`
    <div class="stepper">
      <button type="button" class="quiet" aria-label=${t("devices.setpoint.lower", { name })} onClick=${() => step(-0.5)}>
        <${Icon} name="remove" />
      </button>
      <output aria-live="polite">
        <span class="muted">${t("devices.setpoint")}</span>
        ${typeof wanted === "number" ? number(wanted, "°C") : t("devices.setpoint.none")}
      </output>
      <button type="button" class="quiet" aria-label=${t("devices.setpoint.raise", { name })} onClick=${() => step(0.5)}>
        <${Icon} name="add" />
      </button>
    </div>
  `;
};

/** What it is to be: under a schedule, what that asks for at this time. */
function warmthOf(device, sending) {
  const scheduled = isScheduled(device) && sending?.temp_objetivo === undefined;
  const asked = scheduled ? askedNow(device.configuracion, "horarios_temp", now.value, zone.value) : null;
  return asked ?? wantedOf(device, sending).temp_objetivo;
}

const halves = (value) => Math.round(value * 2) / 2;
const measured = ({ parametros }) => numberOf(parametros.temperatura) ?? numberOf(parametros.temp) ?? USUAL;

const CONTROLS = {
  __proto__: null,
  binary: Brightness,
  position: Position,
  speed: Speed,
  lock: Lock,
  duration: Duration,
  setpoint: SetPoint,
};
