/**
 * What is set at which times of the week: the schedules that are objects of day → `[["HH:MM", value], …]`.
 *
 * Events are `{ day, minute, value }`, sorted by time, never two at one time.
 */
import { switchOf } from "../../readings.js";
import { ALL_DAYS, bounded, clock, DAY, DAYS, daysNamed, minuteOf } from "./time.js";

const between = (low, high) => (value) =>
  typeof value === "number" && value >= low && value <= high ? value : undefined;

const oneOf = (yes, no) => (value) => {
  if (typeof value === "boolean") return value;
  const word = typeof value === "string" ? value.trim().toLowerCase() : "";
  if (yes.includes(word)) return true;
  return no.includes(word) ? false : undefined;
};

// Words and truth values only: a number is nothing that a schedule is set to here.
export const switched = (value) => (typeof value === "number" ? undefined : (switchOf(value) ?? undefined));

const PERCENT = {
  unit: "%",
  low: 0,
  high: 100,
  step: 1,
  read: between(0, 100),
  depth: (value) => value / 100,
};

/**
 * What each channel takes: numbers of `unit` in `[low, high]` by `step`, or yes and no where it has no unit. `depth`,
 * 0 to 1, is how strongly a value is drawn.
 */
export const CHANNELS = {
  horarios_pos: { capability: "position", usual: 100, ...PERCENT },
  horarios_speed: { capability: "speed", usual: 50, ...PERCENT },
  horarios_lock: {
    capability: "lock",
    usual: true,
    read: oneOf(
      ["lock", "locked", "bloquear", "bloqueado", "bloqueada", "cerrar"],
      ["unlock", "unlocked", "desbloquear", "desbloqueado", "desbloqueada", "abrir"],
    ),
    depth: Number,
  },
  horarios_riego: {
    capability: "duration",
    unit: "min",
    low: 1,
    high: 1440,
    step: 1,
    usual: 10,
    read: (value) => (value === 0 ? undefined : between(0, 1440)(value)),
    depth: () => 1,
  },
  horarios_temp: {
    capability: "setpoint",
    unit: "°C",
    low: -50,
    high: 100,
    step: 0.5,
    usual: 20,
    read: between(-50, 100),
    // What is warm and cold at home.
    depth: (value) => bounded((value - 10) / 15, 0, 1),
  },
};

/** The keys of a device's schedules, the one first that its capability calls for. */
export function channelsOf(device) {
  const own = Object.keys(CHANNELS).filter((key) => CHANNELS[key].capability === device.capability);
  const others = Object.keys(CHANNELS).filter((key) => !own.includes(key) && key in device.configuracion);
  return [...own, "horarios", ...others];
}

/** The events of a schedule; a named day's replaces every day's of the same time. What does not fit is left out. */
export function parseEvents(schedule, read) {
  const named = Object.entries(schedule ?? {}).map(([name, events]) => ({ days: daysNamed(name), events }));
  const found = new Map();
  for (const { days, events } of named.sort((one, other) => other.days.length - one.days.length)) {
    for (const [time, setting] of Array.isArray(events) ? events.filter(Array.isArray) : []) {
      const minute = minuteOf(time);
      const value = read(setting);
      if (minute === null || value === undefined) continue;
      for (const day of days) found.set(day * DAY + minute, { day, minute, value });
    }
  }
  return sortedEvents([...found.values()]);
}

/** The events of the channel `key`. */
export const parseChannel = (key, schedule) => parseEvents(schedule, CHANNELS[key].read);

/** As the server takes it: what is the same on all seven days stands under "diario". */
export function formatEvents(events) {
  const byDay = ALL_DAYS.map((day) => onDay(events, day).map(({ minute, value }) => [clock(minute), value]));
  const written = byDay.map((list) => JSON.stringify(list));
  if (written.every((list) => list === written[0])) return byDay[0].length ? { diario: byDay[0] } : {};
  return Object.fromEntries(byDay.flatMap((list, day) => (list.length ? [[DAYS[day], list]] : [])));
}

export const onDay = (events, day) => events.filter((event) => event.day === day);

/** The events with those of `days` replaced by `list` of `{ minute, value }`. */
export function withDays(events, days, list) {
  const others = events.filter((event) => !days.includes(event.day));
  return sortedEvents([...others, ...days.flatMap((day) => list.map((entry) => ({ ...entry, day })))]);
}

const sortedEvents = (events) =>
  [...events].sort((one, other) => one.day * DAY + one.minute - other.day * DAY - other.minute);
