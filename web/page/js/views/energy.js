/** What the house has used and what it cost: a day by hours, a month by days, a year by months. */
import { useComputed } from "@preact/signals";
import { useState } from "preact/hooks";
import { get } from "../api.js";
import { now, onTheWall } from "../format.js";
import { may, readRooms } from "../house.js";
import { html } from "../html.js";
import { Icon } from "../icons.js";
import { useLoaded } from "../load.js";
import { go } from "../route.js";
import { Empty, Loaded, Tabs } from "../ui.js";
import { t } from "../words.js";
import { AsTable, Bars } from "./energy/bars.js";
import { Breakdown, scopeName } from "./energy/breakdown.js";
import { asked, isCurrent, moved, partOf, SPANS } from "./energy/model.js";
import { Plan } from "./energy/plan.js";
import { comparison, kwh, money, periodName } from "./energy/told.js";

const AGAIN_MS = 60_000;

const dateOf = (at) => new Date(onTheWall(at)).toISOString().slice(0, 10);
const addressOf = (span, date, scope) => `#/energia/${span}/${date}${scope && `/${scope}`}`;

/** `path` is `[span, date, scope]`, as `asked` reads it. */
export const Energy = ({ path }) => {
  const today = useComputed(() => dateOf(now.value)).value;
  const { span, date, device, room } = asked(path, today);
  const scope = device !== null ? `d${device}` : room !== null ? `h${room}` : "";
  const current = isCurrent(span, date, today);
  const minute = useComputed(() => Math.floor(now.value / AGAIN_MS)).value;
  const query = `periodo=${span}&fecha=${date}${device === null ? "" : `&dispositivo=${device}`}${room === null ? "" : `&habitacion=${room}`}`;
  const [planning, setPlanning] = useState(false);
  const used = useLoaded(() => get(`/energia?${query}`), [query, current ? minute : 0]);
  useLoaded(readRooms, []);
  return html`
    <div class="stack energy">
      <div class="spread">
        <h1>${t("energy.title")}</h1>
        <div class="actions">
          <a class="button" download href=${`/energia/exportar?${query}`}><${Icon} name="download" />CSV</a>
          ${may("admin") && html`<button type="button" onClick=${() => setPlanning(true)}>${t("energy.plan")}</button>`}
        </div>
      </div>
      <${Tabs}
        label=${t("energy.spans")}
        tabs=${SPANS.map((each) => ({ href: addressOf(each, inside(each, date, today, current), scope), word: t(`energy.span.${each}`) }))}
        current=${addressOf(span, date, scope)}
      />
      <${Stepper} span=${span} date=${date} scope=${scope} current=${current} />
      ${
        scope &&
        html`<p class="row"><span class="chip">${t("energy.only", { name: scopeName({ device, room }) })}</span>
          <a href=${addressOf(span, date, "")}>${t("energy.whole")}</a></p>`
      }
      <${Loaded} of=${used}>
        ${(told) =>
          told.dispositivos.length === 0
            ? html`<${Empty} icon="energy" title=${t("energy.none")}><p>${t("energy.none.why")}</p><//>`
            : html`
              <section class="card" aria-label=${t("energy.total")}>
                <div class="energy-total" role="status">
                  <p><strong>${kwh(told.kwh)}</strong> ${money(told.coste, told.moneda)}</p>
                  <p class="muted">${comparison(told, current)}</p>
                  ${told.sin_contar > 0 && html`<p class="hint">${t("energy.counting")}</p>`}
                  ${told.coste === null && may("admin") && html`<p class="hint">${t("energy.no_price")}</p>`}
                </div>
                <${Bars} told=${told} open=${(at) => go(addressOf(partOf(span), dateOf(at), scope).slice(2))} />
                <${AsTable} told=${told} />
              </section>
              ${device === null && html`<${Breakdown} told=${told} scoped=${(which) => addressOf(span, date, which)} />`}
            `}
      <//>
      ${planning && html`<${Plan} devices=${used.value?.dispositivos ?? []} today=${today} saved=${used.reload} close=${() => setPlanning(false)} />`}
    </div>
  `;
};

/** A day of the period at `date` to go to: today, if that lies in it. */
const inside = (span, date, today, current) =>
  current ? asked([span, today], today).date : asked([span, date], today).date;

const Stepper = ({ span, date, scope, current }) => html`
  <div class="row energy-step">
    <a class="button quiet" href=${addressOf(span, moved(span, date, -1), scope)} aria-label=${t("energy.before")}><${Icon} name="back" /></a>
    <h2 class="grow">${periodName(span, date)}</h2>
    ${
      current
        ? html`<button type="button" class="quiet" disabled aria-label=${t("energy.after")}><${Icon} name="forward" /></button>`
        : html`<a class="button quiet" href=${addressOf(span, moved(span, date, 1), scope)} aria-label=${t("energy.after")}><${Icon} name="forward" /></a>`
    }
  </div>
`;
