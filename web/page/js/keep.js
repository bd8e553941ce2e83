/** What this browser remembers between visits: small, and never anything secret. */
import { effect, signal } from "@preact/signals";

/** A signal whose value is stored under `name`. Where storage is forbidden it lives as long as the page. */
export function kept(name, otherwise) {
  const key = `casa.${name}`;
  const value = signal(read(key) ?? otherwise);
  effect(() => write(key, value.value));
  return value;
}

function read(key) {
  try {
    return JSON.parse(localStorage.getItem(key));
  } catch {
    return null;
  }
}

function write(key, value) {
  try {
    localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // a private window; nothing is lost but the choice
  }
}
