/**
 * The windows of a week, without any screen.
 *
 * A window is `{ day, start, end }`: the day it begins on, 0 for Monday, and minutes since that day's midnight,
 * `0 <= start < 1440` and `start < end <= start + 1440`: one that ends after 1440 ends on the next day. Windows
 * that are kept are normal: apart from each other, in order, none longer than a day. One with an end that follows the
 * sun has `sun` besides, as the wire has it, and stays by itself: tomorrow it is elsewhere.
 */
import { parseChannel, parseEvents, switched } from "./events.js";
import { around, bounded, clock, DAY, DAYS, daysNamed, minuteOf, snapped, WEEK } from "./time.js";

export const startOf = ({ day, start }) => day * DAY + start;
export const lengthOf = ({ start, end }) => end - start;

/** The window of so many minutes from a minute of the week on, which may lie outside of it. */
export function windowAt(minute, length) {
  const from = around(minute);
  const start = from % DAY;
  return { day: Math.floor(from / DAY), start, end: start + bounded(length, 1, DAY) };
}

/** @typedef {[start: number, length: number]} Span - in minutes of the week */

/** The same times as normal windows: what overlaps or touches is one, across midnight and Sunday too. */
export const normal = (windows) =>
  [...fromSpans(windows.filter(({ sun }) => !sun).map(spanOf)), ...windows.filter(({ sun }) => sun)].sort(
    (one, other) => startOf(one) - startOf(other),
  );

/** @returns {Span} */
const spanOf = (window) => [startOf(window), lengthOf(window)];

/**
 * Normal windows of spans of any length up to a week.
 * @param {Span[]} spans
 */
export function fromSpans(spans) {
  /** @type {[start: number, end: number][]} */
  const merged = [];
  for (const [start, end] of spans.flatMap(pieces).sort((one, other) => one[0] - other[0])) {
    const last = merged.at(-1);
    if (last && start <= last[1]) last[1] = Math.max(last[1], end);
    else merged.push([start, end]);
  }
  // What ends with the week and what begins with it are one, unless that is the whole week.
  if (merged.length > 1 && merged[0][0] === 0 && merged.at(-1)[1] === WEEK) {
    merged.at(-1)[1] += merged.shift()[1];
  }
  return merged.flatMap(cut).sort((one, other) => startOf(one) - startOf(other));
}

/**
 * @param {Span} span
 * @returns {[start: number, end: number][]}
 */
function pieces([start, length]) {
  const end = start + length;
  return end <= WEEK
    ? [[start, end]]
    : [
        [start, WEEK],
        [0, end - WEEK],
      ];
}

/** One window, or where that would be longer than a day one for each calendar day. */
function cut([start, end]) {
  if (end - start <= DAY) return [windowAt(start, end - start)];
  const found = [];
  for (let from = start; from < end; ) {
    const until = Math.min(end, (Math.floor(from / DAY) + 1) * DAY);
    found.push(windowAt(from, until - from));
    from = until;
  }
  return found;
}

// -- on the wire -------------------------------------------------------------------------------------

/** Whether `horarios` is written as times of switching on and off: saved from here it becomes windows. */
export const isEvents = (horarios) =>
  typeof horarios === "object" && horarios !== null && !Array.isArray(horarios);

/** The windows of `configuracion.horarios` in either form. What does not fit is left out. */
export function parse(horarios) {
  if (isEvents(horarios)) return fromSwitching(parseEvents(horarios, switched));
  const entries = Array.isArray(horarios) ? horarios : [];
  return normal(entries.flatMap(windowsOf));
}

/** All the windows of a configuration that switch it on: those of `horarios`, and when it waters. */
export const standing = ({ horarios, horarios_riego: watering }) =>
  normal([
    ...parse(horarios),
    ...parseChannel("horarios_riego", watering).map(({ day, minute, value }) =>
      windowAt(day * DAY + minute, Math.round(value)),
    ),
  ]);

function windowsOf(entry) {
  const start = minuteOf(entry?.inicio);
  const end = entry?.fin === "24:00" ? DAY : minuteOf(entry?.fin);
  if (start === null || end === null || !Array.isArray(entry.dias)) return [];
  const length = around(end - start, DAY) || DAY;
  const days = new Set(entry.dias.flatMap(daysNamed));
  const { sol } = entry;
  const follows = sol && [sol.inicio, sol.fin].some((time) => typeof time === "string");
  return [...days].map((day) => ({ day, start, end: start + length, ...(follows && { sun: sol }) }));
}

function fromSwitching(events) {
  const times = events.map(({ day, minute }) => day * DAY + minute);
  return fromSpans(
    events.flatMap(({ value }, n) => {
      const until = n + 1 < times.length ? times[n + 1] : times[0] + WEEK;
      return value ? [[times[n], until - times[n]]] : [];
    }),
  );
}

/** Windows of the same times are one entry: `[{ days, start, end, sun }]`, by first day and time. */
export function grouped(windows) {
  const found = new Map();
  for (const { day, start, end, sun } of windows) {
    const key = `${start}/${end}/${JSON.stringify(sun)}`;
    if (!found.has(key)) found.set(key, { days: [], start, end, ...(sun && { sun }) });
    found.get(key).days.push(day);
  }
  return [...found.values()];
}

/** `horarios` as the server takes it. */
export const format = (windows) =>
  grouped(windows).map(({ days, start, end, sun }) => ({
    dias: days.length === 7 ? ["todos"] : days.map((day) => DAYS[day]),
    inicio: clock(start),
    fin: end === DAY ? "24:00" : clock(end),
    ...(sun && { sol: sun }),
  }));

/** What stays the same of a configuration's windows while the sun goes on, to be compared. */
export const meant = (configuration) =>
  format(standing(configuration))
    .map(({ sol, ...times }) => JSON.stringify({ ...times, ...sol, descansa: undefined }))
    .sort()
    .join();

// -- changes: each answers normal windows ------------------------------------------------------------

export const added = (windows, ...others) => normal([...windows, ...others]);

export const without = (windows, index) => windows.filter((_, n) => n !== index);

/** The window at `index` replaced by the same times on each of `days`. */
export const edited = (windows, index, { days, start, end }) =>
  added(without(windows, index), ...days.map((day) => carried(windows[index], { day, start, end })));

/** The window that a hand has made of another: an end of which it has left the time goes on following the sun. */
export function carried({ start, end, sun }, window) {
  if (!sun) return window;
  const same = { inicio: window.start === start, fin: around(window.end - end, DAY) === 0 };
  if (same.inicio && same.fin) return { ...window, sun };
  const left = Object.entries(sun).filter(([name]) => same[name]);
  return left.length ? { ...window, sun: Object.fromEntries(left) } : window;
}

/** The window `start` to `end` of minutes since midnight: an end not after the start is on the next day. */
export const spanning = (start, end) => ({ start, end: start + (around(end - start, DAY) || DAY) });

/** Where in `windows` the one is that holds the minute `minute` of the week; -1 where none does. */
export const indexAt = (windows, minute) =>
  windows.findIndex((window) => around(minute - startOf(window)) < lengthOf(window));

// -- by hand: what a window becomes while it is drawn, moved, or pulled at an edge --------------------

/** Moved by so many minutes, its start on a whole step. */
export const moved = (window, by, step) => windowAt(snapped(startOf(window) + by, step), lengthOf(window));

/** Its end put to `at`, a place `{ day, minute }`. */
export const endedAt = (window, at, step) =>
  windowAt(
    startOf(window),
    bounded(snappedLength(window.start, ahead(window.day, window.start, at), step), step, DAY),
  );

/** Its start put to `at`. */
export function startedAt(window, at, step) {
  const end = startOf(window) + lengthOf(window);
  const day = Math.floor(end / DAY);
  const length = -ahead(day, end % DAY, at, -1);
  const start = snapped(end - length, step);
  return windowAt(bounded(start, end - DAY, end - step), bounded(end - start, step, DAY));
}

/** Drawn from place to place, either way; at least a step long. */
export function drawn(from, to, step) {
  const start = { day: from.day, start: bounded(Math.floor(from.minute / step) * step, 0, DAY - step) };
  const length = ahead(from.day, start.start, to);
  if (length >= 0) return endedAt({ ...start, end: start.start + step }, to, step);
  return startedAt(
    { ...start, end: start.start + step },
    { day: from.day, minute: Math.max(to.minute, 0) },
    step,
  );
}

/**
 * How many minutes `at` is after a minute of a day. A hand wanders sideways: on the next day (or, `way` -1, the
 * day before) it means that day only where that is within 24 hours, and else the time of day alone.
 */
function ahead(day, minute, at, way = 1) {
  const distance = at.minute - minute;
  const next = around(at.day - day, 7) === around(way, 7);
  return next && way * distance <= 0 ? distance + way * DAY : distance;
}

const snappedLength = (start, length, step) => snapped(start + length, step) - start;
