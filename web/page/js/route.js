/** Which view is shown: the part of the address after `#`, as a path. */
import { signal } from "@preact/signals";
import { codeOf } from "./pairing.js";

/** The code that came by a pairing link, until it is used or turned down; "" where there is none. */
export const offered = signal("");

// A code is a secret: it stays neither in the address nor in the history.
function takeCode() {
  const code = codeOf(location.hash);
  if (!code) return;
  offered.value = code;
  history.replaceState(null, "", location.pathname + location.search);
}

function read() {
  takeCode();
  return location.hash.replace(/^#\/?/, "").split("/").map(decoded);
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

let ask = null;
/** Whether leaving the view is held back. */
export const held = signal(false);

/** Until the function returned is called, nobody leaves the view: `hear(hash)` is told where one would have gone. */
export function holdBack(hear) {
  ask = hear;
  held.value = true;
  return () => {
    ask = null;
    held.value = false;
  };
}

addEventListener("hashchange", (event) => {
  if (ask) {
    history.pushState(null, "", event.oldURL);
    ask(new URL(event.newURL).hash);
    return;
  }
  route.value = read();
  scrollTo(0, 0);
});

export const go = (path) => {
  location.hash = `#/${path}`;
};
