/** Where the page begins. */
import { effect, signal } from "@preact/signals";
import { render } from "preact";
import { App } from "./app.js";
import { warmUp } from "./format.js";
import { enter, known, me } from "./house.js";
import { html } from "./html.js";
import "./installing.js";
import { outdated } from "./later.js";
import { held } from "./route.js";
import { OfferedCode } from "./sign_in.js";
import "./theme.js";
import { language, ready } from "./words.js";

// A view that was held back has its guard until it is drawn again.
const DRAWN_MS = 200;

const root = document.getElementById("app");
// Asked while the words come, and not after them.
const entering = enter();
entering.catch(() => {}); // said by what is drawn
setTimeout(warmUp);
/** That there is something to look at. */
const shown = new Promise((resolve) => {
  effect(() => {
    if (known.value || me.value === false) resolve();
  });
});
// Only here, where nobody imports, may a module await: see words.js.
await ready.then(begin, sayThatNoWordsCame);

if (isSecureContext && "serviceWorker" in navigator) {
  reloadWhenOutdated(navigator.serviceWorker);
  shown.then(() => setTimeout(keepPage, DRAWN_MS));
}

// It fetches all of the page, of which what is seen first needs little.
function keepPage() {
  navigator.serviceWorker.register("/pagina/sw.js", { scope: "/" }).catch((error) => {
    console.warn("The page works without its service worker, but not while the server is away.", error);
  });
}

function begin() {
  effect(() => {
    document.documentElement.lang = language.value;
  });
  render(html`<${App} entering=${entering} /><${OfferedCode} />`, root);
}

// In both languages, since neither came.
function sayThatNoWordsCame() {
  const text = "Esta página no ha llegado entera; vuelve a cargarla. · This page came in part; reload it.";
  render(html`<p class="noscript" role="alert">${text}</p>`, root);
}

/** What is fetched later is of the newest version, and would not fit. What is held back is not lost by it. */
function reloadWhenOutdated(worker) {
  const late = signal(false);
  // A new worker alone says nothing: the first one, and often the next, is of what has just been loaded.
  worker.addEventListener("controllerchange", async () => {
    if (await outdated()) late.value = true;
  });
  effect(() => {
    if (late.value && !held.value) setTimeout(() => held.peek() || location.reload(), DRAWN_MS);
  });
}
