/** Entries of the logbook as one list, newest first, put together from the pages that were read. Pure. */

/** `{data, next}`: what was read before the newest page was read last, and before which entry there are older ones. */
export const NOTHING = { data: [], next: null };

/**
 * `newest`, as GET /diario answers, with what of `before` goes on where it ends. What does not reach it is let go, as
 * nobody knows what came in between.
 */
export function joined({ data, siguiente }, before) {
  const last = data.at(-1)?.id;
  if (siguiente === null || !(before.data[0]?.id >= last)) return { data, next: siguiente };
  return { data: [...data, ...before.data.filter(({ id }) => id < last)], next: before.next };
}

/** With a page that was asked for before `known.next`. */
export const withOlder = (known, { data, siguiente }) => ({
  data: [...known.data, ...data],
  next: siguiente,
});
