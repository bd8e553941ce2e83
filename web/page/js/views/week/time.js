/** Days and times of a week as they are written on the wire, and minutes as they are counted here. */

export const DAY = 1440;
export const WEEK = 7 * DAY;
/** The steps in minutes that hands move by, and the finer one. */
export const STEP = 15;
export const FINE_STEP = 5;

/** As the server writes them; 0 is Monday. */
export const DAYS = ["lunes", "martes", "miercoles", "jueves", "viernes", "sabado", "domingo"];
const ENGLISH = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
const EVERY_DAY = ["todos", "all", "diario", "daily"];
export const ALL_DAYS = DAYS.map((_, day) => day);

const TIME = /^([01][0-9]|2[0-3]):([0-5][0-9])$/;

/** `value` in `[0, size)`, as if it went round in a ring. */
export const around = (value, size = WEEK) => ((value % size) + size) % size;

export const bounded = (value, low, high) => Math.min(Math.max(value, low), high);

export const snapped = (minute, step = STEP) => Math.round(minute / step) * step;

/** The days that a word names, in Spanish or English; none where it names no day. */
export function daysNamed(word) {
  if (typeof word !== "string") return [];
  const plain = word.trim().toLowerCase().normalize("NFD").replace(/\p{M}/gu, "");
  if (EVERY_DAY.includes(plain)) return ALL_DAYS;
  return ALL_DAYS.filter((day) => plain === DAYS[day] || plain === ENGLISH[day]);
}

/** Minutes since midnight of "HH:MM"; `null` where it is no time. */
export function minuteOf(text) {
  const found = typeof text === "string" ? TIME.exec(text) : null;
  return found ? Number(found[1]) * 60 + Number(found[2]) : null;
}

/** "HH:MM" of a minute, whichever day's it is. */
export function clock(minute) {
  const left = Math.floor(around(minute, DAY));
  return `${String(Math.floor(left / 60)).padStart(2, "0")}:${String(left % 60).padStart(2, "0")}`;
}
