/** Which view is shown: the part of the address after `#`, as a path. */
import { batch, signal } from "@preact/signals";
import { keptInTab } from "./keep.js";
import { codeOf } from "./pairing.js";

/**
 * The code that came by a pairing link, until it is used or turned down, through a reload too; "" where there is none.
 */
export const offered = keptInTab("code", "");

// A code is a secret: it stays neither in the address nor in the history, and in this tab alone.
function takeCode() {
  const code = codeOf(location.hash);
  if (!code) return;
  offered.value = code;
  history.replaceState(null, "", location.pathname + location.search);
}

// Both parts: "dispositivo/3" and what stands after a question mark.
const parts = () => location.hash.replace(/^#\/?/, "").split("?");

function read() {
  takeCode();
  return parts()[0].split("/").map(decoded);
}

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // typed by hand: no view has that name
  }
}

/** `["dispositivo", "3"]` at `#/dispositivo/3`; `[""]` at the start. */
export const route = signal(read());
/** What stands after `?` in the address of the view: "buscar=luz". */
export const query = signal(parts()[1] ?? "");

/** Have `text` stand there instead, without a step in the history. */
export function ask(text) {
  if (text === query.peek()) return;
  history.replaceState(null, "", `#/${parts()[0]}${text && `?${text}`}`);
  query.value = text;
}

let guard = null;
/** Whether leaving the view is held back. */
export const held = signal(false);

/** Until the function returned is called, nobody leaves the view: `hear(hash)` is told where one would have gone. */
export function holdBack(hear) {
  guard = hear;
  held.value = true;
  return () => {
    guard = null;
    held.value = false;
  };
}

addEventListener("hashchange", (event) => {
  if (guard) {
    history.pushState(null, "", event.oldURL);
    guard(new URL(event.newURL).hash);
    return;
  }
  batch(() => {
    route.value = read();
    query.value = parts()[1] ?? "";
  });
  scrollTo(0, 0);
});

export const go = (path) => {
  location.hash = `#/${path}`;
};
