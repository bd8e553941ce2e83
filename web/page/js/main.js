/** Where the page begins. */
import { effect } from "@preact/signals";
import { render } from "preact";
import { App } from "./app.js";
import { html } from "./html.js";
import "./installing.js";
import { OfferedCode } from "./sign_in.js";
import "./theme.js";
import { language } from "./words.js";

effect(() => {
  document.documentElement.lang = language.value;
});

render(html`<${App} /><${OfferedCode} />`, document.getElementById("app"));

if (isSecureContext && "serviceWorker" in navigator) {
  navigator.serviceWorker.register("/pagina/sw.js", { scope: "/" }).catch((error) => {
    console.warn("The page works without its service worker, but not while the server is away.", error);
  });
}
