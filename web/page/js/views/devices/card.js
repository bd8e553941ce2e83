/** One device at a glance. A report changes the text of its readings; only what is rarer draws the card again. */
import { useComputed, useSignalEffect } from "@preact/signals";
import { ago, clockTime, now, zone } from "../../format.js";
import { may, stale } from "../../house.js";
import { html } from "../../html.js";
import { Icon } from "../../icons.js";
import {
  alarmNow,
  alarmWords,
  isInvalid,
  kindName,
  mainMetric,
  metricName,
  nameOf,
  readingOf,
  switches,
} from "../../kinds.js";
import { flat, numberOf, readingAt } from "../../readings.js";
import { Switch } from "../../ui.js";
import { t } from "../../words.js";
import { stateWords } from "../device/names.js";
import { heldUntil, nextChange } from "./by_hand.js";
import { Control, isLocked, Moves, moves } from "./controls.js";
import { orderOf, send, sendByHand } from "./orders.js";
import { choose, chosen } from "./selecting.js";
import { Spark } from "./spark.js";
import { isOn, isScheduled, lastState, statusOf } from "./status.js";

const MOST_OTHERS = 2;

/** `signal` is the device's; `level` that of its heading; `room` what its room is called, where that stands nowhere else. */
export const Card = ({ signal, level, room }) => {
  const { device, order, sending, name } = useDevice(signal);
  return html`
    <article class="card device" data-offline=${!device.en_linea}>
      <header class="row">
        <span class="tile" data-on=${isLit(device, sending)}><${Icon} name=${device.kind} /></span>
        <div class="grow">
          <${Name} device=${device} level=${level} />
          <p class="muted device-kind">${room ? `${kindName(device.kind)} · ${room}` : kindName(device.kind)}</p>
        </div>
        ${chosen.value === null ? html`<${OnOff} device=${device} sending=${sending} name=${name} />` : html`<${Choice} device=${device} />`}
      </header>
      <${Readings} signal=${signal} beside=${moves(device) && chosen.value === null && html`<${Moves} device=${device} />`}>
        <${Line} device=${device} order=${order} signal=${signal} />
      <//>
      ${chosen.value === null && html`<${Control} device=${device} sending=${sending} />`}
    </article>
  `;
};

/** The same in little: its picture is its switch, where it has one. */
export const Compact = ({ signal, level, room }) => {
  const { device, order, sending, name } = useDevice(signal);
  const lit = isLit(device, sending);
  const reading = useMainReading(signal);
  const main = useComputed(() => {
    const now = signal.value;
    if (now.en_linea) return reading.value;
    const state = lastState(now);
    return t("devices.last", {
      state: state === null ? reading.value : stateWords(now, state).toLowerCase(),
    });
  });
  const alarmed = useComputed(() => (alarmNow(signal.value) === null ? undefined : "bad"));
  const status = statusIn(device, order);
  const picture = html`<${Icon} name=${device.kind} />`;
  const act = chosen.value === null && hasSwitch(device) && may("miembro");
  return html`
    <article class="device compact" data-offline=${!device.en_linea}>
      ${
        act
          ? html`<button
              type="button"
              class="tile"
              role="switch"
              aria-checked=${lit ? "true" : "false"}
              aria-label=${t("devices.on_off", { name })}
              data-on=${lit}
              onClick=${() => sendByHand(device, { encendido: !lit })}
            >${picture}</button>`
          : chosen.value === null
            ? html`<span class="tile" data-on=${lit}>${picture}</span>`
            : html`<${Choice} device=${device} />`
      }
      <div class="grow">
        <${Name} device=${device} level=${level} />
        <p class="device-brief" data-tone=${status?.tone}>
          ${status && html`<${Icon} name=${status.icon} /><span class="hidden">${told(status, signal)}</span>`}
          <span class="main-reading" data-tone=${alarmed}>${main}</span>
          ${room && html`<span class="muted">${room}</span>`}
        </p>
      </div>
    </article>
  `;
};

/** Those of a room that only tell: one card, a line each. `signals` are theirs. */
export const Sensors = ({ signals, level }) => html`
  <div class="card sensors" role="group" aria-label=${t("devices.sensors")}>
    ${signals.map((signal) => html`<${Sensor} key=${signal.peek().id} signal=${signal} level=${level} />`)}
  </div>
`;

const Sensor = ({ signal, level }) => {
  const { device, order } = useDevice(signal);
  return html`
    <article class="device sensor" data-offline=${!device.en_linea}>
      <span class="tile"><${Icon} name=${device.kind} /></span>
      <${Readings} signal=${signal} head=${html`<${Name} device=${device} level=${level} />`}>
        <${Line} device=${device} order=${order} signal=${signal} />
      <//>
    </article>
  `;
};

const Name = ({ device, level }) => {
  const Heading = `h${level}`;
  return html`<${Heading} class="device-name"><a href="#/dispositivo/${device.id}">${nameOf(device)}</a><//>`;
};

const Choice = ({ device }) => html`
  <input
    type="checkbox"
    class="choice-box"
    aria-label=${t("devices.choose", { name: nameOf(device) })}
    checked=${chosen.value.includes(device.id)}
    onChange=${({ target }) => choose(device.id, target.checked)}
  />
`;

function useDevice(signal) {
  const device = useRarely(signal);
  const order = orderOf(device.id);
  useSignalEffect(() => order.follow(signal.value));
  return { device, order, sending: order.sending.value, name: nameOf(device) };
}

/** The device as of the last change that a card shows otherwise than as a reading. */
function useRarely(signal) {
  const gist = useComputed(() => {
    const { parametros, visto_en, ...rest } = signal.value;
    return JSON.stringify([rest, parametros.bloqueada, parametros.posicion, visto_en === null]);
  });
  gist.value;
  return signal.peek();
}

const isLit = (device, sending) =>
  device.capability === "lock"
    ? isLocked(device, sending)
    : isOn(device, sending) && device.capability !== "sensor";

// A blind has its own three, and so has a sprinkler that nobody has put under a schedule.
const hasSwitch = (device) =>
  switches(device) &&
  device.capability !== "position" &&
  (device.capability !== "duration" || isScheduled(device));

/** Under a schedule what is switched stands until its next change. */
export const OnOff = ({ device, sending, name }) =>
  hasSwitch(device) &&
  html`<${Switch}
    label=${t("devices.on_off", { name })}
    on=${isOn(device, sending)}
    disabled=${!may("miembro")}
    onChange=${(on) => sendByHand(device, { encendido: on })}
  />`;

/** The text of the reading that matters most: a signal, which changes in place, without drawing anything else again. */
function useMainReading(signal) {
  return useComputed(() => {
    const device = signal.value;
    const name = mainMetric(device);
    // How far it is open, or that it is, before what its motor draws.
    const invalid = name !== null && isInvalid(device, name);
    if (name === null || (device.capability === "position" && !invalid))
      return device.capability === "sensor" || !device.visto_en ? "–" : stateWords(device, device.estado);
    return invalid ? t("reading.invalid") : readingOf(name, readingAt(device.parametros, name), device);
  });
}

/** `beside` stands in the place of the last hour. */
const Readings = ({ signal, head, beside, children }) => {
  const metric = useComputed(() => mainMetric(signal.value));
  const main = useMainReading(signal);
  const alarmed = useComputed(() => (alarmNow(signal.value) === null ? undefined : "bad"));
  const { id } = signal.peek();
  return html`
    <div class="readings">
      <div class="grow">
        ${head}
        <p class="main-reading" data-tone=${alarmed}>${main}</p>
      </div>
      ${beside || (metric.value !== null && html`<${Spark} key=${metric.value} id=${id} metric=${metric.value} />`)}
      ${children}
    </div>
  `;
};

/** What there is to say of it; else what it tells beside, or when it was last heard: never nothing. */
const Line = ({ device, order, signal }) => {
  const others = useComputed(() => {
    const now = signal.value;
    return (
      othersOf(now, mainMetric(now)) || (now.visto_en ? t("devices.seen", { ago: ago(now.visto_en) }) : "–")
    );
  });
  const status = statusIn(device, order);
  return html`
    <div class="device-line">
      ${status ? html`<${Status} device=${device} order=${order} signal=${signal} />` : html`<p class="muted other-readings">${others}</p><${Rule} device=${device} />`}
    </div>
  `;
};

function othersOf(device, main) {
  const invalid = (device.lecturas_no_validas ?? [])
    .filter((name) => name !== main)
    .map((name) => `${metricName(name)}: ${t("reading.invalid").toLowerCase()}`);
  const others = flat(device.parametros)
    .filter(([name, value]) => name !== main && (typeof value === "boolean" || numberOf(value) !== null))
    .slice(0, MOST_OTHERS)
    .map(([name, value]) => {
      const told = readingOf(name, value, device);
      return typeof value === "boolean" || alarmWords(device, name) ? told : `${metricName(name)} ${told}`;
    });
  return [...invalid.slice(0, MOST_OTHERS), ...others].join(" · ");
}

const statusIn = (device, order) =>
  statusOf(device, { phase: order.phase.value, sending: order.sending.value }, stale.value);

export const Status = ({ device, order, signal }) => {
  const status = statusIn(device, order);
  return html`
    <p class="device-status" data-tone=${status?.tone}>
      ${status && html`<${Icon} name=${status.icon} /><span>${told(status, signal)}</span>`}
    </p>
    <${Rule} device=${device} />
  `;
};

/** @param {import("./status.js").Status} status */
const told = ({ said }, signal) => said.map((each) => saidOf(each, signal)).join(" · ");

/** @param {import("./status.js").Said} said */
function saidOf({ word, since, state, differences }, signal) {
  if (differences)
    return t(word, { what: Object.entries(differences).slice(0, 2).map(differing).join(", ") });
  if (state) return t(word, { state: stateWords(signal.peek(), state).toLowerCase() });
  // Read anew, as a report moves it on without drawing the card.
  return since ? t(word, { ago: ago(signal.value.visto_en) }) : t(word);
}

function differing([name, { informado }]) {
  const key = `setting.${name}.${informado}`;
  const words = t(key);
  if (words !== key) return words;
  const setting = t(`setting.${name}`);
  return `${setting.startsWith("setting.") ? metricName(name) : setting} ${readingOf(name, informado)}`;
}

/** That a schedule rules, and until when it does not. */
const Rule = ({ device }) => {
  const name = nameOf(device);
  const until = heldUntil(device);
  if (until !== null) {
    const words = t("devices.held", { until: momentOf(until) });
    return html`
      <button
        type="button"
        class="chip"
        disabled=${!may("miembro")}
        aria-label=${t("devices.held.end", { name, words })}
        onClick=${() => send(device.id, { modo: "horario" })}
      ><${Icon} name="close" />${words}</button>
    `;
  }
  if (!isScheduled(device)) return null;
  const next = nextChange(device.configuracion, now.value, zone.value);
  const words = [t("devices.scheduled"), ...(next === null ? [] : [momentOf(next)])].join(" · ");
  return html`
    <a class="chip" href="#/dispositivo/${device.id}/horario" aria-label=${t("devices.scheduled.link", { name, words })}>
      <${Icon} name="pending" />${words}
    </a>
  `;
};

const momentOf = (at) => clockTime(at, now.value);
