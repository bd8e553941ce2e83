/** What metrics, settings and states are called where there is room for a title; words are those of kinds.js. */
import { number } from "../../format.js";
import { metricName, readingOf } from "../../kinds.js";
import { numberOf, partsOf, switchOf } from "../../readings.js";
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

/**
 * A state that the device reported, which may be any text; sensors are never "on", a blind is open so far, as `parametros`
 * tell with it, and a door locked.
 * @param {{ capability?: string, parametros?: Record<string, unknown> }} device
 */
export function stateWords({ capability, parametros: told = {} }, state) {
  if (capability === "sensor") return word(`device.state.sensor.${state}`, plain(state));
  const share = capability === "position" ? numberOf(told.posicion) : null;
  if (share !== null) return openWords(share);
  const locked = capability === "lock" ? switchOf(told.bloqueada) : null;
  const on = locked ?? switchOf(state);
  const known = on === null ? state : on ? "activo" : "inactivo";
  return word(`device.state.${capability}.${known}`, word(`device.state.${known}`, plain(state)));
}

const openWords = (share) => {
  const how = share <= 0 ? "closed" : share >= 100 ? "open" : "part";
  return t(`device.open.${how}`, { share: number(share, "%", 0) });
};
