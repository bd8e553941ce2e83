/** The path of a spark line. Pure. */

export const WIDTH = 120;
export const HEIGHT = 32;
const EDGE = 2;
// Who says nothing for longer was silent: no line is drawn through that.
const SILENCE_MIN = 10;
// Of its value: what changes less is noise, and drawn as such.
const LEAST_RANGE = 0.04;

// A tenth is finer than any screen.
const along = (length, share) => Math.round((EDGE + share * (length - 2 * EDGE)) * 10) / 10;

/** The `d` of an SVG path, WIDTH by HEIGHT, through `points`: `[[minute, value]]` with minutes from 0 to `minutes`. */
export function line(points, minutes) {
  const values = points.map(([, value]) => value);
  const least = Math.min(...values);
  const most = Math.max(...values);
  const range = Math.max(most - least, LEAST_RANGE * Math.abs(most));
  const x = (minute) => along(WIDTH, minute / minutes);
  const y = (value) => HEIGHT - along(HEIGHT, range ? 0.5 + (value - (least + most) / 2) / range : 0.5);
  let path = "";
  let before = Number.NEGATIVE_INFINITY;
  for (const [minute, value] of points) {
    // A line of no length is drawn as a dot, so that a single point is seen too.
    path += minute - before > SILENCE_MIN ? `M${x(minute)} ${y(value)}h0` : `L${x(minute)} ${y(value)}`;
    before = minute;
  }
  return path;
}
