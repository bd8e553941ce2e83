/** What is set by hand while a schedule rules: it stands until the schedule's next change. Pure: no DOM, no signals. */
import { minuteOf, wallTime, weekdayOf } from "../../wall.js";
import { CHANNELS, parseChannel } from "../week/events.js";
import { parse, startOf } from "../week/model.js";
import { around, DAY, WEEK } from "../week/time.js";
import { isScheduled, switched } from "./status.js";

const MINUTE_MS = 60_000;

/**
 * When the schedules of a configuration next ask for something, in milliseconds since the epoch; `null` where they
 * never do. By the clock on the wall of `zone`: an hour that it skips or repeats on the way counts as it shows it.
 */
export function nextChange(configuration, now, zone) {
  const wall = wallTime(now, zone);
  const minute = weekdayOf(wall) * DAY + minuteOf(wall);
  const waits = edges(configuration).map((edge) => around(edge - minute) || WEEK);
  if (waits.length === 0) return null;
  const wanted = Math.floor(wall / MINUTE_MS) * MINUTE_MS + Math.min(...waits) * MINUTE_MS;
  const at = now + (wanted - wall);
  const whole = Math.round(at / 1000) * 1000;
  return whole + (wanted - wallTime(whole, zone));
}

/**
 * What the schedule `key`, as "horarios_temp", asks for at `now`; `null` where it never asks for anything.
 * @param {string} key
 */
export function askedNow(configuration, key, now, zone) {
  const wall = wallTime(now, zone);
  const minute = weekdayOf(wall) * DAY + minuteOf(wall);
  const events = parseChannel(key, configuration[key]);
  const last = events.findLast((event) => event.day * DAY + event.minute <= minute) ?? events.at(-1);
  return last?.value ?? null;
}

/** In minutes of the week. */
function edges(configuration) {
  const windows = parse(configuration.horarios);
  const starts = new Set(windows.map(startOf));
  const ends = new Set(windows.map((window) => around(startOf(window) + window.end - window.start)));
  // Where one ends as the next begins, nothing changes.
  const turns = [...[...starts].filter((at) => !ends.has(at)), ...[...ends].filter((at) => !starts.has(at))];
  const events = Object.keys(CHANNELS).flatMap((key) =>
    parseChannel(key, configuration[key]).flatMap(({ day, minute, value }) => {
      const begins = day * DAY + minute;
      return key === "horarios_riego" ? [begins, begins + Math.round(value)] : [begins];
    }),
  );
  return [...turns, ...events].map((edge) => around(edge));
}

/** `wishes` for a device that follows its schedule, so that they stand until the next change; as they are for any other. */
export function byHand(device, wishes, now, zone) {
  if (!isScheduled(device)) return wishes;
  const until = nextChange(device.configuracion, now, zone);
  if (until !== null) return { ...wishes, modo: "manual", manual_hasta: new Date(until).toISOString() };
  const { encendido: on, ...settings } = wishes;
  return on === undefined ? settings : { ...settings, ...switched(device, on) };
}

/** When it goes back to its schedule, in milliseconds since the epoch; `null` where it stays as it is. */
export function heldUntil({ configuracion: { modo, manual_hasta: until } }) {
  const at = modo === "horario" || !until ? Number.NaN : Date.parse(until);
  return Number.isNaN(at) ? null : at;
}
