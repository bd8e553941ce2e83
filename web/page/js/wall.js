/** What the clock on the wall of a house shows, by the name of its time zone. Pure. */

export const DAY_MS = 86_400_000;
const CLOCKS = new Map();

function clockIn(zone) {
  if (!CLOCKS.has(zone)) {
    const fields = ["year", "month", "day", "hour", "minute", "second"].map((each) => [each, "numeric"]);
    const options = { timeZone: zone, hourCycle: "h23", ...Object.fromEntries(fields) };
    CLOCKS.set(zone, new Intl.DateTimeFormat("en-US-u-ca-gregory", options));
  }
  return CLOCKS.get(zone);
}

/** Whether this browser knows a zone of that name. */
export function isKnown(name) {
  try {
    clockIn(name);
    return true;
  } catch {
    return false;
  }
}

/**
 * What the clock shows at `at`, ISO 8601 or milliseconds since the epoch: the whole seconds, in milliseconds, at
 * which a clock in Greenwich shows the same.
 */
export function wallTime(at, zone) {
  const told = clockIn(zone).formatToParts(new Date(at));
  const { year, month, day, hour, minute, second } = Object.fromEntries(
    told.map(({ type, value }) => [type, Number(value)]),
  );
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

/** The day of a wall's time, counted from the first of January 1970. */
export const dayOf = (wall) => Math.floor(wall / DAY_MS);

/** Its day of the week; 0 is Monday. */
export const weekdayOf = (wall) => (((dayOf(wall) + 3) % 7) + 7) % 7;

/** Its minute since midnight. */
export const minuteOf = (wall) => Math.floor((wall - dayOf(wall) * DAY_MS) / 60_000);
