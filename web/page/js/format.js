/** Numbers and times as people of the language in use write them. */
import { signal } from "@preact/signals";
import { numberOf } from "./readings.js";
import { dayOf, wallTime } from "./wall.js";
import { language, t } from "./words.js";

/** @import { Signal } from "@preact/signals" */

const DIGITS = new Map();
// Digits after the point: what is smaller still is noise.
const FINEST = 6;

/**
 * `value` with at most `digits` after the point, and its unit. What is less than 1 has as many as it takes for two
 * that count, unless whole numbers are asked for.
 */
export function number(value, unit = "", digits = 1) {
  const size = Math.abs(value);
  const needed = size < 1 && digits ? Math.min(FINEST, 1 - Math.floor(Math.log10(size))) : digits;
  const places = Math.max(digits, needed);
  const key = `${language.value}/${places}`;
  if (!DIGITS.has(key)) {
    DIGITS.set(key, new Intl.NumberFormat(language.value, { maximumFractionDigits: places }));
  }
  const shown = DIGITS.get(key).format(value);
  return unit ? `${shown}\u00a0${unit}` : shown;
}

/** A name within a sentence: "sensor de CO₂", "a mano", but "CO₂ sensor", which begins with a sign of its own. */
export const lowered = (text) =>
  text[1] !== " " && text[1] === text[1]?.toUpperCase() ? text : text.charAt(0).toLowerCase() + text.slice(1);

const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)$/;

/** Whether it is the text of a moment, ISO 8601 with its zone. */
export const isMoment = (value) =>
  typeof value === "string" && MOMENT.test(value) && !Number.isNaN(Date.parse(value));

/** A reading, whatever its type; a moment on the clock of the house. */
export function reading(value, unit = "") {
  const size = numberOf(value);
  if (size !== null) return number(size, unit, Math.abs(size) >= 100 ? 0 : 1);
  if (typeof value === "boolean") return t(value ? "yes" : "no");
  if (value === null || value === undefined) return "–";
  if (isMoment(value)) return moment(value);
  if (Array.isArray(value)) return value.map((each) => reading(each)).join(", ");
  if (typeof value !== "object") return String(value);
  return Object.entries(value)
    .map(([name, each]) => `${name} ${reading(each)}`)
    .join(", ");
}

/**
 * The house's time zone, by which times are told wherever the browser is; undefined until it is known.
 * @type {Signal<string | undefined>}
 */
export const zone = signal(undefined);

/** What the clock on the wall of the house shows at `at`: see wall.js. */
export const onTheWall = (at) => wallTime(at, zone.value);

/** Milliseconds since the epoch, moved on every 10 s: what is told as "ago" reads it. */
export const now = signal(Date.now());
setInterval(() => {
  now.value = Date.now();
}, 10_000);

/** @type {[Intl.RelativeTimeFormatUnit, number][]} */
const STEPS = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

/** "3 min ago", in words of the language. `at` is ISO 8601 or milliseconds. */
export function ago(at) {
  const seconds = Math.max(0, (now.value - new Date(at).getTime()) / 1000);
  const words = new Intl.RelativeTimeFormat(language.value, { numeric: "auto", style: "short" });
  for (const [unit, length] of STEPS) {
    if (seconds >= length) return words.format(-Math.floor(seconds / length), unit);
  }
  return t("moments_ago");
}

/** @type {[string, number][]} */
const PARTS = [
  ["d", 86_400],
  ["h", 3_600],
  ["min", 60],
  ["s", 1],
];

/** "2 h 5 min" for so many seconds. */
export function duration(seconds) {
  const parts = [];
  let left = Math.round(seconds);
  for (const [short, length] of PARTS) {
    const count = Math.floor(left / length);
    left -= count * length;
    if (count) parts.push(`${count}\u00a0${short}`);
  }
  return parts.slice(0, 2).join(" ") || `0\u00a0s`;
}

/**
 * Date and time of an ISO 8601 text or milliseconds, on the clock of the house, of 24 hours as in schedules and charts.
 * @param {string | number} at
 * @param {Intl.DateTimeFormatOptions} [options]
 */
export function moment(at, options = { dateStyle: "medium", timeStyle: "short" }) {
  return new Intl.DateTimeFormat(language.value, {
    timeZone: zone.value,
    hourCycle: "h23",
    ...options,
  }).format(new Date(at));
}

/** "22:00" of the day that it is at `seen`, "lun 07:00" of another day. */
export function clockTime(at, seen) {
  const sameDay = dayOf(onTheWall(at)) === dayOf(onTheWall(seen));
  return moment(at, { ...(sameDay ? {} : { weekday: "short" }), hour: "2-digit", minute: "2-digit" });
}

/** @type {[string, number][]} */
const SIZES = [
  ["GB", 1e9],
  ["MB", 1e6],
  ["kB", 1e3],
];

/** The first of each kind takes a browser as long as all of a view: tens of milliseconds, which may pass while it waits. */
export function warmUp() {
  number(0);
  onTheWall(0);
  moment(0);
}

/** A size in bytes, as "1.2 MB". */
export function bytes(size) {
  for (const [unit, length] of SIZES) {
    if (size >= length) return number(size / length, unit);
  }
  return number(size, "B");
}
