/** This browser: who is looking, in which language and light; how to have the page as an app. */
import { useState } from "preact/hooks";
import { remove } from "../../api.js";
import { leave, me } from "../../house.js";
import { html } from "../../html.js";
import { Icon } from "../../icons.js";
import { install, offer } from "../../installing.js";
import { THEMES, theme } from "../../theme.js";
import { attempt } from "../../ui.js";
import { choose, LANGUAGES, language, t } from "../../words.js";

export const Here = () => html`
  <div class="columns">
    <${Myself} />
    <${Looks} />
    <${AsApp} />
  </div>
`;

/** @typedef {import("../../../../page_types/api").Myself} Who */

const Myself = () => {
  const { usuario, rol, tipo, abierto } = /** @type {Who} */ (me.value);
  const what = abierto ? "open" : rol;
  const signOut = () =>
    attempt(async () => {
      await remove("/auth/sesion");
      leave();
    });
  return html`
    <section class="card">
      <h2>${t("household.me")}</h2>
      <div class="row">
        <${Icon} name="person" />
        <p class="grow">
          <strong>${usuario ?? t("household.nobody")}</strong><br />
          <span class="muted">${t(`household.role.${rol}`)}: ${t(`household.role.${what}.may`)}</span>
        </p>
      </div>
      ${abierto && html`<p class="muted">${t("household.open")}</p>`}
      ${
        tipo === "sesion" &&
        html`<div class="actions"><button type="button" onClick=${signOut}>
          <${Icon} name="leave" />${t("household.sign_out")}
        </button></div>`
      }
    </section>
  `;
};

const Looks = () => html`
  <section class="card">
    <h2>${t("household.looks")}</h2>
    <${Language} />
    <${Choice} legend=${t("household.theme")} name="theme" value=${theme.value}
      choose=${(chosen) => {
        theme.value = chosen;
      }}
      choices=${THEMES.map((each) => [each, t(`household.theme.${each}`)])} />
  </section>
`;

const Language = () => {
  const [asked, setAsked] = useState(null);
  const speak = async (name) => {
    setAsked(name);
    await attempt(() => choose(name));
    setAsked(null);
  };
  return html`
    <${Choice} legend=${t("household.language")} name="language" value=${asked ?? language.value} choose=${speak}
      choices=${Object.entries(LANGUAGES)} />
  `;
};

const Choice = ({ legend, name, value, choices, choose: take }) => html`
  <fieldset class="choice">
    <legend>${legend}</legend>
    ${choices.map(
      ([key, word]) => html`
        <label key=${key} lang=${name === "language" ? key : undefined}>
          <input type="radio" name=${name} value=${key} checked=${key === value} onChange=${() => take(key)} />
          ${word}
        </label>
      `,
    )}
  </fieldset>
`;

const AsApp = () => html`
  <section class="card">
    <h2>${t("household.app")}</h2>
    ${
      offer.value
        ? html`<p>${t("household.app.ready")}</p>
          <div class="actions"><button type="button" class="primary" onClick=${install}>
            <${Icon} name="download" />${t("household.app.install")}
          </button></div>`
        : html`<p class="muted">${t(isSecureContext ? "household.app.how" : "household.app.insecure")}</p>`
    }
    ${location.protocol === "https:" && html`<p class="muted">${t("household.ca.why")} <a href="/ca.pem" download>${t("household.ca")}</a></p>`}
    <p><a href="/openapi.json" target="_blank" rel="noopener">${t("household.api")}</a></p>
  </section>
`;
