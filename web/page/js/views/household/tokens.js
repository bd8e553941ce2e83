/** Which apps and browsers have come in, as whom; and how to lock one out again. */
import { useState } from "preact/hooks";
import { get, post, remove } from "../../api.js";
import { ago, moment } from "../../format.js";
import { leave, may } from "../../house.js";
import { html } from "../../html.js";
import { Icon } from "../../icons.js";
import { useLoaded } from "../../load.js";
import { Confirm, Dialog, Field, Form, Loaded } from "../../ui.js";
import { t } from "../../words.js";
import { WithAccount } from "./account.js";
import { Copy } from "./copy.js";
import { systemOf } from "./system.js";

const MOST_DAYS = 3650;

export const Tokens = () => html`<${WithAccount}><${AllTokens} /><//>`;

const AllTokens = () => {
  const tokens = useLoaded(() => get("/tokens"), []);
  const [revoking, setRevoking] = useState(null);
  const [making, setMaking] = useState(false);
  const revoke = async () => {
    await remove(`/tokens/${revoking.id}`);
    if (revoking.actual) leave();
    else await tokens.reload();
  };
  return html`
    <div class="stack">
      <p class="muted">${t("household.tokens.what")}</p>
      <${Loaded} of=${tokens}>
        ${(all) => html`<ul class="card list">
          ${all.map((token) => html`<${TokenRow} key=${token.id} token=${token} revoke=${setRevoking} />`)}
        </ul>`}
      <//>
      ${
        may("miembro") &&
        html`<div class="actions">
          <button type="button" onClick=${() => setMaking(true)}><${Icon} name="add" />${t("household.tokens.add")}</button>
        </div>`
      }
      ${making && html`<${NewToken} made=${tokens.reload} close=${() => setMaking(false)} />`}
      ${
        revoking &&
        html`<${Confirm}
          title=${t("household.tokens.revoke", { name: nameOf(revoking) })}
          text=${t(revoking.actual ? "household.tokens.revoke.own" : "household.tokens.revoke.text")}
          label=${t("household.tokens.revoke.do")}
          act=${revoke}
          close=${() => setRevoking(null)}
        />`
      }
    </div>
  `;
};

/** A browser's session is named by what the browser says of itself, which means nothing to people. */
function nameOf({ tipo, nombre }) {
  const system = tipo === "sesion" ? systemOf(nombre) : null;
  return system ? t("household.tokens.browser_on", { system }) : nombre;
}

function factsOf({ usuario, tipo, usado_en, caduca_en, actual }) {
  const facts = [usuario];
  if (tipo === "app") facts.push(t("household.tokens.app"));
  if (usado_en) facts.push(t("household.tokens.used", { ago: ago(usado_en) }));
  else if (!actual) facts.push(t("household.tokens.unused"));
  if (caduca_en)
    facts.push(t("household.tokens.until", { when: moment(caduca_en, { dateStyle: "medium" }) }));
  return facts;
}

const TokenRow = ({ token, revoke }) => html`
  <li>
    <p class="grow">
      <strong>${nameOf(token)}</strong> ${token.actual && html`<span class="chip" data-tone="good">${t("household.tokens.this")}</span>`}
      <br />
      <span class="muted">
        ${factsOf(token).join(" · ")}
      </span>
    </p>
    <button type="button" aria-label=${t("household.tokens.revoke", { name: nameOf(token) })}
      onClick=${() => revoke(token)}>${t("household.tokens.revoke.do")}</button>
  </li>
`;

/** The secret is shown this once: the server keeps only its digest. */
const NewToken = ({ made, close }) => {
  const [secret, setSecret] = useState("");
  const submit = async (form) => {
    const days = Number(form.get("days"));
    const told = await post("/tokens", { nombre: form.get("name"), ...(days ? { caduca_dias: days } : {}) });
    setSecret(told.token);
    await made();
  };
  return html`
    <${Dialog} title=${t("household.tokens.add")} close=${close}>
      ${
        secret
          ? html`<p>${t("household.tokens.once")}</p>
            <p class="secret"><code>${secret}</code><${Copy} text=${secret} /></p>`
          : html`<${Form} label=${t("household.tokens.make")} submit=${submit}>
            <${Field} label=${t("household.tokens.name")} name="name" required maxlength="60" autocomplete="off" />
            <${Field} label=${t("household.tokens.days")} hint=${t("household.tokens.days.hint")} name="days" type="number"
              min="1" max=${MOST_DAYS} inputmode="numeric" />
          <//>`
      }
    <//>
  `;
};
