/** The household: this browser, rooms, people, and how the server is. */
import { useId } from "preact/hooks";
import { may } from "../house.js";
import { html } from "../html.js";
import { Icon } from "../icons.js";
import { t } from "../words.js";
import { Away } from "./household/away.js";
import { Backups } from "./household/backups.js";
import { Doings } from "./household/doings.js";
import { Health } from "./household/health.js";
import { Here } from "./household/here.js";
import { Logins } from "./household/logins.js";
import { Notifications } from "./household/notifications.js";
import { People } from "./household/people.js";
import { Rejected } from "./household/rejected.js";
import { Rooms } from "./household/rooms.js";
import { Settings } from "./household/settings.js";
import { Tokens } from "./household/tokens.js";

// As settings are grouped elsewhere; an address says only the part.
const SECTIONS = [
  {
    name: "casa",
    parts: [
      { path: "", role: "lectura", Shown: Here },
      { path: "habitaciones", role: "lectura", Shown: Rooms },
      { path: "ausencia", role: "lectura", Shown: Away },
    ],
  },
  {
    name: "personas",
    parts: [
      { path: "personas", role: "admin", Shown: People },
      { path: "accesos", role: "lectura", Shown: Tokens },
    ],
  },
  {
    name: "dispositivos",
    parts: [
      { path: "aparatos", role: "admin", Shown: Logins },
      { path: "rechazados", role: "admin", Shown: Rejected },
    ],
  },
  {
    name: "avisos",
    parts: [{ path: "notificaciones", role: "lectura", Shown: Notifications }],
  },
  {
    name: "sistema",
    parts: [
      { path: "salud", role: "lectura", Shown: Health },
      { path: "copias", role: "admin", Shown: Backups },
      { path: "auditoria", role: "admin", Shown: Doings },
      { path: "ajustes", role: "admin", Shown: Settings },
    ],
  },
];

const hrefOf = ({ path }) => `#/casa${path && `/${path}`}`;

const wordOf = ({ path }) => t(`household.tab.${path || "inicio"}`);

/** `path` is `[]` or `[part]`. On a narrow window a part other than the first stands alone, with a way back. */
export const Household = ({ path: [part = ""] }) => {
  const sections = SECTIONS.map(({ name, parts }) => ({
    name,
    parts: parts.filter(({ role }) => may(role)),
  }));
  const parts = sections.flatMap(({ parts }) => parts);
  const shown = parts.find(({ path }) => path === part) ?? parts[0];
  return html`
    <div class="stack household" data-part=${shown.path}>
      <div class="heading">
        ${shown.path && html`<a class="button quiet way-back" href="#/casa"><${Icon} name="back" />${t("nav.household")}</a>`}
        <h1>${shown.path ? wordOf(shown) : t("nav.household")}</h1>
      </div>
      <div class="sectioned">
        <nav class="sections" aria-label=${t("household.tabs")}>
          ${sections.map(({ name, parts }) => parts.length > 0 && html`<${Section} key=${name} name=${name} parts=${parts} shown=${shown} />`)}
        </nav>
        <div class="stack"><${shown.Shown} /></div>
      </div>
    </div>
  `;
};

const Section = ({ name, parts, shown }) => {
  const id = useId();
  return html`
    <div role="group" aria-labelledby=${id}>
      <p id=${id} class="muted">${t(`household.section.${name}`)}</p>
      ${parts.map(
        (each) => html`
          <a key=${each.path} href=${hrefOf(each)} aria-current=${each === shown ? "page" : undefined}>${wordOf(each)}</a>
        `,
      )}
    </div>
  `;
};
