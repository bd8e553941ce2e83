/** What was used in each part of a period, as bars: looked at by touch, by the mouse or by arrow keys. */
import { useEffect, useState } from "preact/hooks";
import { html } from "../../html.js";
import { t } from "../../words.js";
import { partOf, roundedUp } from "./model.js";
import { amount, kwh, partMark, partName } from "./told.js";

// Which bars have their name under them.
const MARKED = { dia: (n) => n % 6 === 0, mes: (n) => n % 7 === 0, anio: () => true };
const KEYS = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -7, PageUp: 7 };

/** `told` as GET /energia answers; `open(at)` goes to what a bar stands for. */
export const Bars = ({ told: { data, periodo, moneda }, open }) => {
  const [chosen, setChosen] = useState(null);
  useEffect(() => setChosen(null), [data[0]?.inicio, periodo]);
  const top = roundedUp(Math.max(...data.map((part) => part.kwh)));
  const last = data.length - 1;
  const choose = (n) => setChosen(Math.min(last, Math.max(0, n)));
  const point = ({ currentTarget, clientX }) => {
    const { left, width } = currentTarget.getBoundingClientRect();
    choose(Math.floor(((clientX - left) / width) * data.length));
  };
  const onKeyDown = (event) => {
    const to =
      { Home: 0, End: last }[event.key] ?? (event.key in KEYS ? (chosen ?? 0) + KEYS[event.key] : null);
    if (to === null) return;
    event.preventDefault();
    choose(to);
  };
  const part = chosen === null ? null : data[chosen];
  const words = part ? `${partName(periodo, part.inicio)}: ${amount(part, moneda)}` : t("energy.bars.hint");
  return html`
    <div class="energy-chart">
      <p class="energy-top muted" aria-hidden="true">${kwh(top)}</p>
      <div
        class="energy-bars"
        role="slider"
        tabindex="0"
        aria-label=${t("energy.bars")}
        aria-valuemin="0"
        aria-valuemax=${last}
        aria-valuenow=${chosen ?? 0}
        aria-valuetext=${words}
        onPointerDown=${point}
        onPointerMove=${(event) => (event.pointerType === "mouse" || event.buttons) && point(event)}
        onKeyDown=${onKeyDown}
      >
        ${data.map(
          ({ inicio, kwh: used }, n) => html`
            <span key=${inicio} class="energy-bar" data-chosen=${n === chosen ? "" : undefined}>
              <span style=${{ height: `${Math.max(0, (used / top) * 100)}%` }}></span>
            </span>
          `,
        )}
      </div>
      <div class="energy-marks muted" aria-hidden="true">
        ${data.map(({ inicio }, n) => html`<span key=${inicio}>${MARKED[periodo](n) && partMark(periodo, inicio)}</span>`)}
      </div>
      <p class="spread energy-chosen">
        <span class=${part ? "" : "muted"}>${words}</span>
        ${
          part &&
          partOf(periodo) &&
          html`<button type="button" onClick=${() => open(part.inicio)}>${t(`energy.open.${partOf(periodo)}`)}</button>`
        }
      </p>
    </div>
  `;
};

/** The same in rows, for who would rather read. */
export const AsTable = ({ told: { data, periodo, moneda } }) => html`
  <details>
    <summary>${t("energy.table")}</summary>
    <div class="scroll">
      <table>
        <thead><tr><th scope="col">${t("energy.when")}</th><th scope="col" class="number">${t("energy.used")}</th></tr></thead>
        <tbody>
          ${data.map(
            (part) => html`
              <tr key=${part.inicio}><td>${partName(periodo, part.inicio)}</td><td class="number">${amount(part, moneda)}</td></tr>
            `,
          )}
        </tbody>
      </table>
    </div>
  </details>
`;
