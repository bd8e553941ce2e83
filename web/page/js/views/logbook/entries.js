/** Entries of the logbook, newest first, by day; new ones come by themselves. */
import { useSignalEffect } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import { get } from "../../api.js";
import { moment, onTheWall } from "../../format.js";
import { devices, doings } from "../../house.js";
import { html } from "../../html.js";
import { Icon } from "../../icons.js";
import { useLoaded } from "../../load.js";
import { attempt, Empty, Loaded } from "../../ui.js";
import { DAY_MS, dayOf } from "../../wall.js";
import { t } from "../../words.js";
import { joined, NOTHING, withOlder } from "./pages.js";
import { valuesOf, whatWasDone, whoDid } from "./telling.js";

// Many come at once where "all off" was pressed.
const GATHER_MS = 500;
const ICONS = {
  __proto__: null,
  persona: "person",
  cliente: "person",
  horario: "pending",
  regla: "insights",
  aparato: "devices",
};

/**
 * `asked` is what is asked for, as a query, `many` at a time; `linked` whether an entry leads to its device. `met(people)` is told who
 * the logbook knows of.
 */
export const Entries = ({ asked, many = 50, linked = true, met = undefined }) => {
  /** @type {`/diario?${string}`} */
  const path = `/diario?per_page=${many}${asked}`;
  const [read, setRead] = useState({ path, ...NOTHING });
  const first = useLoaded(() => get(path), [path]);
  useEffect(() => {
    if (first.value) met?.(first.value.personas);
  }, [first.value]);
  useHeard(first.reload);
  const before = read.path === path ? read : NOTHING;
  const more = (known) =>
    attempt(async () => {
      const page = await get(`${path}&antes=${known.next}`);
      setRead({ path, ...withOlder(known, page) });
    });
  return html`
    <${Loaded} of=${first}>
      ${(newest) => {
        const known = joined(newest, before);
        if (known.data.length === 0) return html`<${Empty} icon="logbook" title=${t("logbook.none")} />`;
        return html`
          ${byDay(known.data).map(
            ({ day, entries }) => html`
              <section key=${day} class="stack">
                <h2 class="logbook-day">${moment(day * DAY_MS, { timeZone: "UTC", weekday: "long", day: "numeric", month: "long" })}</h2>
                <ul class="logbook">${entries.map((entry) => html`<${Entry} key=${entry.id} entry=${entry} linked=${linked} />`)}</ul>
              </section>
            `,
          )}
          ${
            known.next !== null &&
            html`<p class="finding-more"><button type="button" onClick=${() => more(known)}>${t("insights.more")}</button></p>`
          }
        `;
      }}
    <//>
  `;
};

function byDay(entries) {
  const days = [];
  for (const entry of entries) {
    const day = dayOf(onTheWall(entry.ts));
    if (days.at(-1)?.day !== day) days.push({ day, entries: [] });
    days.at(-1).entries.push(entry);
  }
  return days;
}

/** Read again a moment after something was heard of, and when the page is looked at again. */
function useHeard(reload) {
  const [heard, setHeard] = useState(doings.peek());
  useSignalEffect(() => setHeard(doings.value));
  useEffect(() => {
    if (heard === 0) return undefined;
    const timer = setTimeout(reload, GATHER_MS);
    return () => clearTimeout(timer);
  }, [heard]);
}

const Entry = ({ entry, linked }) => {
  const device = devices.value.get(entry.dispositivo_id)?.peek();
  const who = whoDid(entry);
  const what = whatWasDone(entry, device);
  return html`
    <li class="row">
      <${Icon} name=${ICONS[entry.hecho === "lectura" ? "aparato" : entry.origen] ?? "logbook"} />
      <div class="grow">
        <p>
          ${who && html`<strong>${who}</strong> `}
          ${linked && device ? html`<a href=${`#/dispositivo/${device.id}/registro`}>${what}</a>` : what}
        </p>
        ${valuesOf(entry).map(({ name, before, after }) => html`<p key=${name} class="muted">${name}: ${before} → ${after}</p>`)}
      </div>
      <time class="muted" datetime=${entry.ts}>${moment(entry.ts, { timeStyle: "short" })}</time>
    </li>
  `;
};
