/** Saving what somebody has typed about a device, never over what somebody else has saved meanwhile unseen. */
import { useState } from "preact/hooks";
import { put } from "../../api.js";
import { devices, take } from "../../house.js";

/** What of a device is saved: where it stands, and the body that changes some of it. */
export const FIELDS = { of: (device) => device, body: (changes) => changes };
export const SETTINGS = {
  of: (device) => device.configuracion,
  body: (changes) => ({ configuracion: changes }),
};

/** Somebody else has saved `theirs`, by key, where something else was to be saved. */
class Conflict extends Error {
  constructor(theirs) {
    super("changed by somebody else");
    this.theirs = theirs;
  }
}

const same = (one, other) => JSON.stringify(one ?? null) === JSON.stringify(other ?? null);

/** `changes` of `part`, wanted by somebody who has seen `seen` there. What others have changed beside that stays. */
async function save(id, part, changes, seen, device = devices.peek().get(id)?.peek()) {
  // One that has gone meanwhile: the server says so.
  const there = device ? part.of(device) : seen;
  const differing = Object.keys(changes).filter(
    (key) => !same(there[key], seen[key]) && !same(there[key], changes[key]),
  );
  if (differing.length) throw new Conflict(Object.fromEntries(differing.map((key) => [key, there[key]])));
  try {
    take(await put(`/dispositivos/${id}`, part.body(changes), device?.edicion));
  } catch (error) {
    const now = error.answer?.dispositivo;
    if (!now) throw error;
    take(now);
    await save(id, part, changes, seen, now);
  }
}

/**
 * `{ theirs, save(changes, seen), forget() }`. `save` answers whether it is saved. Where somebody else has saved
 * something else for the same keys it is not, and `theirs` holds that, by key, to be shown: who then saves again has
 * seen it, and who does not want to calls `forget()`. `theirs` is `null` where there is nothing to decide.
 */
export function useSaving(id, part) {
  const [theirs, setTheirs] = useState(null);
  const attempt = async (changes, seen) => {
    try {
      await save(id, part, changes, { ...seen, ...theirs });
    } catch (error) {
      if (!(error instanceof Conflict)) throw error;
      setTheirs({ ...theirs, ...error.theirs });
      return false;
    }
    setTheirs(null);
    return true;
  };
  return { theirs, save: attempt, forget: () => setTheirs(null) };
}

/** What is left of `changes` for who leaves theirs as it is. */
export const without = (changes, theirs) =>
  Object.fromEntries(Object.entries(changes).filter(([key]) => !Object.hasOwn(theirs, key)));
