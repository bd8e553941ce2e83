/** The schedules of a device while they are being changed: what can be undone, and what is not saved yet. */
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { holdBack } from "../../route.js";
import { formatEvents, parseChannel } from "./events.js";
import { format, parse } from "./model.js";

/** A schedule as the server has it, to be drawn. */
export const read = (key, schedule) => (key === "horarios" ? parse(schedule) : parseChannel(key, schedule));
const written = (key, value) => (key === "horarios" ? format(value) : formatEvents(value));

/**
 * `{ values, seen, changed, outrun, patch, set, undo, discard, giveWay, kept }`: `values` by key as they stand now, `changed` the
 * keys that differ from what is saved, `patch()` those as the server takes them, and `outrun` whether somebody else
 * has saved other ones meanwhile. Without changes of one's own it follows what the device has.
 */
export function useDraft(configuration, keys) {
  const stored = JSON.stringify(keys.map((key) => configuration[key] ?? null));
  const begin = () => ({
    stored,
    past: [],
    values: Object.fromEntries(keys.map((key) => [key, read(key, configuration[key])])),
  });
  const [state, setState] = useState(begin);
  const outrun = state.stored !== stored;
  const current = outrun && state.past.length === 0 ? begin() : state;
  useEffect(() => {
    if (current !== state) setState(current);
  });
  const first = current.past[0] ?? current.values;
  const changed = keys.filter((key) => JSON.stringify(first[key]) !== JSON.stringify(current.values[key]));
  return {
    values: current.values,
    changed,
    outrun: outrun && current.past.length > 0,
    undoable: current.past.length > 0,
    patch: () => Object.fromEntries(changed.map((key) => [key, written(key, current.values[key])])),
    set: (key, value) =>
      setState({
        ...current,
        past: [...current.past, current.values],
        values: { ...current.values, [key]: value },
      }),
    undo: () =>
      setState((now) =>
        now.past.length ? { ...now, past: now.past.slice(0, -1), values: now.past.at(-1) } : now,
      ),
    /** What they were when the draft was begun. */
    seen: Object.fromEntries(keys.map((key, index) => [key, JSON.parse(current.stored)[index]])),
    /** Leave to others what they have saved for some keys, and go on with the rest. */
    giveWay: (given) => {
      const fresh = begin();
      const mine = changed.filter((key) => !given.includes(key)).map((key) => [key, current.values[key]]);
      const past = mine.length ? [fresh.values] : [];
      setState({ ...fresh, past, values: { ...fresh.values, ...Object.fromEntries(mine) } });
    },
    discard: () => setState(begin()),
    kept: () => setState((now) => ({ ...now, past: [] })),
  };
}

/** While `dirty`, leaving is held back: `{ leaving, stay, leave }`, `leaving` where there is something to ask. */
export function useLeaveGuard(dirty) {
  const [leaving, setLeaving] = useState(null);
  const release = useRef(null);
  // Whoever leaves as soon as it is saved is not asked any more.
  useLayoutEffect(() => {
    if (!dirty) return undefined;
    const unload = (event) => event.preventDefault();
    addEventListener("beforeunload", unload);
    release.current = holdBack(setLeaving);
    return () => {
      removeEventListener("beforeunload", unload);
      release.current();
    };
  }, [dirty]);
  return {
    leaving,
    stay: () => setLeaving(null),
    leave: () => {
      release.current();
      location.hash = leaving;
    },
  };
}
