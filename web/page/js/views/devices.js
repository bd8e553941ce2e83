/** The devices at a glance: what is new, what is sought, and a card for each, room by room. */
import { computed } from "@preact/signals";
import { devices, known, may, rooms, stale } from "../house.js";
import { html } from "../html.js";
import { Icon } from "../icons.js";
import { kindName, nameOf } from "../kinds.js";
import { later } from "../later.js";
import { useLoaded } from "../load.js";
import { Empty, Loaded, Loading } from "../ui.js";
import { language, t } from "../words.js";
import { Filters, seekEverything, sought, soughtHere } from "./devices/filters.js";
import { density, favourites, isNarrow, MOST_WHOLE, opened, roomOrder } from "./devices/layout.js";
import { AllOff, Room } from "./devices/room.js";
import { Chosen } from "./devices/selecting.js";
import { fits, grouped, openGroups, placeOf } from "./devices/sift.js";
import { Tools } from "./devices/tools.js";

const MOST_NEW = 3;

// The place of each device as text, so that a report, which seldom changes it, changes nothing of the list.
const texts = new WeakMap();

function placed(device) {
  if (!texts.has(device)) {
    texts.set(
      device,
      computed(() => JSON.stringify(placeOf(device.value, nameOf(device.value)))),
    );
  }
  return JSON.parse(texts.get(device).value);
}

const places = computed(() => [...devices.value.values()].map(placed));
const claimed = computed(() => places.value.filter((place) => place.claimed));
const unclaimed = computed(() => places.value.filter((place) => !place.claimed));
const found = computed(() => {
  const names = new Map(rooms.value.map(({ id, nombre }) => [id, nombre]));
  return claimed.value.filter((place) =>
    fits(place, sought.value, [kindName(place.kind), names.get(place.room) ?? ""]),
  );
});

export const Devices = () => html`
  <div class="heading">
    <h1>${t("devices.title")}</h1>
    <div class="actions">
      ${may("miembro") && html`<${AllOff} places=${claimed.value} />`}
      ${may("miembro") && html`<a class="button" href="#/reclamar"><${Icon} name="add" /><span class="wide">${t("devices.add")}</span></a>`}
      ${claimed.value.length > 0 && html`<${Tools} />`}
    </div>
  </div>
  ${known.value ? html`<${House} />` : html`<${Loading} />`}
`;

const House = () => html`
  ${unclaimed.value.length > 0 && may("miembro") && html`<${News} />`}
  ${claimed.value.length > 0 ? html`<${Filters} kinds=${kinds.value} /><${Found} />` : html`<${Nothing} />`}
`;

const kinds = computed(() => {
  const there = new Set(claimed.value.map(({ kind }) => kind));
  return [...there].sort((a, b) => kindName(a).localeCompare(kindName(b), language.value));
});

const News = () => {
  const fresh = unclaimed.value;
  const rest = fresh.length - MOST_NEW;
  return html`
    <section class="news" aria-label=${t("devices.new", { n: fresh.length })}>
      <a class="news-count" href="#/reclamar">${t("devices.new", { n: fresh.length })}</a>
      <ul class="news-list">
        ${fresh.slice(0, MOST_NEW).map(
          ({ id, serial, kind }) => html`
            <li key=${id}>
              <a class="button" href="#/reclamar/${encodeURIComponent(serial)}">
                <${Icon} name=${kind} />
                <span>
                  <span class="hidden">${t("devices.new.add")} </span>${kindName(kind)} <span class="muted code">${serial}</span>
                </span>
              </a>
            </li>
          `,
        )}
        ${rest > 0 && html`<li><a href="#/reclamar">${t("devices.new.more", { n: rest })}</a></li>`}
      </ul>
    </section>
  `;
};

/** What it takes to have the first one is fetched by houses without any. */
const NobodyYet = () => {
  const first = useLoaded(() => later(() => import("./devices/first.js")), []);
  return html`
    <${Empty} icon="devices" title=${t("devices.none")} />
    ${may("miembro") && html`<${Loaded} of=${first}>${({ First }) => html`<${First} />`}<//>`}
  `;
};

const Nothing = () => {
  if (unclaimed.value.length === 0) {
    return html`<${NobodyYet} />`;
  }
  return html`
    <${Empty} icon="devices" title=${t("devices.none.announced")}>
      ${
        may("miembro")
          ? html`<a class="button primary" href="#/reclamar">${t("devices.none.claim")}</a>`
          : html`<p>${t("devices.none.wait")}</p>`
      }
    <//>
  `;
};

const Found = () => {
  const there = found.value;
  return html`
    <p class="hidden" role="status">${t("devices.count", { n: there.length })}</p>
    ${there.length > 0 ? html`<${Rooms} />` : html`<${NoMatch} />`}
  `;
};

const NoMatch = () => html`
  <${Empty} icon="search" title=${t("devices.no_match")}>
    <p>${t("devices.no_match.how")}</p>
    <button type="button" onClick=${seekEverything}>${t("devices.show_all")}</button>
  <//>
`;

const Rooms = () => {
  const groups = grouped(found.value, rooms.value, language.value, {
    order: roomOrder.value,
    favourites: favourites.value,
  });
  const divided = groups.length > 1 || groups[0].room !== null;
  // Whoever seeks something wants to see it.
  const seeking = soughtHere.value !== "" || !divided;
  const open = openGroups(groups, opened.value, isNarrow.value, MOST_WHOLE);
  const few = claimed.value.length <= MOST_WHOLE;
  const compact = density.value === "auto" ? !few : density.value === "compact";
  return html`
    <div class="rooms" data-stale=${stale.value}>
      ${groups.map(
        (group, n) =>
          html`<${Room} key=${group.room ?? "none"} group=${group} divided=${divided} open=${seeking || open[n]} compact=${compact} />`,
      )}
    </div>
    <${Chosen} />
  `;
};
