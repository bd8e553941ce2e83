/** What becomes of a week's events while they are drawn, pulled and stepped. Pure. */
import { around, bounded, DAY, snapped, WEEK } from "./time.js";

const at = ({ day, minute }) => day * DAY + minute;
const sorted = (events) => events.toSorted((one, other) => at(one) - at(other));

/** `events` with that one too, in the place of whatever is at its time. */
const put = (events, event) => sorted([...events.filter((each) => at(each) !== at(event)), event]);

/** What holds at a minute of the week: the latest event's value, last week's if need be; undefined where there are none. */
const valueAt = (events, minute) => (events.findLast((event) => at(event) <= minute) ?? events.at(-1))?.value;

/** The stretch `{ day, from, to }` that is drawn from one place to another of a day, either way; at least a step long. */
export function stretch({ day, minute }, to, step) {
  const begin = bounded(Math.floor(minute / step) * step, 0, DAY - step);
  const end = bounded(snapped(to.minute, step), 0, DAY);
  return end > begin ? { day, from: begin, to: end } : { day, from: Math.min(end, begin), to: begin + step };
}

/** `value` on that stretch; after it what would have held then. */
export function painted(events, { day, from, to }, value) {
  const [begin, end] = [day * DAY + from, day * DAY + to];
  const after = valueAt(events, end % WEEK);
  const others = events.filter((event) => at(event) < begin || at(event) >= end);
  const begun = put(others, { day, minute: from, value });
  if (after === undefined || after === value || others.some((event) => at(event) === end % WEEK))
    return begun;
  return put(begun, { day: Math.floor(around(end) / DAY), minute: end % DAY, value: after });
}

/** Something that lasts as long as it is drawn: its value is its minutes. */
export function timed(events, { day, from, to }) {
  const others = events.filter((event) => event.day !== day || event.minute < from || event.minute >= to);
  return put(others, { day, minute: from, value: to - from });
}

/** The event at `index` at another minute of its day; what was at that time is gone. */
export const shifted = (events, index, minute) =>
  put(events.toSpliced(index, 1), { ...events[index], minute });

/** The event at `index` with another value. */
export const valued = (events, index, value) => events.with(index, { ...events[index], value });
