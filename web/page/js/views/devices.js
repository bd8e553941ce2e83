/** The devices at a glance: what is new, what is sought, and a card for each, room by room. */
import { computed } from "@preact/signals";
import { connection, devices, known, may, rooms } from "../house.js";
import { html } from "../html.js";
import { Icon } from "../icons.js";
import { kindName, nameOf } from "../kinds.js";
import { Empty, Loading } from "../ui.js";
import { language, t } from "../words.js";
import { Card } from "./devices/card.js";
import { Filters, seekEverything, sought } from "./devices/filters.js";
import { fits, grouped, placeOf } from "./devices/sift.js";

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
    ${may("miembro") && html`<a class="button" href="#/reclamar"><${Icon} name="add" />${t("devices.add")}</a>`}
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

const Nothing = () => {
  if (unclaimed.value.length === 0) {
    return html`<${Empty} icon="devices" title=${t("devices.none")}><p>${t("devices.none.how")}</p><//>`;
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
  const groups = grouped(found.value, rooms.value, language.value);
  const divided = groups.length > 1 || groups[0].room !== null;
  return html`
    <div class="rooms" data-stale=${connection.value !== "live"}>
      ${groups.map(
        ({ room, name, ids }) => html`
          <section key=${room ?? "none"}>
            ${divided && html`<h2 class="room-name">${room === null ? t("devices.no_room") : name}</h2>`}
            <ul class="device-grid">
              ${ids.map((id) => html`<li key=${id}><${Card} signal=${devices.value.get(id)} level=${divided ? 3 : 2} /></li>`)}
            </ul>
          </section>
        `,
      )}
    </div>
  `;
};
