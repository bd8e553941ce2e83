/** The frame round every view: who may come in, where to go, and whether what is shown is fresh. */
import { useSignalEffect } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import { ago } from "./format.js";
import { connection, enter, heardAt, me, unseen } from "./house.js";
import { html } from "./html.js";
import { Icon } from "./icons.js";
import { later } from "./later.js";
import { route } from "./route.js";
import { SignIn } from "./sign_in.js";
import { Failure, Loading, Toasts } from "./ui.js";
import { soughtHere } from "./views/devices/filters.js";
import { Devices } from "./views/devices.js";
import { t } from "./words.js";

// What is not seen first is fetched when it is gone to.
const LATER = {
  __proto__: null,
  dispositivo: () => import("./views/device.js").then((module) => module.DevicePage),
  reclamar: () => import("./views/claim.js").then((module) => module.ClaimPage),
  avisos: () => import("./views/insights.js").then((module) => module.Insights),
  energia: () => import("./views/energy.js").then((module) => module.Energy),
  diario: () => import("./views/logbook.js").then((module) => module.Logbook),
  casa: () => import("./views/household.js").then((module) => module.Household),
};
// What follows says which one it is: each has a state of its own.
const ONE_OF_MANY = ["dispositivo", "reclamar"];

const PLACES = [
  { path: "", icon: "devices", word: "nav.devices", holds: ["", "dispositivo", "reclamar"] },
  { path: "avisos", icon: "insights", word: "nav.insights", holds: ["avisos"] },
  { path: "energia", icon: "energy", word: "nav.energy", holds: ["energia"] },
  { path: "diario", icon: "logbook", word: "nav.logbook", holds: ["diario"] },
  { path: "casa", icon: "household", word: "nav.household", holds: ["casa"] },
];

/** `entering` is the first time that somebody enters, which has begun already. */
export const App = ({ entering }) => {
  const [error, setError] = useState(null);
  const come = () => {
    setError(null);
    enter().catch(setError);
  };
  useEffect(() => {
    entering.catch(setError);
  }, []);
  if (error) return html`<main class="alone"><${Failure} error=${error} retry=${come} /></main>`;
  if (me.value === null) return html`<main class="alone"><${Loading} /></main>`;
  if (me.value === false) return html`<${SignIn} />`;
  return html`
    <a class="skip" href="#main" onClick=${skipToMain}>${t("skip")}</a>
    <${Navigation} />
    <main id="main" tabindex="-1"><${Freshness} /><${View} /></main>
    <${Toasts} />
  `;
};

// By hand, since what stands after # is the route.
function skipToMain(event) {
  event.preventDefault();
  document.getElementById("main").focus();
}

const Navigation = () => html`
  <nav class="places" aria-label=${t("nav")}>
    ${PLACES.map(
      ({ path, icon, word, holds }) => html`
        <a href="#/${path || soughtHere.value}" aria-current=${holds.includes(route.value[0]) ? "page" : undefined}>
          <span class="place-icon">
            <${Icon} name=${icon} />
            ${path === "avisos" && unseen.value && html`<span class="badge-dot"><span class="hidden">${t("unseen")}</span></span>`}
          </span>
          ${t(word)}
        </a>
      `,
    )}
  </nav>
`;

/** Says when what is shown may be old. */
const Freshness = () => {
  const state = connection.value;
  const never = heardAt.value === 0;
  // What was never fresh and is not there yet is told by the view, which is loading.
  if (state === "live" || (state === "opening" && never))
    return html`<div role="status" class="freshness" data-state=${state} hidden></div>`;
  return html`
    <div role="status" class="freshness" data-state=${state}>
      <${Icon} name=${state === "lost" ? "offline" : "pending"} />
      <span>${never ? t("connection.never") : t(`connection.${state}`, { ago: ago(heardAt.value) })}</span>
    </div>
  `;
};

const View = () => {
  const [place, which] = route.value;
  const [views, setViews] = useState({ "": Devices });
  const [error, setError] = useState(null);
  const fetchView = () => {
    setError(null);
    if (place in views || !(place in LATER)) return;
    later(LATER[place])
      .then((view) => setViews((before) => ({ ...before, [place]: view })))
      .catch(setError);
  };
  useEffect(fetchView, [place]);
  useSignalEffect(() => {
    document.title = `${unseen.value ? "● " : ""}IoT Backend`;
  });
  if (error) return html`<${Failure} error=${error} retry=${fetchView} />`;
  const Shown = views[place in LATER ? place : ""];
  return Shown
    ? html`<${Shown} key=${ONE_OF_MANY.includes(place) ? `${place}/${which}` : place} path=${route.value.slice(1)} />`
    : html`<${Loading} />`;
};
