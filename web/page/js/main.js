/** Where the page begins. */
import { effect, signal } from "@preact/signals";
import { render } from "preact";
import { App } from "./app.js";
import { html } from "./html.js";
import "./installing.js";
import { held } from "./route.js";
import { OfferedCode } from "./sign_in.js";
import "./theme.js";
import { language } from "./words.js";

// A view that was held back has its guard until it is drawn again.
const DRAWN_MS = 200;

effect(() => {
  document.documentElement.lang = language.value;
});

render(html`<${App} /><${OfferedCode} />`, document.getElementById("app"));

if (isSecureContext && "serviceWorker" in navigator) {
  reloadWhenOutdated(navigator.serviceWorker);
  navigator.serviceWorker.register("/pagina/sw.js", { scope: "/" }).catch((error) => {
    console.warn("The page works without its service worker, but not while the server is away.", error);
  });
}

/** What is fetched later is of the newest version, and would not fit. What is held back is not lost by it. */
function reloadWhenOutdated(worker) {
  const outdated = signal(false);
  // A new worker alone says nothing: the first one, and often the next, is of what has just been loaded.
  let mine = worker.controller && version();
  worker.addEventListener("controllerchange", async () => {
    const before = mine;
    mine = version();
    if (before && (await before) !== (await mine)) outdated.value = true;
  });
  effect(() => {
    if (outdated.value && !held.value) setTimeout(() => held.peek() || location.reload(), DRAWN_MS);
  });
}

/** Of the page that the server has, as text; `null` without an answer. */
async function version() {
  try {
    return await (await fetch("/pagina/shell.js")).text();
  } catch {
    return null;
  }
}
