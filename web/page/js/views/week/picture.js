/** A small picture of a week, and of another one over it. */
import { html } from "../../html.js";
import { t } from "../../words.js";
import { lengthOf, startOf } from "./model.js";
import { pieces, placed } from "./pieces.js";
import { shortDay, weekName } from "./tell.js";
import { ALL_DAYS } from "./time.js";

const Bars = ({ windows, layer }) =>
  windows
    .filter(({ sun }) => !sun?.descansa)
    .flatMap((window) =>
      pieces(startOf(window), lengthOf(window)).map(
        (part) => html`<span class="week-bar" data-layer=${layer} style=${placed(part)}></span>`,
      ),
    );

const Legend = () => html`
  <figcaption class="row">
    <span class="row"><span class="week-key" data-layer="present"></span>${t("week.present")}</span>
    <span class="row"><span class="week-key" data-layer="over"></span>${t("week.proposed")}</span>
  </figcaption>
`;

/** `windows` as they are and, where given, `over`: what is proposed instead, drawn over them. Only to be seen. */
export const WeekPicture = ({ windows, over }) => {
  const name = over
    ? t("week.picture.over", { present: weekName(windows), proposed: weekName(over) })
    : t("week.picture", { present: weekName(windows) });
  return html`
    <figure class="week-picture">
      <div role="img" aria-label=${name}>
        <div class="week-letters">${ALL_DAYS.map((day) => html`<span key=${day}>${shortDay(day)}</span>`)}</div>
        <div class="week-bars">
          <${Bars} windows=${windows} layer="present" />
          ${over && html`<${Bars} windows=${over} layer="over" />`}
        </div>
        <div class="week-scale">${[0, 6, 12, 18, 24].map((hour) => html`<span key=${hour}>${hour}</span>`)}</div>
      </div>
      ${over && html`<${Legend} />`}
    </figure>
  `;
};
