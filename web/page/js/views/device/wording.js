/** Values, moments and ranges of charts, in words. */
import { moment, number } from "../../format.js";
import { t } from "../../words.js";
import { pointAt } from "./curve.js";

/** A value; `share` as a percentage. */
export const valueWords = (value, share, unit = "") =>
  share ? number(value * 100, "%", 0) : number(value, unit, digitsOf(Math.abs(value)));

// Three digits that count are what a device of a household knows.
const digitsOf = (size) => (size >= 100 ? 0 : size >= 10 ? 1 : 2);

/** "14:05 · 21.5 °C (20–23)" of the point with this index. */
export function pointWords({ columns: [at, mean, low, high], step }, index, share, unit) {
  const when = moment(at[index] * 1000, step < 86_400 ? undefined : { dateStyle: "medium" });
  const value = valueWords(mean[index], share, unit);
  const spread = !share && low[index] !== high[index];
  return spread
    ? `${when} · ${value} (${valueWords(low[index], share)} – ${valueWords(high[index], share)})`
    : `${when} · ${value}`;
}

/** What is compared with it has there, if anything: "Salón · Temperatura: 21 °C". */
export function otherWords({ columns, step }, { columns: others, name, unit }, index) {
  const near = pointAt(others, columns[0][index], step);
  return near === null ? "" : ` · ${name}: ${valueWords(others[1][near], false, unit)}`;
}

export const rangeName = (range) =>
  range.until === null
    ? t(`device.range.${range.key}`)
    : `${moment((range.until - range.length) * 1000)} – ${moment(range.until * 1000)}`;
