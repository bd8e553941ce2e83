/** What IoTelligence has found in the house, and the search through its history. */
import { may } from "../house.js";
import { html } from "../html.js";
import { Tabs } from "../ui.js";
import { t } from "../words.js";
import { Feed } from "./insights/feed.js";
import { Search } from "./insights/search.js";

export { FindingCard } from "./insights/card.js";

const FEED = "#/avisos";
const SEARCH = "#/avisos/buscar";

/** `path` is `[]` or `["buscar"]`, which is for those who may change something. */
export const Insights = ({ path: [place = ""] }) => {
  const searching = place === "buscar" && may("miembro");
  return html`
    <div class="stack insights">
      <div>
        <h1>${t("insights.title")}</h1>
        <p class="muted">${t("insights.what")}</p>
      </div>
      ${
        may("miembro") &&
        html`<${Tabs}
          label=${t("insights.tabs")}
          tabs=${[
            { href: FEED, word: t("insights.tab.feed") },
            { href: SEARCH, word: t("insights.tab.buscar") },
          ]}
          current=${searching ? SEARCH : FEED}
        />`
      }
      ${searching ? html`<${Search} />` : html`<${Feed} />`}
    </div>
  `;
};
