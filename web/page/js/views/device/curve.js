/** What is drawn of the points that the server tells: where they lie, and where there is nothing. */

// Of so many neighbours the middle one tells how often the device reports thereabouts.
const NEIGHBOURS = 5;
// A silence so many times longer is one; a single report that was lost is none.
const GAP = 3;

/** `[{at, step, n, mean, low, high}]`, seconds since the epoch, of an answer of /estadisticas. */
export const pointsOf = (answer) =>
  answer.data.map(({ inicio, n, media, min, max }) => ({
    at: Date.parse(inicio) / 1000,
    n,
    mean: media,
    low: min,
    high: max,
  }));

/** The indexes of the points after which nothing was reported for long, as a set. */
export function gapsAfter(points, step) {
  const apart = points.slice(1).map((point, index) => point.at - points[index].at);
  const gaps = new Set();
  apart.forEach((length, index) => {
    const near = apart.slice(Math.max(0, index - NEIGHBOURS), index + NEIGHBOURS + 1).sort((a, b) => a - b);
    const usual = near[Math.floor((near.length - 1) / 2)];
    if (length > GAP * Math.max(step, usual)) gaps.add(index);
  });
  return gaps;
}

/**
 * Points as uPlot wants them: `[at, mean, low, high]`, each a column, with `null` in every gap. A point stands in
 * the middle of the time that it tells of, but never after `until`.
 */
export function columns(points, step, until) {
  const gaps = gapsAfter(points, step);
  const at = [];
  const values = [[], [], []];
  const put = (moment, point) => {
    at.push(moment);
    [point?.mean, point?.low, point?.high].forEach((value, index) => values[index].push(value ?? null));
  };
  points.forEach((point, index) => {
    put(Math.min(point.at + step / 2, Math.max(until, point.at)), point);
    if (gaps.has(index)) put((point.at + points[index + 1].at + step) / 2, null);
  });
  return [at, ...values];
}

/** The indexes of values that no line leads to or from. */
export function isolated(values) {
  return values.flatMap((value, index) =>
    value !== null && (values[index - 1] ?? null) === null && (values[index + 1] ?? null) === null
      ? [index]
      : [],
  );
}

/** `[{from, to, share}]`: how long each point holds, which is until the next one or, before a gap, for a step. */
export function holds(points, step, until) {
  const gaps = gapsAfter(points, step);
  return points.map((point, index) => {
    const next = gaps.has(index) ? undefined : points[index + 1];
    const to = next ? next.at : Math.min(point.at + step, Math.max(until, point.at));
    return { from: point.at, to, share: point.mean };
  });
}

/** `{n, mean, low, high}` of all points, or `null` where there are none. */
export function summary(points) {
  if (points.length === 0) return null;
  const n = points.reduce((sum, point) => sum + point.n, 0);
  return {
    n,
    mean: points.reduce((sum, point) => sum + point.mean * point.n, 0) / n,
    low: Math.min(...points.map((point) => point.low)),
    high: Math.max(...points.map((point) => point.high)),
  };
}

/** The same of what was said last too, which is none of the points until they are asked for again. */
export const withLast = (told, last) =>
  last === null ? told : { ...told, low: Math.min(told.low, last), high: Math.max(told.high, last) };

/** For how much of the time it was so, of all the time that `held` (see `holds`) tells of. */
export function shareOfTime(held) {
  const length = held.reduce((sum, { from, to }) => sum + to - from, 0);
  return length
    ? held.reduce((sum, { from, to, share }) => sum + share * (to - from), 0) / length
    : held.at(-1).share;
}

/**
 * The index of the point that is meant at `moment`: of two that a line joins there the nearer one; where none leads
 * past, one that is no further than `reach` seconds. `null` where there is nothing.
 */
export function pointAt([at, values], moment, reach) {
  const next = at.findIndex((each) => each >= moment);
  const after = next < 0 ? at.length : next;
  const ends = [after - 1, after].filter((index) => (values[index] ?? null) !== null);
  const near = ends.length === 2 ? ends : ends.filter((index) => Math.abs(at[index] - moment) <= reach);
  near.sort((one, other) => Math.abs(at[one] - moment) - Math.abs(at[other] - moment));
  return near[0] ?? null;
}

/**
 * The range that holds both.
 * @param {number[]} one
 * @param {number[]} other
 */
export const joined = ([low, high], [otherLow, otherHigh]) => [
  Math.min(low, otherLow),
  Math.max(high, otherHigh),
];

/**
 * `[low, high]` of the upright axis: all points and marks, and the bounds too where those are not so far away that
 * the curve would be flat.
 */
export function verticalRange(points, marks, bounds) {
  const values = [...points.flatMap(({ low, high }) => [low, high]), ...marks.map(({ value }) => value)];
  if (values.length === 0) return [0, 1];
  let low = Math.min(...values);
  let high = Math.max(...values);
  const reach = Math.max(high - low, Math.abs(high) * 0.1, 1);
  if (bounds?.min != null && bounds.min < low && low - bounds.min <= reach) low = bounds.min;
  if (bounds?.max != null && bounds.max > high && bounds.max - high <= reach) high = bounds.max;
  const room = (high - low || reach) * 0.08;
  return [low - room, high + room];
}
