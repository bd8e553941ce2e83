/** What people want of the device, to be changed; and what it says of it. */
import { useState } from "preact/hooks";
import { may } from "../../house.js";
import { html } from "../../html.js";
import { Icon } from "../../icons.js";
import { goesOffWithAll, unitOf } from "../../kinds.js";
import { Field, Form, NumberField, Switch, toast } from "../../ui.js";
import { t } from "../../words.js";
import { isActive } from "../devices/status.js";
import { Conflict, GiveWay } from "./conflict.js";
import { changesOf, fieldsOf, fixedOf, heedsAllOff, heedsWeather } from "./fields.js";
import { settingTitle, settingWords } from "./names.js";
import { SETTINGS, useSaving, without } from "./saving.js";

const MODES = ["manual", "horario"];
const WEATHER = ["avisar", "actuar", "no"];

export const Configuration = ({ device }) => {
  const [draft, setDraft] = useState({});
  // What stood there when each of them was begun to be changed.
  const [seen, setSeen] = useState({});
  const { theirs, save, forget } = useSaving(device.id, SETTINGS);
  const { configuracion: configuration } = device;
  const changes = changesOf(draft, configuration);
  const count = Object.keys(changes).length;
  const set = (key, value) => {
    if (!Object.hasOwn(changes, key)) setSeen((before) => ({ ...before, [key]: configuration[key] }));
    setDraft((before) => ({ ...before, [key]: value }));
  };
  const submit = async () => {
    if (count === 0) return;
    if (!(await save(changes, seen))) return;
    setSeen((now) => ({ ...now, ...changes }));
    // What was changed since is not saved yet.
    setDraft((now) => Object.fromEntries(Object.entries(now).filter(([key, value]) => value !== draft[key])));
    toast(t("device.saved"));
  };
  const giveWay = () => {
    setDraft(without(draft, theirs));
    forget();
  };
  const discard = () => {
    setDraft({});
    forget();
  };
  const rows = Object.keys(theirs ?? {})
    .filter((key) => Object.hasOwn(changes, key))
    .map((key) => ({
      title: settingTitle(key),
      theirs: settingWords(key, theirs[key]),
      mine: settingWords(key, changes[key]),
    }));
  // Where nobody has asked for either, what it does counts.
  const wanted = { encendido: isActive(device), ...configuration, ...draft };
  return html`
    <div class="stack">
      <${Differences} device=${device} />
      <section class="card settings">
        <${Form}
          submit=${submit}
          label=${t(rows.length ? "device.conflict.mine" : "save")}
          beside=${rows.length > 0 && html`<${GiveWay} act=${giveWay} />`}
        >
          <fieldset class="form" disabled=${!may("miembro")}>
            <${Mode} value=${wanted.modo ?? "manual"} set=${set} />
            ${fieldsOf({ ...device, configuracion: { ...configuration, modo: wanted.modo } }).map(
              (field) => html`
                <${Setting}
                  key=${field.key}
                  device=${device}
                  field=${field}
                  value=${wanted[field.key]}
                  set=${set}
                  changed=${Object.hasOwn(changes, field.key)}
                  said=${Object.hasOwn(device.diferencias, field.key) && device.diferencias[field.key]}
                />
              `,
            )}
            ${heedsAllOff(device) && html`<${WithAll} on=${wanted.apagar_con_todo ?? goesOffWithAll(device)} set=${set} />`}
            ${heedsWeather(device) && html`<${Weather} value=${wanted.clima ?? "avisar"} set=${set} />`}
          </fieldset>
          ${rows.length > 0 && html`<${Conflict} rows=${rows} />`}
          <p class="muted" role="status">${count > 0 ? t("device.unsaved", { n: count }) : ""}</p>
        <//>
        ${count > 0 && html`<button type="button" class="link" onClick=${discard}>${t("device.discard")}</button>`}
        ${!may("miembro") && html`<p class="hint">${t("device.only_look")}</p>`}
      </section>
      <${Fixed} device=${device} />
    </div>
  `;
};

const Mode = ({ value, set }) => html`
  <fieldset class="mode">
    <legend>${t("device.mode")}</legend>
    <div class="segments">
      ${MODES.map(
        (mode) => html`
          <label key=${mode}>
            <input type="radio" name="modo" value=${mode} checked=${value === mode} onChange=${() => set("modo", mode)} />
            <span>${t(`device.mode.${mode}`)}</span>
          </label>
        `,
      )}
    </div>
    <p class="hint">${t(`device.mode.${value === "horario" ? "horario" : "manual"}.hint`)}</p>
  </fieldset>
`;

const WithAll = ({ on, set }) => html`
  <div class="setting">
    <div class="spread">
      <span aria-hidden="true">${settingTitle("apagar_con_todo")}</span>
      <${Switch} label=${settingTitle("apagar_con_todo")} on=${on} onChange=${(next) => set("apagar_con_todo", next)} disabled=${!may("miembro")} />
    </div>
  </div>
`;

const Weather = ({ value, set }) => html`
  <div class="setting">
    <${Field} label=${settingTitle("clima")} hint=${t("device.weather.hint")} value=${value} onChange=${({ target }) => set("clima", target.value)}>
      ${WEATHER.map((word) => html`<option key=${word} value=${word}>${settingWords("clima", word)}</option>`)}
    <//>
  </div>
`;

// Limits are for who types: what the server has taken, beyond them or not, keeps nobody from saving the rest.
const Setting = ({ device, field: { key, type, limits, choices }, value, set, changed, said }) => {
  const label = settingTitle(key);
  const unit = unitOf(key, device);
  const differs =
    said &&
    html`
    <p class="differs"><${Icon} name="pending" />${t("device.says", { value: settingWords(key, said.informado) })}</p>
  `;
  if (type === "boolean") {
    return html`
      <div class="setting">
        <div class="spread">
          <span aria-hidden="true">${label}</span>
          <${Switch} label=${label} on=${value === true} onChange=${(on) => set(key, on)} disabled=${!may("miembro")} />
        </div>
        ${differs}
      </div>
    `;
  }
  if (type === "choice") {
    return html`
      <div class="setting">
        <${Field} label=${label} value=${value ?? ""} onChange=${({ target }) => set(key, target.value)}>
          ${[...new Set([value ?? "", ...choices])].map((each) => html`<option key=${each} value=${each}>${each || "–"}</option>`)}
        <//>
        ${differs}
      </div>
    `;
  }
  const named = unit ? `${label} (${unit})` : label;
  return html`
    <div class="setting">
      ${
        type === "number"
          ? html`<${NumberField} label=${named} ...${changed ? limits : {}} value=${value ?? ""} set=${(next) => set(key, next)} />`
          : html`<${Field} label=${named} type=${type === "color" ? "color" : "text"} value=${value ?? ""} onInput=${({ target }) => set(key, target.value)} />`
      }
      ${differs}
    </div>
  `;
};

/** What was asked for beside what the device says, where that is not the same. */
const Differences = ({ device: { sincronizado: synchronised, diferencias: differences } }) => {
  if (synchronised === null) return html`<p class="muted">${t("device.sync.unknown")}</p>`;
  if (synchronised) return html`<p class="row agreed"><${Icon} name="check" />${t("device.sync.yes")}</p>`;
  return html`
    <section class="card differences">
      <h2>${t("device.sync.no")}</h2>
      <div class="scroll">
        <table>
          <thead><tr><th>${t("device.setting")}</th><th>${t("device.wanted")}</th><th>${t("device.reported")}</th></tr></thead>
          <tbody>
            ${Object.entries(differences).map(
              ([key, { deseado: wanted, informado: reported }]) => html`
                <tr key=${key}>
                  <th scope="row">${settingTitle(key)}</th>
                  <td>${settingWords(key, wanted)}</td>
                  <td>${settingWords(key, reported)}</td>
                </tr>
              `,
            )}
          </tbody>
        </table>
      </div>
    </section>
  `;
};

const Fixed = ({ device }) => {
  const rest = fixedOf(device.configuracion);
  return html`
    <section class="stack">
      <a href=${`#/dispositivo/${device.id}/horario`}>${t("device.to_week")}</a>
      ${
        rest.length > 0 &&
        html`
          <details>
            <summary>${t("device.fixed")}</summary>
            <dl class="fixed">
              ${rest.map(([key, value]) => html`<div key=${key}><dt>${key}</dt><dd><pre>${JSON.stringify(value, null, 2)}</pre></dd></div>`)}
            </dl>
          </details>
        `
      }
    </section>
  `;
};
