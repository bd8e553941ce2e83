/** What a device is to be called, and where it is to be. */
import { useState } from "preact/hooks";
import { me, rooms } from "../../house.js";
import { html } from "../../html.js";
import { Field, Form } from "../../ui.js";
import { t } from "../../words.js";

const NEW = "new";

/**
 * Asks for what is missing of the claim `body`. `submit(body, room)` gets all of it; `room` is `{ id }`, `{ name }` for
 * a new one, or `null`.
 */
export const ClaimForm = ({ body, submit }) => {
  const [place, setPlace] = useState("");
  const label = (me.value || null)?.etiquetas[body.serial_number];
  const take = (form) => {
    const text = (name) => form.get(name).trim();
    return submit({ ...body, nombre: text("nombre"), codigo: text("codigo") || null }, roomOf(place, form));
  };
  return html`
    <${Form} label=${t("claim.add")} submit=${take}>
      <${Field} label=${t("claim.name")} name="nombre" defaultValue=${body.nombre} maxlength="100" required />
      <${Field} label=${t("claim.room")} value=${place} onChange=${(event) => setPlace(event.target.value)}>
        <option value="">${t("claim.room.none")}</option>
        ${rooms.value.map(({ id, nombre }) => html`<option key=${id} value=${id}>${nombre}</option>`)}
        <option value=${NEW}>${t("claim.room.new")}</option>
      <//>
      ${place === NEW && html`<${Field} label=${t("claim.room.name")} name="habitacion" maxlength="60" required />`}
      ${label && html`<p class="notice" role="note"><span>${t("claim.label")} <code>${label}</code></span></p>`}
      <${Field}
        label=${t("claim.code")}
        hint=${t("claim.code.hint")}
        name="codigo"
        class="code"
        defaultValue=${body.codigo ?? ""}
        maxlength="100"
        autocomplete="off"
        autocapitalize="characters"
        spellcheck="false"
      />
      ${!body.codigo && html`<p><a href="#/reclamar">${t("claim.scan")}</a></p>`}
    <//>
  `;
};

function roomOf(place, form) {
  if (place === NEW) return { name: form.get("habitacion").trim() };
  return place ? { id: Number(place) } : null;
}
