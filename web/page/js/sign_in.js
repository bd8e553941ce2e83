/** Coming in: with a one-time code, by name and password, or by a link that brings the code. */
import { useState } from "preact/hooks";
import { ApiError, post } from "./api.js";
import { Commands } from "./console.js";
import { duration } from "./format.js";
import { enter, leave, me, tellWindows } from "./house.js";
import { html } from "./html.js";
import { Icon } from "./icons.js";
import { later } from "./later.js";
import { formatted } from "./pairing.js";
import { offered } from "./route.js";
import { Dialog, Field, Form } from "./ui.js";
import { choose, LANGUAGES, language, t } from "./words.js";

/** What stands in place of every view while nobody has shown who they are. */
export const SignIn = () => html`
  <main class="alone stack sign-in">
    <header>
      <span class="tile" data-on="true"><${Icon} name="devices" /></span>
      <h1>${t("sign_in.title")}</h1>
    </header>
    <div class="card"><${SignInForms} /></div>
    <${Languages} />
  </main>
`;

/** The ways in. Whoever comes in by them is who looks from then on. */
export const SignInForms = () => {
  const [byCode, setByCode] = useState(true);
  const change = () => setByCode(!byCode);
  return html`
    ${byCode ? html`<${ByCode} key=${offered.value} />` : html`<${ByPassword} />`}
    <button type="button" class="quiet" onClick=${change}>
      ${t(byCode ? "sign_in.by_password" : "sign_in.by_code")}
    </button>
  `;
};

const ByCode = () => {
  const came = formatted(offered.value);
  const submit = async (form) => {
    await show({ codigo: form.get("codigo") }, "sign_in.wrong_code");
    offered.value = "";
    await enter();
  };
  return html`
    <${Form} label=${t("sign_in.enter")} submit=${submit}>
      ${came && html`<p>${t("sign_in.came_by_link")}</p>`}
      <${Field}
        label=${t("sign_in.code")}
        hint=${came ? "" : t("sign_in.code.where")}
        name="codigo"
        class="code one-time"
        placeholder="ABCDE-FGHJK"
        defaultValue=${came}
        onInput=${format}
        autocomplete="one-time-code"
        autocapitalize="characters"
        spellcheck="false"
        required
      />
    <//>
    ${!came && html`<p class="hint">${t("sign_in.code.console")} <${Commands} words=${[`pair ${t("sign_in.you")}`]} /></p>`}
  `;
};

const ByPassword = () => {
  const submit = async (form) => {
    await show({ usuario: form.get("usuario").trim(), clave: form.get("clave") }, "sign_in.wrong_password");
    await enter();
  };
  return html`
    <${Form} label=${t("sign_in.enter")} submit=${submit}>
      <${Field} label=${t("sign_in.name")} name="usuario" autocomplete="username" autocapitalize="words" required />
      <${Field}
        label=${t("sign_in.password")}
        hint=${t("sign_in.password.where")}
        name="clave"
        type="password"
        autocomplete="current-password"
        required
      />
    <//>
  `;
};

// While one writes at the end only: elsewhere the caret would jump.
function format({ target }) {
  if (target.selectionStart === target.value.length) target.value = formatted(target.value);
}

/** Show who one is, for a session; `wrong` is the word for what is not accepted. */
async function show(proof, wrong) {
  try {
    await post("/auth/sesion", proof);
    tellWindows();
    later(() => import("./views/household/push.js"))
      .then(({ keepTold }) => keepTold())
      .catch(console.warn);
  } catch (error) {
    if (error.status === 401) throw new ApiError(401, "", t(wrong));
    if (error.status === 429) {
      throw new ApiError(429, "", t("sign_in.too_many", { wait: duration(error.retryAfter) }));
    }
    throw error;
  }
}

const Languages = () => html`
  <p class="languages">
    ${Object.entries(LANGUAGES)
      .filter(([name]) => name !== language.value)
      .map(
        ([name, called]) =>
          html`<button key=${name} type="button" class="quiet" lang=${name} onClick=${() => choose(name)}>${called}</button>`,
      )}
  </p>
`;

/** Asks somebody who is inside already, and has opened a pairing link, what to do with its code. */
export const OfferedCode = () => {
  if (!offered.value || !me.value) return null;
  const ignore = () => {
    offered.value = "";
  };
  const use = async () => {
    await show({ codigo: offered.value }, "sign_in.wrong_code");
    ignore();
    leave();
  };
  const { usuario } = me.value;
  return html`
    <${Dialog} title=${t("sign_in.inside")} close=${ignore}>
      <p>${usuario === null ? t("sign_in.inside.open") : t("sign_in.inside.as", { name: usuario })}</p>
      <${Form} label=${t("sign_in.use")} submit=${use} />
      <button type="button" onClick=${ignore}>${t("sign_in.ignore")}</button>
    <//>
  `;
};
