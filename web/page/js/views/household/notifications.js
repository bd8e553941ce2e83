/** What reaches whoever looks, where they are: what they want to hear, by which channels, and what has become of it. */
import { useState } from "preact/hooks";
import { get, post, put, remove } from "../../api.js";
import { moment } from "../../format.js";
import { may, me, readRooms, rooms } from "../../house.js";
import { html } from "../../html.js";
import { Icon } from "../../icons.js";
import { useLoaded } from "../../load.js";
import { attempt, Confirm, Dialog, Field, Form, Loaded, toast } from "../../ui.js";
import { language, t } from "../../words.js";
import { WithAccount } from "./account.js";
import { ThisBrowser } from "./push.js";

const SEVERITIES = ["info", "low", "medium", "high", "critical", "ninguna"];
const RULES = ["alarma", "extremos", "offline", "misconfig", "learn", "clima"];

// Of an open house without people somebody sits at its machine, and may be told too.
export const Notifications = () => {
  const who = /** @type {{ abierto?: boolean }} */ (me.value);
  return who?.abierto ? html`<${Mine} />` : html`<${WithAccount}><${Mine} /><//>`;
};

const Mine = () => {
  const mine = useLoaded(async () => {
    const [wishes] = await Promise.all([get("/notificaciones"), readRooms()]);
    return wishes;
  }, []);
  return html`
    <${Loaded} of=${mine}>
      ${(wishes) => html`
        <div class="columns">
          <${Wishes} wishes=${wishes} />
          <${Channels} wishes=${wishes} reload=${mine.reload} />
          <${Outbox} />
        </div>
      `}
    <//>
  `;
};

const Wishes = ({ wishes }) => {
  const [anywhere, setAnywhere] = useState(wishes.habitaciones === null);
  const [anything, setAnything] = useState(wishes.reglas === null);
  const submit = async (form) => {
    const [from, to, at] = ["from", "to", "at"].map((name) => form.get(name) || null);
    await put("/notificaciones", {
      gravedad: form.get("severity"),
      fin: form.has("ends"),
      idioma: /** @type {"es" | "en"} */ (language.value),
      habitaciones: anywhere ? null : form.getAll("room").map(Number),
      reglas: anything ? null : form.getAll("rule").map(String),
      silencio: from && to ? { desde: String(from), hasta: String(to) } : null,
      resumen: at && String(at),
    });
    toast(t("notify.saved"));
  };
  return html`
    <section class="card">
      <h2>${t("notify.wishes")}</h2>
      <${Form} label=${t("save")} submit=${submit}>
        <${Field} label=${t("notify.severity")} hint=${t("notify.severity.hint")} name="severity">
          ${SEVERITIES.map(
            (each) =>
              html`<option key=${each} value=${each} selected=${each === wishes.gravedad}>${t(`notify.severity.${each}`)}</option>`,
          )}
        <//>
        <label class="row"><input type="checkbox" name="ends" defaultChecked=${wishes.fin} />${t("notify.ends")}</label>
        <${Which} legend=${t("notify.rooms")} all=${t("notify.rooms.all")} any=${anywhere} setAny=${setAnywhere}
          name="room" chosen=${wishes.habitaciones} choices=${rooms.value.map(({ id, nombre }) => [id, nombre])} />
        <${Which} legend=${t("notify.rules")} all=${t("notify.rules.all")} any=${anything} setAny=${setAnything}
          name="rule" chosen=${wishes.reglas} choices=${RULES.map((rule) => [rule, t(`notify.rule.${rule}`)])} />
        <fieldset class="choice">
          <legend>${t("notify.quiet")}</legend>
          <p class="hint">${t("notify.quiet.hint")}</p>
          <${Field} label=${t("notify.quiet.from")} type="time" name="from" defaultValue=${wishes.silencio?.desde} />
          <${Field} label=${t("notify.quiet.to")} type="time" name="to" defaultValue=${wishes.silencio?.hasta} />
        </fieldset>
        <${Field} label=${t("notify.digest")} hint=${t("notify.digest.hint")} type="time" name="at"
          defaultValue=${wishes.resumen ?? ""} />
      <//>
    </section>
  `;
};

/** All of them, or those that are ticked. */
const Which = ({ legend, all, any, setAny, name, chosen, choices }) => html`
  <fieldset class="choice">
    <legend>${legend}</legend>
    <label><input type="checkbox" checked=${any} onChange=${({ target }) => setAny(target.checked)} />${all}</label>
    ${
      !any &&
      choices.map(
        ([value, word]) => html`<label key=${value}>
          <input type="checkbox" name=${name} value=${value} defaultChecked=${chosen?.includes(value)} />${word}
        </label>`,
      )
    }
  </fieldset>
`;

const Channels = ({ wishes, reload }) => {
  const [adding, setAdding] = useState(false);
  const [removing, setRemoving] = useState(null);
  return html`
    <section class="card">
      <h2>${t("notify.channels")}</h2>
      <${ThisBrowser} wishes=${wishes} reload=${reload} />
      <ul class="list">
        ${wishes.canales.map((channel) => html`<${ChannelRow} key=${channel.id} channel=${channel} drop=${setRemoving} />`)}
      </ul>
      ${wishes.canales.length === 0 && html`<p class="muted">${t("notify.channels.none")}</p>`}
      ${
        may("miembro") &&
        html`<div class="actions">
          <button type="button" onClick=${() => setAdding(true)}><${Icon} name="add" />${t("notify.add")}</button>
        </div>`
      }
      ${adding && html`<${NewService} made=${reload} close=${() => setAdding(false)} />`}
      ${
        removing &&
        html`<${Confirm} title=${t("notify.remove", { name: removing.nombre })} text=${t("notify.remove.text")}
          label=${t("delete")} close=${() => setRemoving(null)}
          act=${async () => {
            await remove(`/notificaciones/canales/${removing.id}`);
            await reload();
          }} />`
      }
    </section>
  `;
};

const ChannelRow = ({ channel: { id, nombre, servicio }, drop }) => {
  const [busy, setBusy] = useState(false);
  const test = async () => {
    setBusy(true);
    await attempt(async () => {
      const { enviado, detalle } = await post(`/notificaciones/canales/${id}/prueba`);
      toast(detalle, enviado ? "good" : "bad");
    });
    setBusy(false);
  };
  return html`
    <li>
      <p class="grow"><strong>${nombre}</strong><br /><span class="muted">${servicio}</span></p>
      <div class="does">
        <button type="button" disabled=${busy} aria-label=${t("notify.test.of", { name: nombre })} onClick=${test}>
          ${t(busy ? "notify.testing" : "notify.test")}
        </button>
        <button type="button" class="quiet" aria-label=${t("notify.remove", { name: nombre })}
          onClick=${() => drop({ id, nombre })}><${Icon} name="trash" /></button>
      </div>
    </li>
  `;
};

const NewService = ({ made, close }) => html`
  <${Dialog} title=${t("notify.add")} close=${close}>
    <${Form} label=${t("notify.add")} submit=${async (form) => {
      await post("/notificaciones/canales", {
        nombre: String(form.get("name")),
        url: String(form.get("url")),
      });
      await made();
      close();
    }}>
      <${Field} label=${t("notify.name")} name="name" required maxlength="60" autocomplete="off" />
      <${Field} label=${t("notify.url")} hint=${t("notify.url.hint")} name="url" required maxlength="2000"
        autocomplete="off" spellcheck="false" placeholder="ntfy://…" />
      <p><a href="https://appriseit.com/services/" target="_blank" rel="noopener noreferrer">${t("notify.services")}</a></p>
    <//>
  <//>
`;

const Outbox = () => {
  const notices = useLoaded(() => get("/notificaciones/avisos"), []);
  return html`
    <section class="card">
      <h2>${t("notify.outbox")}</h2>
      <${Loaded} of=${notices}>
        ${(all) =>
          all.length
            ? html`<ul class="list">${all.map((notice, n) => html`<${NoticeRow} key=${n} notice=${notice} />`)}</ul>`
            : html`<p class="muted">${t("notify.outbox.none")}</p>`}
      <//>
      <div class="actions"><button type="button" onClick=${notices.reload}>${t("notify.reload")}</button></div>
    </section>
  `;
};

const NoticeRow = ({ notice: { titulo, canal, estado, cambiado_en, motivo } }) => html`
  <li>
    <p class="grow">
      <strong>${titulo}</strong><br />
      <span class="muted">${[t(`notify.state.${estado}`), canal, moment(cambiado_en)].filter(Boolean).join(" · ")}</span>
      ${motivo && html`<br /><span class="muted">${motivo}</span>`}
    </p>
  </li>
`;
