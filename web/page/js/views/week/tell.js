/** Days, times and windows in words of the language in use. */
import { duration, number, onTheWall } from "../../format.js";
import { weekdayOf } from "../../wall.js";
import { language, t } from "../../words.js";
import { CHANNELS, formatEvents } from "./events.js";
import { grouped } from "./model.js";
import { clock, DAY, DAYS } from "./time.js";

// The first of January 2024 was a Monday.
const weekday = (day, style) =>
  new Intl.DateTimeFormat(language.value, { weekday: style, timeZone: "UTC" }).format(
    Date.UTC(2024, 0, 1 + day),
  );

export const dayName = (day) => weekday(day, "long");
export const shortDay = (day) => weekday(day, "short");
export const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** "08:00–10:30"; midnight as an end is 24:00. */
export const times = ({ start, end }) => `${clock(start)}–${end === DAY ? "24:00" : clock(end)}`;

/** "lunes de 08:00 a 10:30", and that it ends the next day where it does. */
export const windowName = ({ day, start, end, sun }) => spanName(dayName(day), start, end, sun);

function spanName(days, start, end, sun) {
  const { from, to } = ends({ start, end, sun });
  return t(end > DAY ? "week.window.overnight" : "week.window", { days, from, to });
}

/** From when to when, and what of the sun that follows: `{ from, to }`. */
export function ends({ start, end, sun }) {
  const told = (time, name) => (sun?.[name] ? t("week.sun.today", { time, sun: sunName(sun[name]) }) : time);
  return { from: told(clock(start), "inicio"), to: told(end === DAY ? "24:00" : clock(end), "fin") };
}

/** "30 min después del ocaso" of "ocaso+30". */
export function sunName(text) {
  const [, event, minutes] = /^(amanecer|ocaso)([+-]\d+)?$/.exec(text) ?? [];
  if (!event) return text;
  const n = Number(minutes ?? 0);
  const way = n > 0 ? "after" : n < 0 ? "before" : "at";
  return t(`week.sun.${event}.${way}`, { time: duration(60 * Math.abs(n)) });
}

/** "todos los días", "lunes a viernes", "lunes y jueves". */
export function daysName(days) {
  if (days.length === 7) return t("week.every_day");
  const run = days.length > 2 && days.every((day, n) => n === 0 || day === days[n - 1] + 1);
  if (run) return t("week.days_run", { from: dayName(days[0]), to: dayName(days.at(-1)) });
  return new Intl.ListFormat(language.value, { type: "conjunction" }).format(days.map(dayName));
}

/** The whole week in one sentence. */
export const weekName = (windows) =>
  windows.length
    ? grouped(windows)
        .map(({ days, start, end, sun }) => spanName(daysName(days), start, end, sun))
        .join("; ")
    : t("week.nothing");

/** What an event of the channel `key` sets. */
export function valueName(key, value) {
  if (typeof value === "boolean") return t(value ? "week.locked" : "week.unlocked");
  return number(value, CHANNELS[key].unit);
}

/** All that the channel `key` holds, windows or events, in a sentence. */
export function channelName(key, held) {
  if (key === "horarios") return weekName(held);
  const days = Object.entries(formatEvents(held)).map(([day, list]) => {
    const times = list.map(([time, value]) => `${time} ${valueName(key, value)}`).join(", ");
    return `${day === "diario" ? t("week.every_day") : dayName(DAYS.indexOf(day))}: ${times}`;
  });
  return days.join("; ") || t("week.nothing");
}

/** The day that it is in the house. */
export const today = () => weekdayOf(onTheWall(Date.now()));

/**
 * The server's refusal of `configuracion` in plain words: which entry it is about, as far as it says so, and why.
 * `sent` is the list of `horarios` that was refused.
 */
export function refusal(detail, sent) {
  const [, path, reason] = /^configuracion\.(\S+): (.*)$/s.exec(detail) ?? [null, "", detail];
  const entry = sent[Number(/^horarios\[(\d+)\]/.exec(path)?.[1])];
  if (entry) return t("week.refused.window", { from: entry.inicio, to: entry.fin, reason });
  const day = /^horarios_\w+\.([^[.]+)/.exec(path)?.[1];
  return day ? t("week.refused.day", { day, reason }) : reason;
}
