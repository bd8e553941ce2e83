/** The chosen day as a list, with buttons large enough for a thumb. */
import { html } from "../../html.js";
import { Icon } from "../../icons.js";
import { t } from "../../words.js";
import { onDay } from "./events.js";
import { capital, dayName, sunName, times, valueName, windowName } from "./tell.js";
import { around, clock, DAY } from "./time.js";

const Panel = ({ day, children, act, label, icon }) => html`
  <section class="week-day" aria-label=${dayName(day)}>
    <div class="spread">
      <h3>${capital(dayName(day))}</h3>
      ${act && html`<button type="button" onClick=${act}><${Icon} name=${icon} />${label}</button>`}
    </div>
    ${children}
  </section>
`;

/** The windows that begin on the day, and the one that comes into it. Without `edit` only to be looked at. */
export const DayWindows = ({ windows, day, edit, erase, add }) => {
  const mine = windows.map((window, index) => ({ window, index })).filter(({ window }) => window.day === day);
  const before = windows.find((window) => window.day === around(day - 1, 7) && window.end > DAY);
  return html`
    <${Panel} day=${day} act=${add} icon="add" label=${t("week.add")}>
      ${before && html`<p class="muted">${t("week.since_yesterday", { to: clock(before.end) })}</p>`}
      ${mine.length === 0 && !before && html`<p class="muted">${t("week.nothing_on_day")}</p>`}
      <ul class="list week-list">
        ${mine.map(
          ({ window, index }) => html`
            <li key=${index}>
              <span class="grow">
                ${times(window)}${window.end > DAY && html` <span class="muted">${t("week.next_day")}</span>`}
                <${Sunlit} sun=${window.sun} />
              </span>
              ${
                edit &&
                html`
                  <button type="button" class="quiet" aria-label=${t("week.edit_named", { name: windowName(window) })} onClick=${() => edit(index)}>
                    <${Icon} name="edit" />
                  </button>
                  <button type="button" class="quiet" aria-label=${t("week.erase_named", { name: windowName(window) })} onClick=${() => erase(index)}>
                    <${Icon} name="trash" />
                  </button>
                `
              }
            </li>
          `,
        )}
      </ul>
    <//>
  `;
};

/** What follows the sun, and that it leaves nothing of the window today. */
const Sunlit = ({ sun }) =>
  sun &&
  html`
    <span class="muted week-sun">
      ${["inicio", "fin"].filter((end) => sun[end]).map((end) => html`<span key=${end}>${t(`week.sun.${end}`, { sun: sunName(sun[end]) })}</span>`)}
      ${sun.descansa && html`<span>${t("week.sun.rests")}</span>`}
    </span>
  `;

export const DayEvents = ({ channel, events, day, open }) => {
  const mine = onDay(events, day);
  return html`
    <${Panel} day=${day} act=${open && (() => open(day))} icon="edit" label=${t("week.edit_day")}>
      ${mine.length === 0 && html`<p class="muted">${t("week.nothing_on_day")}</p>`}
      <ul class="list week-list">
        ${mine.map(
          ({ minute, value }) =>
            html`<li key=${minute}><span>${clock(minute)}</span><span class="grow">${valueName(channel, value)}</span></li>`,
        )}
      </ul>
    <//>
  `;
};
