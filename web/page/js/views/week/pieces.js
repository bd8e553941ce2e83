/** What is drawn of a stretch of the week: a piece for each day that it touches. */
import { around, DAY, WEEK } from "./time.js";

/** `[{ day, from, to }]` in minutes of the day, of so many minutes from a minute of the week on. */
export function pieces(start, length) {
  const found = [];
  for (let at = start; at < start + length; ) {
    const midnight = (Math.floor(at / DAY) + 1) * DAY;
    const until = Math.min(start + length, midnight);
    const day = Math.floor(around(at) / DAY);
    found.push({ day, from: at - (midnight - DAY), to: until - (midnight - DAY) });
    at = until;
  }
  return found;
}

/** How long each event holds: so many minutes as it says where it is `timed`, else until the next one. */
export function holding(events, timed) {
  const times = events.map(({ day, minute }) => day * DAY + minute);
  return events.map((event, n) => {
    const next = n + 1 < times.length ? times[n + 1] : times[0] + WEEK;
    return { event, pieces: pieces(times[n], timed ? Math.round(event.value) || 1 : next - times[n]) };
  });
}

/** For week.css, which knows whether time runs down or to the right. */
export const placed = ({ day, from, to }) => ({ "--day": day, "--from": from / DAY, "--to": to / DAY });
