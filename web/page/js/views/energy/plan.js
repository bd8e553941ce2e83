/** What current costs and which device counts the whole house: for admins. */
import { useState } from "preact/hooks";
import { get, put } from "../../api.js";
import { devices } from "../../house.js";
import { html } from "../../html.js";
import { Icon } from "../../icons.js";
import { nameOf } from "../../kinds.js";
import { useLoaded } from "../../load.js";
import { Dialog, Field, Form, Loaded, NumberField, toast } from "../../ui.js";
import { t } from "../../words.js";
import { shortDay } from "../week/tell.js";
import { asRow, DAYS, SPANISH, WORKDAYS } from "./bands.js";

const HOURS = Array.from({ length: 25 }, (_, hour) => hour);
const ROLES = ["parte", "general", "aparte"];
const hourName = (hour) => `${String(hour).padStart(2, "0")}:00`;

/** `told` are the devices that tell what they use, as GET /energia has them; `today` by the house's clock; `saved()` once it is changed. */
export const Plan = ({ devices: told, today, saved, close }) => {
  const plan = useLoaded(() => get("/energia/tarifas"), []);
  return html`
    <${Dialog} title=${t("energy.plan")} close=${close}>
      <${Loaded} of=${plan}>${(before) => html`<${Editor} before=${before} told=${told} today=${today} saved=${saved} close=${close} />`}<//>
    <//>
  `;
};

const Editor = ({ before, told, today, saved, close }) => {
  const [draft, setDraft] = useState(() =>
    before.tarifas.length ? before : { ...before, tarifas: [{ desde: null, precio: "", franjas: [] }] },
  );
  const change = (part) => setDraft((now) => ({ ...now, ...part }));
  const tariffs = (next) => change({ tarifas: next });
  const submit = async () => {
    await put("/energia/tarifas", draft);
    toast(t("energy.plan.saved"));
    saved();
    close();
  };
  return html`
    <${Form} submit=${submit} label=${t("save")}>
      <${Field} label=${t("energy.currency")} value=${draft.moneda} maxlength="4" required
        onInput=${({ target }) => change({ moneda: target.value })} />
      ${draft.tarifas.map(
        (tariff, n) => html`
          <${TariffFields} key=${n} tariff=${tariff} first=${n === 0} currency=${draft.moneda}
            set=${(next) => tariffs(draft.tarifas.with(n, next))}
            remove=${() => tariffs(draft.tarifas.toSpliced(n, 1))} />
        `,
      )}
      <button type="button" onClick=${() => tariffs([...draft.tarifas, { ...draft.tarifas.at(-1), desde: today }])}>
        <${Icon} name="add" />${t("energy.tariff.add")}
      </button>
      ${told.length > 0 && html`<${Roles} told=${told} draft=${draft} change=${change} />`}
    <//>
  `;
};

const TariffFields = ({ tariff, first, currency, set, remove }) => {
  const bands = (franjas) => set({ ...tariff, franjas });
  return html`
    <fieldset class="energy-tariff">
      <legend>${first ? t("energy.tariff") : t("energy.tariff.from", { date: tariff.desde ?? "" })}</legend>
      ${
        !first &&
        html`<${Field} type="date" label=${t("energy.since")} value=${tariff.desde ?? ""} required
          onInput=${({ target }) => set({ ...tariff, desde: target.value })} />`
      }
      <${NumberField} label=${t("energy.price", { currency })} min="0" required value=${tariff.precio}
        set=${(precio) => set({ ...tariff, precio })} />
      ${tariff.franjas.map(
        (band, n) => html`
          <${BandFields} key=${n} band=${band} currency=${currency} set=${(next) => bands(tariff.franjas.with(n, next))}
            remove=${() => bands(tariff.franjas.toSpliced(n, 1))} />
        `,
      )}
      <div class="actions">
        <button type="button" onClick=${() => bands([...tariff.franjas, asRow(t("energy.band"), WORKDAYS, 10, 14, tariff.precio)])}>
          <${Icon} name="add" />${t("energy.band.add")}
        </button>
        ${
          tariff.franjas.length === 0 &&
          html`<button type="button" onClick=${() => bands(SPANISH(tariff.precio || 0))}>${t("energy.band.spanish")}</button>`
        }
        ${!first && html`<button type="button" class="danger" onClick=${remove}>${t("energy.tariff.remove")}</button>`}
      </div>
    </fieldset>
  `;
};

const BandFields = ({ band, currency, set, remove }) => html`
  <div class="energy-band">
    <div class="row">
      <div class="grow"><${Field} label=${t("energy.band.name")} value=${band.nombre} maxlength="40" required
        onInput=${({ target }) => set({ ...band, nombre: target.value })} /></div>
      <button type="button" class="quiet" aria-label=${t("energy.band.remove", { name: band.nombre })} onClick=${remove}>
        <${Icon} name="trash" />
      </button>
    </div>
    <div class="energy-days" role="group" aria-label=${t("energy.days")}>
      ${DAYS.map(
        (day, n) => html`
          <label key=${day}>
            <input type="checkbox" checked=${band.dias.includes(day)} onChange=${() => set({ ...band, dias: toggled(band.dias, day) })} />
            <span>${shortDay(n)}</span>
          </label>
        `,
      )}
    </div>
    <div class="energy-hours">
      <${Hour} label=${t("energy.from_hour")} value=${band.desde_hora} hours=${HOURS.slice(0, 24)}
        set=${(desde_hora) => set({ ...band, desde_hora })} />
      <${Hour} label=${t("energy.to_hour")} value=${band.hasta_hora} hours=${HOURS.slice(1)}
        set=${(hasta_hora) => set({ ...band, hasta_hora })} />
      <${NumberField} label=${t("energy.price", { currency })} min="0" required value=${band.precio}
        set=${(precio) => set({ ...band, precio })} />
    </div>
  </div>
`;

const Hour = ({ label, value, hours, set }) => html`
  <${Field} label=${label} value=${value} onChange=${({ target }) => set(Number(target.value))}>
    ${hours.map((hour) => html`<option key=${hour} value=${hour}>${hourName(hour)}</option>`)}
  <//>
`;

const toggled = (days, day) => DAYS.filter((each) => days.includes(each) !== (each === day));
const Roles = ({ told, draft, change }) => {
  const roleOf = (id) =>
    draft.generales.includes(id) ? "general" : draft.aparte.includes(id) ? "aparte" : "parte";
  const choose = (id, role) => {
    const others = (ids) => ids.filter((each) => each !== id);
    change({
      generales: role === "general" ? [...others(draft.generales), id] : others(draft.generales),
      aparte: role === "aparte" ? [...others(draft.aparte), id] : others(draft.aparte),
    });
  };
  return html`
    <fieldset class="energy-tariff">
      <legend>${t("energy.roles")}</legend>
      <p class="hint">${t("energy.roles.what")}</p>
      ${told.map(
        ({ dispositivo_id: id }) => html`
          <${Field} key=${id} label=${devices.value.has(id) ? nameOf(devices.value.get(id).value) : id} value=${roleOf(id)}
            onChange=${({ target }) => choose(id, target.value)}>
            ${ROLES.map((role) => html`<option key=${role} value=${role}>${t(`energy.role.${role}`)}</option>`)}
          <//>
        `,
      )}
    </fieldset>
  `;
};
