/** The settings in force, to be read: they are changed in the server's file or environment. For admins. */
import { useState } from "preact/hooks";
import { get } from "../../api.js";
import { html } from "../../html.js";
import { useLoaded } from "../../load.js";
import { Empty, Field, Loaded } from "../../ui.js";
import { language, t } from "../../words.js";

export const Settings = () => {
  const settings = useLoaded(() => get("/ajustes"), [language.value]);
  const [sought, setSought] = useState("");
  return html`
    <div class="stack">
      <p class="muted">${t("household.settings.what")}</p>
      <${Field} label=${t("household.settings.search")} type="search" value=${sought}
        onInput=${(event) => setSought(event.target.value)} />
      <${Loaded} of=${settings}>${(all) => html`<${Groups} all=${sifted(all, sought)} />`}<//>
    </div>
  `;
};

const sifted = (all, sought) => {
  const wanted = sought.trim().toLowerCase();
  return all.filter(({ nombre, descripcion }) => `${nombre} ${descripcion}`.toLowerCase().includes(wanted));
};

const Groups = ({ all }) => {
  const groups = [...new Set(all.map(({ grupo }) => grupo))];
  if (groups.length === 0) return html`<${Empty} icon="search" title=${t("household.settings.none")} />`;
  return groups.map(
    (group) => html`
      <section class="card" key=${group}>
        <h2>${group}</h2>
        <ul class="list">
          ${all.filter(({ grupo }) => grupo === group).map((each) => html`<${Setting} key=${each.nombre} of=${each} />`)}
        </ul>
      </section>
    `,
  );
};

const Setting = ({ of: { nombre, valor, origen, secreto, descripcion } }) => html`
  <li>
    <p class="grow"><code>${nombre}</code><br /><span class="muted">${descripcion}</span></p>
    <p class="setting">
      <code>${secreto ? t("household.settings.secret") : shown(valor)}</code>
      ${origen !== "defecto" && html`<span class="chip" data-tone="good">${t(`household.settings.${origen}`)}</span>`}
    </p>
  </li>
`;

const shown = (value) =>
  value === ""
    ? t("household.settings.automatic")
    : Array.isArray(value)
      ? value.join(", ") || "–"
      : String(value);
