/** On what a learned schedule rests: its windows, and how often each was seen. Pure but for the language in use. */

import { duration } from "../../format.js";
import { language, t } from "../../words.js";
import { dayName, ends, sunName } from "../week/tell.js";
import { DAY, DAYS, minuteOf } from "../week/time.js";

/**
 * `[{days, start, end, seen, of, confidence}]` of `suggested_horarios`, by first day and time. Days that have the
 * same times and the same evidence are told together; `end` is past midnight where it is not after `start`. Where an
 * end follows the sun there are `sun`, which does, and `spread`, how far the days are from it and from the clock.
 */
export function evidenceOf(suggested) {
  const rows = new Map();
  for (const [day, name] of DAYS.entries()) {
    for (const { inicio, fin, visto, de, confianza, sol, desvio_min } of suggested[name] ?? []) {
      const key = `${inicio}/${fin}/${visto}/${de}/${JSON.stringify(sol)}`;
      if (!rows.has(key)) {
        const start = minuteOf(inicio);
        const end = minuteOf(fin);
        const row = { days: [], start, end: end > start ? end : end + DAY, seen: visto, of: de };
        rows.set(key, { ...row, confidence: confianza, ...(sol && { sun: sol, spread: desvio_min }) });
      }
      rows.get(key).days.push(day);
    }
  }
  return [...rows.values()];
}

/** The row that says most: on most days, and of those the surest. */
export const strongest = (rows) =>
  rows.toSorted((one, other) => other.days.length - one.days.length || other.confidence - one.confidence)[0];

const several = (day) => (day.endsWith("s") ? day : `${day}s`);

/** "los lunes y jueves", "todos los días". */
export function habitually(days) {
  if (days.length === 7) return t("insights.every_day");
  const names = new Intl.ListFormat(language.value, { type: "conjunction" }).format(
    days.map((day) => several(dayName(day))),
  );
  return t("insights.on_days", { days: names });
}

/** "los lunes de 06:00 a 06:30". */
export const rowWords = (row) =>
  t(row.end > DAY ? "insights.times_overnight" : "insights.times", {
    days: habitually(row.days),
    ...ends(row),
  });

/** Why it is the sun, of each end that follows it: how far the days are from it, and how far from the clock. */
export const sunWords = ({ sun, spread = {} }) =>
  Object.entries(spread).map(([end, { sol, reloj }]) =>
    t(`insights.sun.${end}`, { sun: sunName(sun[end]), near: minutes(sol), far: minutes(reloj) }),
  );

const minutes = (value) => duration(60 * Math.max(1, Math.round(value)));

/** "7 de las últimas 8 veces". */
export const countWords = ({ seen, of }) => t("insights.seen", { seen, of });

/** How sure it is, in a word or two. */
export function sureness({ confidence }) {
  if (confidence >= 0.85) return t("insights.sure.high");
  return t(confidence >= 0.7 ? "insights.sure.medium" : "insights.sure.low");
}
