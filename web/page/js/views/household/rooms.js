/** The rooms, and which device stands in which. */
import { useEffect, useState } from "preact/hooks";
import { post, put, remove } from "../../api.js";
import { devices, may, readRooms, rooms, take } from "../../house.js";
import { html } from "../../html.js";
import { Icon } from "../../icons.js";
import { nameOf } from "../../kinds.js";
import { useLoaded } from "../../load.js";
import { Confirm, Dialog, Empty, Failure, Field, Form, Loaded } from "../../ui.js";
import { language, t } from "../../words.js";

export const Rooms = () => {
  const read = useLoaded(readRooms, []);
  const [open, setOpen] = useState(null);
  const close = () => setOpen(null);
  return html`
    <div class="stack">
      ${may("miembro") && html`<${NewRoom} />`}
      <${Loaded} of=${read}>${() => html`<${AllRooms} open=${setOpen} />`}<//>
      ${open?.what === "rename" && html`<${Rename} room=${open.room} close=${close} />`}
      ${open?.what === "fill" && html`<${Fill} room=${open.room} close=${close} />`}
      ${
        open?.what === "delete" &&
        html`<${Confirm}
          title=${t("household.rooms.delete", { name: open.room.nombre })}
          text=${t("household.rooms.delete.text")}
          label=${t("delete")}
          act=${async () => {
            await remove(`/habitaciones/${open.room.id}`);
            await readRooms();
          }}
          close=${close}
        />`
      }
    </div>
  `;
};

const AllRooms = ({ open }) =>
  rooms.value.length
    ? html`<ul class="card list">
        ${rooms.value.map((room) => html`<${RoomRow} key=${room.id} room=${room} open=${open} />`)}
      </ul>`
    : html`<${Empty} icon="devices" title=${t("household.rooms.none")}><p>${t("household.rooms.why")}</p><//>`;

const RoomRow = ({ room, open }) => {
  // Counted here, so that a device that is moved shows at once.
  const inside = [...devices.value.values()].filter(
    (device) => device.value.habitacion_id === room.id,
  ).length;
  const does = (what, icon) => html`
    <button
      type="button"
      class="quiet"
      aria-label=${t(`household.rooms.${what}`, { name: room.nombre })}
      onClick=${() => open({ what, room })}
    ><${Icon} name=${icon} /></button>
  `;
  return html`
    <li>
      <p class="grow"><strong>${room.nombre}</strong><br />
        <span class="muted">${t("devices.count", { n: inside })}</span></p>
      ${
        may("miembro") &&
        html`<div class="does">
          <button type="button" aria-label=${t("household.rooms.inside", { name: room.nombre })}
            onClick=${() => open({ what: "fill", room })}>${t("household.rooms.fill")}</button>
          ${does("rename", "edit")}${does("delete", "trash")}
        </div>`
      }
    </li>
  `;
};

const NewRoom = () => {
  const [name, setName] = useState("");
  const submit = async () => {
    await post("/habitaciones", { nombre: name });
    setName("");
    await readRooms();
  };
  return html`
    <div class="card narrow">
      <${Form} submit=${submit} label=${t("household.rooms.add")}>
        <${Field} label=${t("household.rooms.name")} value=${name} required maxlength="60" autocomplete="off"
          onInput=${(event) => setName(event.target.value)} />
      <//>
    </div>
  `;
};

const Rename = ({ room, close }) => html`
  <${Dialog} title=${t("household.rooms.rename", { name: room.nombre })} close=${close}>
    <${Form} label=${t("save")} submit=${async (form) => {
      await put(`/habitaciones/${room.id}`, { nombre: form.get("name") });
      await readRooms();
      close();
    }}>
      <${Field} label=${t("household.rooms.name")} name="name" defaultValue=${room.nombre} required maxlength="60"
        autocomplete="off" />
    <//>
  <//>
`;

const Fill = ({ room, close }) => {
  const [error, setError] = useState(null);
  const claimed = [...devices.value.values()]
    .map((device) => device.value)
    .filter((device) => device.reclamado)
    .sort((a, b) => nameOf(a).localeCompare(nameOf(b), language.value));
  return html`
    <${Dialog} title=${t("household.rooms.inside", { name: room.nombre })} close=${close}>
      ${claimed.length === 0 && html`<p class="muted">${t("household.rooms.no_devices")}</p>`}
      <ul class="list">
        ${claimed.map((device) => html`<${Box} key=${device.id} device=${device} room=${room} tell=${setError} />`)}
      </ul>
      ${error && html`<${Failure} error=${error} />`}
      <div class="actions"><button type="button" class="primary" onClick=${close}>${t("close")}</button></div>
    <//>
  `;
};

/** Acts at once, as a switch does. */
const Box = ({ device, room, tell }) => {
  const inside = device.habitacion_id === room.id;
  const [wanted, setWanted] = useState(inside);
  useEffect(() => setWanted(inside), [inside]);
  const elsewhere = rooms.value.find(({ id }) => id === device.habitacion_id && id !== room.id);
  const move = async ({ target }) => {
    setWanted(target.checked);
    tell(null);
    try {
      take(await put(`/dispositivos/${device.id}`, { habitacion_id: target.checked ? room.id : null }));
    } catch (problem) {
      setWanted(inside);
      tell(problem);
    }
  };
  return html`
    <li>
      <label class="row grow">
        <input type="checkbox" checked=${wanted} onChange=${move} />
        <span class="grow">${nameOf(device)}</span>
        ${elsewhere && html`<span class="muted">${elsewhere.nombre}</span>`}
      </label>
    </li>
  `;
};
