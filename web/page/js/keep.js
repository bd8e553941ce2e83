/** What this browser remembers: small things, and nothing secret beyond the tab that it came to. */
import { effect, signal } from "@preact/signals";

/** A signal whose value is stored under `name`. Where storage is forbidden it lives as long as the page. */
export const kept = (name, otherwise) => stored(() => localStorage, name, otherwise);

/** The same, until the tab is closed, and known in that alone. */
export const keptInTab = (name, otherwise) => stored(() => sessionStorage, name, otherwise);

/** `storage` is asked for, since a browser that forbids it throws there. */
function stored(storage, name, otherwise) {
  const key = `casa.${name}`;
  const value = signal(read(storage, key) ?? otherwise);
  effect(() => write(storage, key, value.value));
  return value;
}

function read(storage, key) {
  try {
    return JSON.parse(storage().getItem(key));
  } catch {
    return null;
  }
}

function write(storage, key, value) {
  try {
    storage().setItem(key, JSON.stringify(value));
  } catch {
    // a private window; nothing is lost but the choice
  }
}
