/** The week as a grid: seven columns of 24 hours, or on a narrow or touched screen seven rows. */
import { computed } from "@preact/signals";
import { now, onTheWall } from "../../format.js";
import { html } from "../../html.js";
import { minuteOf } from "../../wall.js";
import { t } from "../../words.js";
import { useGesture } from "./gesture.js";
import { lengthOf, startOf } from "./model.js";
import { pieces, placed } from "./pieces.js";
import { dayName, shortDay, times, today, windowName } from "./tell.js";
import { ALL_DAYS, DAY } from "./time.js";

const HOURS = [0, 3, 6, 9, 12, 15, 18, 21, 24];

const TOUCHED = { role: "button", tabindex: 0 };
const SEEN = { role: "listitem" };

/** What is short for the eye has its whole name for the ear. */
const Named = ({ name, children }) => html`
  <span aria-hidden="true">${children}</span><span class="hidden">${name}</span>
`;

/** Day labels, hours, and `layer`, what is drawn on them. A day's label chooses the day. */
const Frame = ({ day, choose, layer }) => html`
  <div class="week-grid">
    <div class="week-days" role="group" aria-label=${t("week.days")}>
      ${ALL_DAYS.map(
        (each) => html`
          <button
            type="button"
            key=${each}
            aria-pressed=${each === day ? "true" : "false"}
            onClick=${() => choose(each)}
          ><${Named} name=${dayName(each)}>${shortDay(each)}<//></button>
        `,
      )}
    </div>
    <div class="week-hours" aria-hidden="true">
      ${HOURS.map((hour) => html`<span key=${hour} style=${{ "--from": hour / 24 }}>${hour}</span>`)}
    </div>
    ${layer}
  </div>
`;

const minuteNow = computed(() => minuteOf(onTheWall(now.value)));

const NowLine = () => html`
  <div class="week-now" style=${{ "--day": today(), "--from": minuteNow.value / DAY }}></div>
`;

/** One window: its first piece is the thing to focus, the one after midnight is only to be seen and grabbed. */
const WindowPieces = ({ window, index, held, locked }) => {
  const parts = pieces(startOf(window), lengthOf(window));
  const label = html`<span class="times">${times(window)}</span>`;
  return parts.map((part, n) => {
    const whole = n === 0 && (locked ? SEEN : TOUCHED);
    return html`
      <div
        key=${`${index}/${n}`}
        class="week-window"
        data-index=${index}
        data-held=${held ? "" : undefined}
        data-sun=${window.sun && (window.sun.descansa ? "rests" : "")}
        style=${placed(part)}
        aria-hidden=${n === 0 ? undefined : "true"}
        ...${whole}
      >
        ${n === 0 && !locked && html`<span class="edge" data-edge="start"></span>`}
        ${n === 0 ? html`<${Named} name=${windowName(window)}>${label}<//>` : label}
        ${n === parts.length - 1 && !locked && html`<span class="edge" data-edge="end"></span>`}
      </div>
    `;
  });
};

/** What hangs over the window in hand: a finger hides what is under it. */
const Bubble = ({ window }) => html`
  <div class="week-bubble" aria-hidden="true" style=${placed(pieces(startOf(window), lengthOf(window))[0])}>
    ${shortDay(window.day)} ${times(window)}
  </div>
`;

/** The windows of the week, to be changed by hand: see `useGesture`. */
export const WindowGrid = ({ windows, day, choose, change, edit, add }) => {
  const { held, layer, on } = useGesture(windows, { change, edit, add });
  const shown = windows.map((window, index) => ({ window, index, held: index === held?.index }));
  if (held) shown[held.index] = { window: held.window, index: held.index, held: true };
  return html`
    <${Frame} day=${day} choose=${choose} layer=${html`
      <div class="week-layer" ref=${layer} tabindex="-1" role="group" aria-label=${t("week.grid")} ...${on}>
        ${shown.map((one) => html`<${WindowPieces} key=${one.index} ...${one} />`)}
        <${NowLine} />
        ${held && html`<${Bubble} window=${held.window} />`}
      </div>
    `} />
    <p class="hidden" aria-live="polite">${held ? windowName(held.window) : ""}</p>
  `;
};

/** The same, only to be looked at. */
export const LockedGrid = ({ windows, day, choose }) => html`
  <${Frame} day=${day} choose=${choose} layer=${html`
    <div class="week-layer" data-locked="" role="list" aria-label=${t("week.grid")}>
      ${windows.map((window, index) => html`<${WindowPieces} key=${index} window=${window} index=${index} locked />`)}
      <${NowLine} />
    </div>
  `} />
`;

/** Stretches `[{ name, label, depth, pieces }]` of events, to be changed by hand: `hands` of `useEventGesture`. */
export const EventGrid = ({ stretches, day, choose, hands: { held, layer, on }, told }) => html`
  <${Frame} day=${day} choose=${choose} layer=${html`
    <div class="week-layer" ref=${layer} tabindex="-1" role="group" aria-label=${t("week.grid")} ...${on}>
      ${stretches.map((stretch, index) => html`<${Stretch} key=${index} index=${index} ...${stretch} />`)}
      <${NowLine} />
      ${held && html`<div class="week-bubble" aria-hidden="true" style=${placed(held.piece)}>${told}</div>`}
    </div>
  `} />
  <p class="hidden" aria-live="polite">${held ? told : ""}</p>
`;

/** The same, only to be looked at. */
export const LockedEventGrid = ({ stretches, day, choose }) => html`
  <${Frame} day=${day} choose=${choose} layer=${html`
    <div class="week-layer" data-locked="" role="list" aria-label=${t("week.grid")}>
      ${stretches.map((stretch) => html`<${Stretch} key=${stretch.name} ...${stretch} />`)}
      <${NowLine} />
    </div>
  `} />
`;

/** With an `index` it is one to be taken in hand. */
const Stretch = ({ name, label, depth, pieces, index }) =>
  pieces.map((part, n) =>
    n === 0
      ? html`
          <div
            class="week-window week-mark"
            data-index=${index}
            style=${{ ...placed(part), "--level": depth }}
            ...${index === undefined ? SEEN : TOUCHED}
          >
            ${index !== undefined && html`<span class="edge" data-edge="start"></span>`}
            <${Named} name=${name}><span class="times">${label}</span><//>
          </div>
        `
      : html`<div
          class="week-window week-mark"
          data-index=${index}
          data-after=""
          style=${{ ...placed(part), "--level": depth }}
          aria-hidden="true"
        ></div>`,
  );
