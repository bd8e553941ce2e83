/** Several devices at once: which are chosen, and what is done with them. */
import { signal } from "@preact/signals";
import { useState } from "preact/hooks";
import { put } from "../../api.js";
import { devices, may, rooms, take } from "../../house.js";
import { html } from "../../html.js";
import { Icon } from "../../icons.js";
import { switches } from "../../kinds.js";
import { attempt, Dialog, Field, Form } from "../../ui.js";
import { t } from "../../words.js";
import { favour, isFavourite } from "./layout.js";
import { switchAll } from "./several.js";

/** The ids that are chosen, or `null` while nobody chooses. */
export const chosen = signal(null);

export const choose = (id, yes) => {
  const others = chosen.peek().filter((each) => each !== id);
  chosen.value = yes ? [...others, id] : others;
};

export const stopChoosing = () => {
  chosen.value = null;
};

const devicesOf = (ids) => ids.map((id) => devices.peek().get(id)?.peek()).filter(Boolean);

/** What can be done with what is chosen; nothing while nobody chooses. */
export const Chosen = () => {
  const [moving, setMoving] = useState(false);
  if (chosen.value === null) return null;
  const ids = chosen.value;
  const none = ids.length === 0;
  const liked = !none && ids.every(isFavourite);
  const turn = (on) => {
    switchAll(devicesOf(ids).filter(switches), on);
    stopChoosing();
  };
  return html`
    <div class="chosen" role="toolbar" aria-label=${t("devices.chosen")}>
      <p role="status">${t("devices.chosen.count", { n: ids.length })}</p>
      ${
        may("miembro") &&
        html`
          <button type="button" disabled=${none} onClick=${() => turn(true)}>${t("devices.chosen.on")}</button>
          <button type="button" disabled=${none} onClick=${() => turn(false)}>${t("devices.chosen.off")}</button>
          <button type="button" disabled=${none} onClick=${() => setMoving(true)}>${t("devices.chosen.move")}</button>
        `
      }
      <button type="button" disabled=${none} onClick=${() => {
        favour(ids, !liked);
        stopChoosing();
      }}><${Icon} name="star" />${t(liked ? "devices.unlike" : "devices.like")}</button>
      <button type="button" class="quiet" aria-label=${t("devices.chosen.end")} onClick=${stopChoosing}><${Icon} name="close" /></button>
    </div>
    ${moving && html`<${Move} ids=${ids} close=${() => setMoving(false)} />`}
  `;
};

const Move = ({ ids, close }) => {
  const submit = async (form) => {
    const room = form.get("room") ? Number(form.get("room")) : null;
    close();
    stopChoosing();
    await attempt(async () => {
      for (const id of ids) take(await put(`/dispositivos/${id}`, { habitacion_id: room }));
    });
  };
  return html`
    <${Dialog} title=${t("devices.move.title", { n: ids.length })} close=${close}>
      <${Form} submit=${submit} label=${t("devices.chosen.move")}>
        <${Field} label=${t("device.room")} name="room">
          <option value="">${t("device.room.none")}</option>
          ${rooms.value.map(({ id, nombre }) => html`<option key=${id} value=${id}>${nombre}</option>`)}
        <//>
      <//>
    <//>
  `;
};
