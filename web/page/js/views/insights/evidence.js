/** On what a learned schedule rests: its windows, and how often each was seen. Pure but for the language in use. */
import { language, t } from "../../words.js";
import { dayName } from "../week/tell.js";
import { clock, DAY, DAYS, minuteOf } from "../week/time.js";

/**
 * `[{days, start, end, seen, of, confidence}]` of `suggested_horarios`, by first day and time. Days that have the
 * same times and the same evidence are told together; `end` is past midnight where it is not after `start`.
 */
export function evidenceOf(suggested) {
  const rows = new Map();
  for (const [day, name] of DAYS.entries()) {
    for (const { inicio, fin, visto, de, confianza } of suggested[name] ?? []) {
      const key = `${inicio}/${fin}/${visto}/${de}`;
      if (!rows.has(key)) {
        const start = minuteOf(inicio);
        const end = minuteOf(fin);
        const row = { days: [], start, end: end > start ? end : end + DAY, seen: visto, of: de };
        rows.set(key, { ...row, confidence: confianza });
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
export const rowWords = ({ days, start, end }) =>
  t(end > DAY ? "insights.times_overnight" : "insights.times", {
    days: habitually(days),
    from: clock(start),
    to: end === DAY ? "24:00" : clock(end),
  });

/** "7 de las últimas 8 veces". */
export const countWords = ({ seen, of }) => t("insights.seen", { seen, of });

/** How sure it is, in a word or two. */
export function sureness({ confidence }) {
  if (confidence >= 0.85) return t("insights.sure.high");
  return t(confidence >= 0.7 ? "insights.sure.medium" : "insights.sure.low");
}
