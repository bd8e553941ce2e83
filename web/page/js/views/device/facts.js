/** What there is to know of the device as a thing: its battery, how well it is heard, when last, its firmware. */
import { ago, moment } from "../../format.js";
import { html } from "../../html.js";
import { metricName, readingOf } from "../../kinds.js";
import { flat, partsOf } from "../../readings.js";
import { t } from "../../words.js";

// Of other makes, and of boards whose makers name things in English.
const BATTERIES = ["bateria", "battery", "bateria_baja", "bateria_v", "tension_bateria_v"];
const SIGNALS = ["rssi", "calidad_enlace", "wifi_rssi", "linkquality"];
const FIRMWARES = ["firmware", "fw", "version"];

export const Facts = ({ device }) => {
  const told = flat(device.parametros);
  const reading = (names) =>
    told
      .filter(([metric]) => names.includes(partsOf(metric).at(-1)))
      .slice(0, 1)
      .map(([metric, value]) => [metricName(metric), readingOf(metric, value, device)]);
  const firmware = firmwareOf(device);
  const facts = [
    ...reading(BATTERIES),
    ...reading(SIGNALS),
    ...(device.visto_en
      ? [[t("device.seen"), t("device.seen.at", { ago: ago(device.visto_en), at: moment(device.visto_en) })]]
      : []),
    ...(firmware ? [[t("device.firmware"), firmware]] : []),
  ];
  return html`
    <dl class="facts">
      ${facts.map(([name, value]) => html`<div key=${name}><dt>${name}</dt><dd>${value}</dd></div>`)}
    </dl>
  `;
};

function firmwareOf({ firmware, parametros: told, configuracion: configuration }) {
  const named = FIRMWARES.map((name) => told[name] ?? configuration[name]).find(
    (value) => typeof value === "string" || typeof value === "number",
  );
  return firmware || (named === undefined ? "" : String(named));
}
