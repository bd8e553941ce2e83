/** The logbook of the whole house: who or what did what. */
import { signal } from "@preact/signals";
import { useState } from "preact/hooks";
import { rooms } from "../house.js";
import { html } from "../html.js";
import { Field } from "../ui.js";
import { t } from "../words.js";
import { deviceOptions } from "./insights/filters.js";
import { Entries } from "./logbook/entries.js";

/** "" is any. Kept while the page is open. */
const wanted = signal({ persona: "", dispositivo: "", habitacion: "", lecturas: "" });

const want = (key) => (event) => {
  wanted.value = { ...wanted.value, [key]: event.target.value };
};

export const Logbook = () => {
  const [people, setPeople] = useState([]);
  const asked = Object.entries(wanted.value)
    .filter(([, value]) => value !== "")
    .map(([name, value]) => `&${name}=${value}`)
    .join("");
  return html`
    <div class="stack insights">
      <div>
        <h1>${t("logbook.title")}</h1>
        <p class="muted">${t("logbook.what")}</p>
      </div>
      <search class="finding-filters logbook-filters">
        <${Choice} name="persona" any="logbook.filter.persona.all">
          ${people.map(({ id, nombre }) => html`<option key=${id} value=${id}>${nombre}</option>`)}
        <//>
        <${Choice} name="dispositivo" any="insights.filter.device.all">
          ${deviceOptions((device) => device.reclamado)}
        <//>
        <${Choice} name="habitacion" any="logbook.filter.habitacion.all">
          ${rooms.value.map(({ id, nombre }) => html`<option key=${id} value=${id}>${nombre}</option>`)}
        <//>
        <${Choice} name="lecturas" any="logbook.filter.lecturas.all">
          <option value="false">${t("logbook.filter.lecturas.without")}</option>
        <//>
      </search>
      <${Entries} key=${asked} asked=${asked} met=${setPeople} />
    </div>
  `;
};

const Choice = ({ name, any, children }) => html`
  <${Field} label=${t(`logbook.filter.${name}`)} value=${wanted.value[name]} onChange=${want(name)}>
    <option value="">${t(any)}</option>
    ${children}
  <//>
`;
