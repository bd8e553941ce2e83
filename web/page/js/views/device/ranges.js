/** Which stretch of time is shown, and how finely. Times and lengths are in seconds, moments since the epoch. */

const HOUR = 3_600;
const DAY = 24 * HOUR;
// The server answers with so many points at most.
const MAX_POINTS = 2_000;
/** What is not looked at more closely: fewer seconds than devices usually need for a report. */
export const SHORTEST = 60;

/** Those to choose from; they end now, and go on with the time. */
export const RANGES = [
  { key: "1h", length: HOUR, until: null },
  { key: "6h", length: 6 * HOUR, until: null },
  { key: "24h", length: DAY, until: null },
  { key: "7d", length: 7 * DAY, until: null },
  { key: "30d", length: 30 * DAY, until: null },
  { key: "1y", length: 365 * DAY, until: null },
];

/** What is shown at first of a device that was first heard so many seconds ago: a day, or all that there is. */
export function fitting(age) {
  const known = RANGES.find(({ length }) => length >= age);
  if (age > DAY || !known) return RANGES[2];
  return age > HOUR / 2
    ? known
    : { key: "new", length: Math.max(5 * SHORTEST, Math.ceil(age * 1.2)), until: null };
}

/** The range between two moments in either order, at least `SHORTEST` long. */
export function zoomed(one, other) {
  const since = Math.floor(Math.min(one, other));
  const length = Math.max(SHORTEST, Math.ceil(Math.max(one, other)) - since);
  return { key: "zoom", length, until: since + length };
}

/** The range that the address asks for: "desde=…&hasta=…", in seconds since the epoch; `null` where it does not. */
export function rangeIn(query) {
  const asked = new URLSearchParams(query);
  const [since, until] = ["desde", "hasta"].map((name) => Number(asked.get(name)));
  return since > 0 && until > since ? zoomed(since, until) : null;
}

/** The metric that it asks for, as "metrica=temp"; `null` where it does not. */
export const metricIn = (query) => new URLSearchParams(query).get("metrica");

/** `{since, until}` of a range at the moment `now`, whole seconds. */
export function spanOf(range, now) {
  const until = range.until ?? Math.ceil(now);
  return { since: until - range.length, until };
}

/** How far points must be apart that there are no more than pixels. The first and the last may lie in it in part. */
export function stepFor({ since, until }, pixels) {
  const points = Math.max(4, Math.min(Math.floor(pixels), MAX_POINTS));
  return Math.ceil((until - since) / (points - 2));
}
