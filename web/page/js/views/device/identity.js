/** What the device is and does: name, place, state, its controls; and its data to take along. */
import { useSignalEffect } from "@preact/signals";
import { useState } from "preact/hooks";
import { duration } from "../../format.js";
import { may, rooms } from "../../house.js";
import { html } from "../../html.js";
import { Icon } from "../../icons.js";
import { alarmNow, alarmWords, kindName, mainMetric, nameOf, switches } from "../../kinds.js";
import { attempt, Dialog, Field, Form } from "../../ui.js";
import { t } from "../../words.js";
import { OnOff, Status } from "../devices/card.js";
import { Control, Moves, moves, Shade } from "../devices/controls.js";
import { favour, isFavourite } from "../devices/layout.js";
import { orderOf } from "../devices/orders.js";
import { isActive, isOn } from "../devices/status.js";
import { Conflict, GiveWay } from "./conflict.js";
import { ExportDialog } from "./export.js";
import { Facts } from "./facts.js";
import { stateWords } from "./names.js";
import { FIELDS, useSaving, without } from "./saving.js";

/** What it is doing, or, of a detector, whether there is what it is to detect. */
const State = ({ device }) => {
  const now = alarmNow(device);
  const main = now ?? mainMetric(device);
  const words = alarmWords(device, main) ?? stateWords(device, device.estado);
  const tone = now ? "bad" : isActive(device) ? "good" : undefined;
  return html`<span class="chip" data-tone=${tone}>${now && html`<${Icon} name="warning" />`}${words}</span>`;
};

/** `range` is the signal of what the history shows. */
export const Identity = ({ device: signal, range }) => {
  const [open, setOpen] = useState("");
  const device = signal.value;
  const order = orderOf(device.id);
  const sending = order.sending.value;
  const name = nameOf(device);
  useSignalEffect(() => order.follow(signal.value));
  const close = () => setOpen("");
  return html`
    <header class="identity">
      <a class="button quiet" href="#/" aria-label=${t("device.all")}><${Icon} name="back" /></a>
      <span class="tile" data-on=${isOn(device, sending) && switches(device)}><${Icon} name=${device.kind} /></span>
      <div class="grow">
        <h1>${name}</h1>
        <p class="muted">${[kindName(device.kind), roomOf(device)].filter(Boolean).join(" · ")}</p>
        <p class="muted serial">${device.serial_number}</p>
      </div>
      <div class="actions">
        ${
          device.reclamado &&
          html`<button
            type="button"
            class="quiet star"
            aria-pressed=${isFavourite(device.id) ? "true" : "false"}
            onClick=${() => favour([device.id], !isFavourite(device.id))}
          ><${Icon} name="star" /><span class="hidden">${t("devices.like")}</span></button>`
        }
        ${
          device.reclamado &&
          may("miembro") &&
          html`<button type="button" class="quiet" onClick=${() => setOpen("edit")}>
            <${Icon} name="edit" /><span class="hidden">${t("device.edit")}</span>
          </button>`
        }
        <button type="button" onClick=${() => setOpen("export")}><${Icon} name="download" />${t("device.export")}</button>
      </div>
    </header>
    ${device.descripcion && html`<p>${device.descripcion}</p>`}
    ${device.arranque_repetido && html`<p class="hint" data-tone="warn">${t("device.boot_reused")}</p>`}
    <div class="row doing">
      <${State} device=${device} />
      ${device.en_linea && html`<span class="chip" data-tone="good"><${Icon} name="check" />${t("device.online")}</span>`}
      <${Status} device=${device} order=${order} signal=${signal} />
    </div>
    ${
      device.reclamado &&
      device.capability !== "sensor" &&
      html`
        <div class="row doing">
          <${OnOff} device=${device} sending=${sending} name=${name} />
          ${moves(device) && html`<${Moves} device=${device} />`}
          <${Control} device=${device} sending=${sending} />
          <${Shade} device=${device} sending=${sending} />
        </div>
      `
    }
    <${Facts} device=${device} />
    ${open === "edit" && html`<${EditDialog} device=${device} close=${close} />`}
    ${open === "export" && html`<${ExportDialog} device=${device} range=${range.value} close=${close} />`}
  `;
};

const roomOf = (device) => rooms.value.find(({ id }) => id === device.habitacion_id)?.nombre;

const TITLES = {
  nombre: "device.name",
  descripcion: "device.description",
  habitacion_id: "device.room",
  paciencia_s: "device.patience",
};
const fieldWords = (key, value) =>
  key === "paciencia_s"
    ? patienceWords(value)
    : key === "habitacion_id"
      ? (roomOf({ habitacion_id: value }) ?? t("device.room.none"))
      : value || "–";

/** Seconds of silence after which it counts as offline, as people choose them; 0 is never. */
const PATIENCES = [900, 3_600, 86_400, 604_800, 2_592_000, 0];
const patienceWords = (seconds) =>
  seconds == null ? t("device.patience.auto") : seconds ? duration(seconds) : t("device.patience.never");

const EditDialog = ({ device: now, close }) => {
  // As it was when the dialog was opened: what comes meanwhile neither changes what was typed nor is undone by it.
  const [device] = useState(now);
  const [changes, setChanges] = useState({});
  const { theirs, save } = useSaving(device.id, FIELDS);
  const unnamed = nameOf(device) !== device.nombre;
  const submit = async (form) => {
    const wanted = {
      nombre: form.get("name").trim(),
      descripcion: form.get("description").trim(),
      habitacion_id: form.get("room") ? Number(form.get("room")) : null,
      paciencia_s: form.get("patience") ? Number(form.get("patience")) : null,
    };
    const changed = Object.entries(wanted).filter(([key, value]) => value !== (device[key] ?? null));
    await finish(Object.fromEntries(changed));
  };
  const finish = async (wanted) => {
    setChanges(wanted);
    if (Object.keys(wanted).length === 0 || (await save(wanted, device))) close();
  };
  const shown = Object.keys(theirs ?? {}).filter((key) => Object.hasOwn(changes, key));
  const rows = shown.map((key) => ({
    title: t(TITLES[key]),
    theirs: fieldWords(key, theirs[key]),
    mine: fieldWords(key, changes[key]),
  }));
  return html`
    <${Dialog} title=${t("device.edit")} close=${close}>
      <${Form}
        submit=${submit}
        label=${t(theirs ? "device.conflict.mine" : "save")}
        beside=${theirs && html`<${GiveWay} act=${() => attempt(() => finish(without(changes, theirs)))} />`}
      >
        <${Field} label=${t("device.name")} name="name" required maxlength="100" defaultValue=${unnamed ? "" : device.nombre} />
        <${Field} label=${t("device.room")} name="room">
          <option value="" selected=${!roomOf(device)}>${t("device.room.none")}</option>
          ${rooms.value.map(
            ({ id, nombre }) =>
              html`<option key=${id} value=${id} selected=${id === device.habitacion_id}>${nombre}</option>`,
          )}
        <//>
        <${Field} label=${t("device.patience")} name="patience">
          ${[null, ...new Set([...PATIENCES, device.paciencia_s ?? 0])].map(
            (seconds) =>
              html`<option key=${seconds} value=${seconds ?? ""} selected=${seconds === device.paciencia_s}>${patienceWords(seconds)}</option>`,
          )}
        <//>
        <${Field} label=${t("device.description")} name="description" maxlength="500" defaultValue=${device.descripcion} />
        ${theirs && html`<${Conflict} rows=${rows} />`}
      <//>
    <//>
  `;
};
