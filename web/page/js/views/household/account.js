/** What the accounts ask of who looks: a name, even where the house is open to everybody. */
import { Commands } from "../../console.js";
import { me } from "../../house.js";
import { html } from "../../html.js";
import { SignInForms } from "../../sign_in.js";
import { t } from "../../words.js";

/** `children` for whoever has come in; how to come in for everybody else. */
export const WithAccount = ({ children }) =>
  me.value && me.value.token_id !== null
    ? children
    : html`
        <div class="card narrow">
          <h2>${t("household.account")}</h2>
          <p>${t("household.account.why")} <${Commands} words=${["setup"]} /></p>
          <${SignInForms} />
        </div>
      `;
