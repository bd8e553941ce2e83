/** A room's devices under its name, which opens and closes it, and what there is to know of it while it is closed. */
import { useComputed } from "@preact/signals";
import { useId } from "preact/hooks";
import { devices, may, rooms } from "../../house.js";
import { html } from "../../html.js";
import { Icon } from "../../icons.js";
import { alarmNow, alarmWords, readingOf } from "../../kinds.js";
import { readingAt } from "../../readings.js";
import { toast } from "../../ui.js";
import { t } from "../../words.js";
import { Card, Compact, Sensors } from "./card.js";
import { opened } from "./layout.js";
import { chosen } from "./selecting.js";
import { switchAll } from "./several.js";
import { FAVOURITES } from "./sift.js";

const signalOf = ({ id }) => devices.value.get(id);

/** `group` is one of `grouped`; undivided it has no name. */
export const Room = ({ group, divided, open, compact }) => {
  const { room, name, places } = group;
  const id = useId();
  const title = room === FAVOURITES ? t("devices.favourites") : room === null ? t("devices.no_room") : name;
  const turn = () => {
    opened.value = { ...opened.peek(), [room ?? "none"]: !open };
  };
  return html`
    <section>
      ${
        divided &&
        html`
          <header class="room-head">
            <h2 class="room-name">
              <button type="button" aria-expanded=${open ? "true" : "false"} aria-controls=${id} onClick=${turn}>
                <${Icon} name="down" />${title}
              </button>
            </h2>
            <${Summary} places=${places} />
            ${may("miembro") && html`<${RoomOff} places=${places} room=${title} />`}
          </header>
        `
      }
      <ul class="device-grid" id=${id} data-compact=${compact} hidden=${!open}>
        ${open && html`<${Cards} places=${places} level=${divided ? 3 : 2} compact=${compact} roomed=${room === FAVOURITES} />`}
      </ul>
    </section>
  `;
};

const Cards = ({ places, level, compact, roomed }) => {
  const sensors = places.filter(({ sensor }) => sensor);
  const together = !compact && !roomed && chosen.value === null && sensors.length > 1;
  const alone = together ? places.filter(({ sensor }) => !sensor) : places;
  const Shown = compact ? Compact : Card;
  const nameOf = (room) => roomed && rooms.value.find(({ id }) => id === room)?.nombre;
  return html`
    ${alone.map((place) => html`<li key=${place.id}><${Shown} signal=${signalOf(place)} level=${level} room=${nameOf(place.room)} /></li>`)}
    ${together && html`<li key="sensors"><${Sensors} signals=${sensors.map(signalOf)} level=${level} /></li>`}
  `;
};

const litOf = (places) => places.filter((place) => place.lit);

const switchOff = (places) =>
  switchAll(
    places.map((place) => signalOf(place).peek()),
    false,
  );

/** Switches off what is on in the house and serves only who is there; where nothing is, it says so. */
export const AllOff = ({ places }) => {
  if (chosen.value !== null || !places.some((place) => place.serves)) return null;
  const lit = litOf(places);
  const none = lit.length === 0;
  return html`
    <button
      type="button"
      class="all-off"
      aria-disabled=${none ? "true" : undefined}
      title=${none ? t("devices.all_off.none") : undefined}
      onClick=${() => (none ? toast(t("devices.all_off.none")) : switchOff(lit))}
    ><${Icon} name="off" />${t("devices.all_off")}</button>
  `;
};

/** The same of a room, while there is something. */
const RoomOff = ({ places, room }) => {
  const lit = litOf(places);
  if (lit.length === 0 || chosen.value !== null) return null;
  return html`
    <button type="button" class="quiet room-off" title=${t("devices.all_off.room", { room })} onClick=${() => switchOff(lit)}>
      <${Icon} name="off" /><span class="hidden">${t("devices.all_off.room", { room })}</span><span class="number" aria-hidden="true">${lit.length}</span>
    </button>
  `;
};

/** An alarm before all else; how warm it is; who is silent. A report changes its text alone. */
const Summary = ({ places }) => {
  const signals = places.map(signalOf);
  const alarm = useComputed(() => alarmOf(signals));
  const told = useComputed(() => [warmthOf(signals), silentOf(signals)].filter(Boolean).join(" · "));
  return html`<b class="error">${alarm}</b><p class="room-summary muted">${told}</p>`;
};

function alarmOf(signals) {
  const device = signals.map((signal) => signal.value).find((each) => alarmNow(each) !== null);
  return device ? alarmWords(device, alarmNow(device)) : "";
}

const WARMTHS = ["temperatura", "temp"];

function warmthOf(signals) {
  for (const { value: device } of signals) {
    const name =
      device.kind === "termometro" && device.en_linea && WARMTHS.find((each) => each in device.parametros);
    if (name) return readingOf(name, readingAt(device.parametros, name), device);
  }
  return "";
}

function silentOf(signals) {
  const n = signals.filter((signal) => !signal.value.en_linea).length;
  return n ? t("devices.silent", { n }) : "";
}
