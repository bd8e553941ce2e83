/** Who lives here and what each may do; and the code by which a phone comes in. For admins. */
import { useState } from "preact/hooks";
import { get, post, put, remove } from "../../api.js";
import { enter, may } from "../../house.js";
import { html } from "../../html.js";
import { Icon } from "../../icons.js";
import { useLoaded } from "../../load.js";
import { Confirm, Dialog, Field, Form, Loaded } from "../../ui.js";
import { t } from "../../words.js";
import { WithAccount } from "./account.js";
import { Pairing, shownBefore } from "./pairing.js";

const ROLES = ["lectura", "miembro", "admin"];

export const People = () => html`<${WithAccount}><${AllPeople} /><//>`;

const AllPeople = () => {
  const people = useLoaded(() => get("/usuarios"), []);
  const [open, setOpen] = useState(begin);
  const close = () => setOpen(null);
  const changed = async () => {
    await enter(); // it may have been oneself
    if (may("admin")) await people.reload();
    close();
  };
  return html`
    <div class="stack">
      <div class="actions">
        <button type="button" class="primary" onClick=${() => setOpen({ what: "add" })}>
          <${Icon} name="add" />${t("household.people.add")}
        </button>
      </div>
      <${Loaded} of=${people}>
        ${(all) => html`<ul class="card list">
          ${all.map((person) => html`<${PersonRow} key=${person.id} person=${person} open=${setOpen} />`)}
        </ul>`}
      <//>
      ${open?.what === "add" && html`<${Add} changed=${changed} close=${close} />`}
      ${open?.what === "change" && html`<${Change} person=${open.person} changed=${changed} close=${close} />`}
      ${open?.what === "pair" && html`<${Pairing} person=${open.person} close=${close} />`}
      ${
        open?.what === "delete" &&
        html`<${Confirm}
          title=${t("household.people.delete", { name: open.person.nombre })}
          text=${t("household.people.delete.text")}
          label=${t("delete")}
          act=${async () => {
            await remove(`/usuarios/${open.person.id}`);
            await changed();
          }}
          close=${close}
        />`
      }
    </div>
  `;
};

/** With the code that was shown when the page was loaded anew. @returns {{ what: string, person?: any } | null} */
function begin() {
  const person = shownBefore();
  return person && { what: "pair", person };
}

const PersonRow = ({ person, open }) => html`
  <li>
    <${Icon} name="person" />
    <p class="grow">
      <strong>${person.nombre}</strong><br />
      <span class="muted">${t(`household.role.${person.rol}`)}${person.con_clave && ` · ${t("household.people.password")}`}</span>
    </p>
    <div class="does">
      <button type="button" aria-label=${t("household.people.pair.to", { name: person.nombre })}
        onClick=${() => open({ what: "pair", person })}>${t("household.people.pair")}</button>
      <button type="button" class="quiet" aria-label=${t("household.people.change", { name: person.nombre })}
        onClick=${() => open({ what: "change", person })}><${Icon} name="edit" /></button>
      <button type="button" class="quiet" aria-label=${t("household.people.delete", { name: person.nombre })}
        onClick=${() => open({ what: "delete", person })}><${Icon} name="trash" /></button>
    </div>
  </li>
`;

const Add = ({ changed, close }) => html`
  <${Dialog} title=${t("household.people.add")} close=${close}>
    <${Form} label=${t("household.people.add")} submit=${async (form) => {
      await post("/usuarios", fields(form));
      await changed();
    }}>
      <${PersonFields} rol="miembro" hint=${t("household.people.password.hint")} />
    <//>
  <//>
`;

const Change = ({ person, changed, close }) => html`
  <${Dialog} title=${t("household.people.change", { name: person.nombre })} close=${close}>
    <${Form} label=${t("save")} submit=${async (form) => {
      await put(`/usuarios/${person.id}`, fields(form));
      await changed();
    }}>
      <${PersonFields} nombre=${person.nombre} rol=${person.rol} hint=${t("household.people.password.keep")} />
    <//>
  <//>
`;

const PersonFields = ({ nombre, rol, hint }) => html`
  <${Field} label=${t("household.people.name")} name="nombre" defaultValue=${nombre} required maxlength="60" autocomplete="off" />
  <fieldset class="choice">
    <legend>${t("household.people.role")}</legend>
    ${ROLES.map(
      (role) => html`<label key=${role}>
        <input type="radio" name="rol" value=${role} defaultChecked=${role === rol} />
        <span>${t(`household.role.${role}`)}<br /><span class="hint">${t(`household.role.${role}.may`)}</span></span>
      </label>`,
    )}
  </fieldset>
  <${Field} label=${t("household.people.new_password")} hint=${hint} name="clave" type="password"
    minlength="10" maxlength="60" autocomplete="new-password" />
`;

/**
 * The password only where one was typed: without it, it stays as it is.
 * @returns {any}
 */
function fields(form) {
  const { clave, ...rest } = Object.fromEntries(form);
  return clave ? { ...rest, clave } : rest;
}
