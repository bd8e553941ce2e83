/** One device at a glance. A report changes the text of its readings; only what is rarer draws the card again. */
import { useComputed, useSignalEffect } from "@preact/signals";
import { useState } from "preact/hooks";
import { ago } from "../../format.js";
import { connection, may } from "../../house.js";
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
import { Confirm, Switch } from "../../ui.js";
import { t } from "../../words.js";
import { Control, isLocked } from "./controls.js";
import { orderOf, send } from "./orders.js";
import { Spark } from "./spark.js";
import { hasWindows, isOn, isScheduled, statusOf, switched } from "./status.js";

const MOST_OTHERS = 2;

/** `signal` is the device's; `level` that of its heading. */
export const Card = ({ signal, level }) => {
  const device = useRarely(signal);
  const order = orderOf(device.id);
  const sending = order.sending.value;
  const name = nameOf(device);
  useSignalEffect(() => order.follow(signal.value));
  const Heading = `h${level}`;
  const lit = device.capability === "lock" ? isLocked(device, sending) : isOn(device, sending);
  return html`
    <article class="card device" data-offline=${!device.en_linea}>
      <header class="row">
        <span class="tile" data-on=${lit && device.capability !== "sensor"}><${Icon} name=${device.kind} /></span>
        <div class="grow">
          <${Heading} class="device-name"><a href="#/dispositivo/${device.id}">${name}</a><//>
          <p class="muted device-kind">${kindName(device.kind)}</p>
        </div>
        <${OnOff} device=${device} sending=${sending} name=${name} />
      </header>
      <${Readings} signal=${signal} />
      <${Control} device=${device} sending=${sending} />
      <${Status} device=${device} order=${order} signal=${signal} />
    </article>
  `;
};

/** The device as of the last change that a card shows otherwise than as a reading. */
function useRarely(signal) {
  const gist = useComputed(() => {
    const { parametros, visto_en, ...rest } = signal.value;
    return JSON.stringify([rest, parametros.bloqueada, visto_en === null]);
  });
  gist.value;
  return signal.peek();
}

/** Asks first where the schedule would soon switch it back. */
export const OnOff = ({ device, sending, name }) => {
  const [wanted, setWanted] = useState(null);
  // A sprinkler that is not scheduled is started and stopped by its own control.
  if (!switches(device) || (device.capability === "duration" && !isScheduled(device))) return null;
  const ruled = isScheduled(device) && hasWindows(device);
  return html`
    <${Switch}
      label=${t("devices.on_off", { name })}
      on=${isOn(device, sending)}
      disabled=${!may("miembro")}
      onChange=${(on) => (ruled ? setWanted(on) : send(device.id, switched(device, on)))}
    />
    ${
      wanted !== null &&
      html`<${Confirm}
        title=${t("devices.override", { name })}
        text=${t("devices.override.text")}
        label=${t(`devices.override.${wanted}`)}
        danger=${false}
        act=${() => void send(device.id, { modo: "manual", encendido: wanted })}
        close=${() => setWanted(null)}
      />`
    }
  `;
};

// Texts that are signals change in place, without drawing anything else again.
const Readings = ({ signal }) => {
  const metric = useComputed(() => mainMetric(signal.value));
  const main = useComputed(() => {
    const name = metric.value;
    if (name === null) return "–";
    return isInvalid(signal.value, name)
      ? t("reading.invalid")
      : readingOf(name, readingAt(signal.value.parametros, name), signal.value);
  });
  const others = useComputed(() => othersOf(signal.value, metric.value));
  const alarmed = useComputed(() => (alarmNow(signal.value) === null ? undefined : "bad"));
  const { id } = signal.peek();
  return html`
    <div class="readings">
      <div class="grow">
        <p class="main-reading" data-tone=${alarmed}>${main}</p>
        <p class="muted other-readings">${others}</p>
      </div>
      ${metric.value !== null && html`<${Spark} key=${metric.value} id=${id} metric=${metric.value} />`}
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

export const Status = ({ device, order, signal }) => {
  const status = statusOf(
    device,
    { phase: order.phase.value, sending: order.sending.value },
    connection.value !== "live",
  );
  return html`
    <p class="device-status" data-tone=${status?.tone}>
      ${isScheduled(device) && html`<${Scheduled} device=${device} />`}
      ${status && html`<${Icon} name=${status.icon} /><span>${told(status, signal)}</span>`}
    </p>
  `;
};

/** @param {import("./status.js").Status} status */
function told({ word, since, differences }, signal) {
  if (differences) return t(word, { what: Object.entries(differences).slice(0, 2).map(said).join(", ") });
  // Read anew, as a report moves it on without drawing the card.
  return since ? t(word, { ago: ago(signal.value.visto_en) }) : t(word);
}

function said([name, { informado }]) {
  const key = `setting.${name}.${informado}`;
  const words = t(key);
  if (words !== key) return words;
  const setting = t(`setting.${name}`);
  return `${setting.startsWith("setting.") ? name : setting} ${readingOf(name, informado)}`;
}

const Scheduled = ({ device }) => html`
  <a class="chip" href="#/dispositivo/${device.id}/horario" aria-label=${t("devices.scheduled.link", { name: nameOf(device) })}>
    <${Icon} name="pending" />${t("devices.scheduled")}
  </a>
`;
