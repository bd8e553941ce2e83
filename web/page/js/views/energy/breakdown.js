/** Who has used it: rooms, or devices, the most first. */
import { useState } from "preact/hooks";
import { devices, rooms } from "../../house.js";
import { html } from "../../html.js";
import { nameOf } from "../../kinds.js";
import { t } from "../../words.js";
import { kwh, money } from "./told.js";

const deviceName = (id) => (devices.value.has(id) ? nameOf(devices.value.get(id).value) : `${id}`);
const roomName = (id) => rooms.value.find((room) => room.id === id)?.nombre ?? t("device.room.none");

/** `told` as GET /energia answers; `scoped(scope)` is the address of "h3" or "d5". */
export const Breakdown = ({ told, scoped }) => {
  const [by, setBy] = useState("rooms");
  const rows = by === "rooms" ? byRoom(told, scoped) : byDevice(told, scoped);
  const most = Math.max(...rows.map((row) => row.kwh), 0);
  return html`
    <section class="card" aria-label=${t("energy.who")}>
      <div class="spread">
        <h2>${t("energy.who")}</h2>
        <div class="segments" role="group" aria-label=${t("energy.who")}>
          ${["rooms", "devices"].map(
            (each) => html`
              <button type="button" key=${each} aria-pressed=${by === each ? "true" : "false"}
                onClick=${() => setBy(each)}>${t(`energy.by.${each}`)}</button>
            `,
          )}
        </div>
      </div>
      <ul class="energy-rows">
        ${rows.map((row) => html`<${Row} key=${row.key} row=${row} most=${most} currency=${told.moneda} />`)}
      </ul>
    </section>
  `;
};

const Row = ({ row: { name, href, note, kwh: used, coste }, most, currency }) => html`
  <li>
    <span class="grow">${href ? html`<a href=${href}>${name}</a>` : name}
      ${note && html`<small class="muted">${note}</small>`}</span>
    <span class="number">${kwh(used)}<small class="muted">${money(coste, currency)}</small></span>
    <span class="energy-share" aria-hidden="true"><span style=${{ width: `${most > 0 ? (used / most) * 100 : 0}%` }}></span></span>
  </li>
`;

const mostFirst = (rows) => rows.sort((one, other) => other.kwh - one.kwh);

const rest = ({ resto }) =>
  resto ? [{ ...resto, key: "rest", name: t("energy.rest"), note: t("energy.rest.what") }] : [];

const byRoom = (told, scoped) => [
  ...mostFirst(
    told.habitaciones.map((room) => ({
      ...room,
      key: room.habitacion_id,
      name: roomName(room.habitacion_id),
      href: room.habitacion_id === null ? null : scoped(`h${room.habitacion_id}`),
    })),
  ),
  ...rest(told),
];

const byDevice = (told, scoped) => [
  ...mostFirst(
    told.dispositivos.map((device) => ({
      ...device,
      key: device.dispositivo_id,
      name: deviceName(device.dispositivo_id),
      href: scoped(`d${device.dispositivo_id}`),
      note: noteOf(device),
    })),
  ),
  ...rest(told),
];

const noteOf = ({ papel, fuente }) =>
  [papel !== "parte" && t(`energy.part.${papel}`), fuente === "potencia" && t("energy.by_power")]
    .filter(Boolean)
    .join(" · ");

/** What is looked at where it is not the whole house. */
export const scopeName = ({ device, room }) =>
  device !== null ? deviceName(device) : room !== null ? roomName(room) : null;
