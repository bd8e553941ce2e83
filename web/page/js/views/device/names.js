/** What metrics, settings and states are called where there is room for a title; words are those of kinds.js. */
import { metricName, readingOf } from "../../kinds.js";
import { partsOf, switchOf } from "../../readings.js";
import { t } from "../../words.js";

const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
const plain = (name) => capital(name.replaceAll("_", " "));
const word = (key, otherwise) => {
  const found = t(key);
  return found === key ? otherwise : found;
};

/** A nested metric is told with what it lies in: "Aire · Temperatura". */
export function metricTitle(metric) {
  const outer = partsOf(metric).slice(0, -1);
  return [...outer.map(plain), capital(metricName(metric))].join(" · ");
}

export const settingTitle = (key) => capital(word(`setting.${key}`, metricName(key)));

/** A value of a setting, as people say it: "con horario", "21 °C". */
export const settingWords = (key, value) => word(`setting.${key}.${value}`, readingOf(key, value));

/** A state that the device reported, which may be any text; sensors are never "on". */
export function stateWords({ capability }, state) {
  const on = capability === "sensor" ? null : switchOf(state);
  const known = on === null ? state : on ? "activo" : "inactivo";
  return capability === "sensor" ? plain(state) : word(`device.state.${known}`, plain(state));
}
