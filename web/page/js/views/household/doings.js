/** What was done, by whom and from where. For admins. */
import { moment } from "../../format.js";
import { html } from "../../html.js";
import { t } from "../../words.js";
import { WithAccount } from "./account.js";
import { Pages } from "./pages.js";

export const Doings = () => html`
  <${WithAccount}>
    <${Pages} path="/auditoria" none=${t("household.doings.none")}>
      ${(rows) => html`<ul class="card list">${rows.map((act) => html`<${Act} key=${act.id} of=${act} />`)}</ul>`}
    <//>
  <//>
`;

const Act = ({ of: { acto, objeto, quien, desde, timestamp } }) => html`
  <li>
    <p class="grow" lang="es"><strong>${acto}</strong> ${objeto}</p>
    <p class="muted">${[quien || t("household.nobody"), desde, moment(timestamp)].filter(Boolean).join(" · ")}</p>
  </li>
`;
