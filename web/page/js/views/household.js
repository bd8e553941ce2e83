/** The household: this browser, rooms, people, and how the server is. */
import { may } from "../house.js";
import { html } from "../html.js";
import { Tabs } from "../ui.js";
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

const TABS = [
  { path: "", role: "lectura", Shown: Here },
  { path: "habitaciones", role: "lectura", Shown: Rooms },
  { path: "ausencia", role: "lectura", Shown: Away },
  { path: "notificaciones", role: "lectura", Shown: Notifications },
  { path: "personas", role: "admin", Shown: People },
  { path: "accesos", role: "lectura", Shown: Tokens },
  { path: "aparatos", role: "admin", Shown: Logins },
  { path: "salud", role: "lectura", Shown: Health },
  { path: "copias", role: "admin", Shown: Backups },
  { path: "rechazados", role: "admin", Shown: Rejected },
  { path: "auditoria", role: "admin", Shown: Doings },
  { path: "ajustes", role: "admin", Shown: Settings },
];

const hrefOf = ({ path }) => `#/casa${path && `/${path}`}`;

/** `path` is `[]` or `[tab]`. */
export const Household = ({ path: [tab = ""] }) => {
  const tabs = TABS.filter(({ role }) => may(role));
  const shown = tabs.find(({ path }) => path === tab) ?? tabs[0];
  return html`
    <div class="stack household">
      <div class="heading"><h1>${t("nav.household")}</h1></div>
      <${Tabs}
        label=${t("household.tabs")}
        tabs=${tabs.map((each) => ({ href: hrefOf(each), word: t(`household.tab.${each.path || "inicio"}`) }))}
        current=${hrefOf(shown)}
      />
      <${shown.Shown} />
    </div>
  `;
};
