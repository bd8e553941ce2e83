/** What people decide of a metric: between which values it has to stay, whether it is told of, and what it is. */
import { useRef, useState } from "preact/hooks";
import { put } from "../../api.js";
import { may } from "../../house.js";
import { html } from "../../html.js";
import { attempt, Field, Switch, toast } from "../../ui.js";
import { t } from "../../words.js";
import { valueWords } from "./wording.js";

const NATURES = ["medida", "contador", "estado", "alarma", "identificador"];
const ENDS = /** @type {const} */ (["min", "max"]);
// Of the height of the chart: what an arrow key moves a bound by, and ten times that.
const STEP = 0.01;
const FAR = 10;

/** To as many digits as can be told apart on the chart. */
const rounded = (value, [low, high]) => Number(value.toPrecision(digits(value, high - low)));
const digits = (value, range) =>
  Math.min(15, Math.max(1, 3 + Math.floor(Math.log10(Math.max(Math.abs(value), range) / range || 1))));

/**
 * `limits` is what the server knows of the metric; `draft` and `setDraft` the bounds while they are moved, or `null`;
 * `known` is `{edition, reload}` of what is known of all of them.
 */
export const Limits = ({ device, metric, name, share, limits, open, setOpen, known }) => {
  const [before, setBefore] = useState(null);
  const change = async (wanted) => {
    const was = { ...limits.persona, silenciada: limits.silenciada, naturaleza: ownNature(limits) };
    if (await decide(device, metric, wanted, known)) setBefore(was);
  };
  const undo = async () => {
    if (await decide(device, metric, before, known)) setBefore(null);
  };
  return html`
    <details class="limits" open=${open} onToggle=${({ target }) => setOpen(target.open)}>
      <summary>${t("limits.title")}<span class="hidden"> · ${name}</span>${limits.silenciada && html` <span class="chip">${t("limits.muted")}</span>`}</summary>
      <div class="stack">
        ${!share && html`<${Ends} limits=${limits} change=${change} />`}
        <${Field} label=${t("limits.nature")} value=${ownNature(limits) ?? ""} disabled=${!may("miembro")}
          onChange=${({ target }) => change({ naturaleza: target.value || null })}>
          <option value="">${automatic(limits)}</option>
          ${NATURES.map((nature) => html`<option key=${nature} value=${nature}>${t(`limits.nature.${nature}`)}</option>`)}
        <//>
        <div class="spread">
          <span>${t("limits.mute")}</span>
          <${Switch} label=${t("limits.mute.name", { name })} on=${limits.silenciada} disabled=${!may("miembro")}
            onChange=${(on) => change({ silenciada: on })} />
        </div>
        ${before && html`<button type="button" onClick=${undo}>${t("limits.undo")}</button>`}
      </div>
    </details>
  `;
};

/** Decide `change` of a metric, by whoever has seen `known`; true if it went well. */
export const decide = (device, metric, change, { edition, reload }) =>
  attempt(async () => {
    await put(`/dispositivos/${device.peek().id}/limites`, { [metric]: change }, edition);
    toast(t("limits.saved"));
  }).then(async (done) => {
    await reload();
    return done;
  });

const ownNature = ({ naturaleza, naturaleza_de: by }) => (by === "persona" ? naturaleza : null);

function automatic({ naturaleza, naturaleza_de: by }) {
  if (by === "persona" || naturaleza === null) return t("limits.nature.auto");
  return `${t("limits.nature.auto")}: ${t(`limits.nature.${naturaleza}`).toLowerCase()}`;
}

const Ends = ({ limits, change }) => html`
  <div class="row">
    ${ENDS.map((end) => html`<div class="grow" key=${end}><${End} end=${end} limits=${limits} change=${change} /></div>`)}
  </div>
  <p class="hint">${t("limits.how")}</p>
`;

/** What is being typed stays, whatever is drawn anew meanwhile. */
const End = ({ end, limits, change }) => {
  const [typed, setTyped] = useState(null);
  const onChange = async ({ target }) => {
    await change({ [end]: target.value === "" ? null : Number(target.value) });
    setTyped(null);
  };
  return html`
    <${Field}
      type="number"
      inputmode="decimal"
      step="any"
      disabled=${!may("miembro")}
      label=${t(`limits.${end}`, { unit: limits.unidad })}
      value=${typed ?? limits.persona[end] ?? ""}
      placeholder=${t("limits.auto")}
      onInput=${({ target }) => setTyped(target.value)}
      onChange=${onChange}
    />
  `;
};

/**
 * The two bounds as handles over a chart: dragged, or moved by arrow keys. `scale` is `{range, top, height}` of the
 * upright axis in its own unit and CSS pixels; `bounds` what they are at; `move(end, value)` while they are moved, and
 * `done(end, value)` once they are let go.
 */
export const Handles = ({ name, unit, scale, bounds, move, done }) =>
  ENDS.map(
    (end) =>
      html`<${Handle} key=${end} end=${end} name=${name} unit=${unit} scale=${scale} bounds=${bounds} move=${move} done=${done} />`,
  );

const Handle = ({ end, name, unit, scale: { range, top, height }, bounds, move, done }) => {
  const held = useRef(null);
  const [low, high] = range;
  const value = bounds[end] ?? (end === "min" ? low : high);
  const within = (wanted) => rounded(Math.min(high, Math.max(low, wanted)), range);
  const to = (wanted) => {
    held.current = within(wanted);
    move(end, held.current);
  };
  const letGo = () => {
    if (held.current !== null) done(end, held.current);
    held.current = null;
  };
  const follow = ({ currentTarget, clientY, buttons }) => {
    if (!buttons) return;
    const box = currentTarget.parentElement.getBoundingClientRect();
    to(high - ((clientY - box.top - top) / height) * (high - low));
  };
  const onKeyDown = (event) => {
    const steps = { ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1, PageUp: FAR, PageDown: -FAR };
    const way = steps[event.key];
    if (!way) return;
    event.preventDefault();
    to((held.current ?? value) + way * STEP * (high - low));
  };
  const shown = Math.min(high, Math.max(low, value));
  return html`
    <div
      class="limit"
      data-end=${end}
      role="slider"
      tabindex="0"
      aria-orientation="vertical"
      aria-label=${t(`limits.${end}.name`, { name })}
      aria-valuemin=${low}
      aria-valuemax=${high}
      aria-valuenow=${shown}
      aria-valuetext=${bounds[end] === null ? t("limits.none") : valueWords(value, false, unit)}
      style=${{ top: `${top + ((high - shown) / (high - low)) * height}px` }}
      onPointerDown=${(event) => event.currentTarget.setPointerCapture(event.pointerId)}
      onPointerMove=${follow}
      onPointerUp=${letGo}
      onKeyDown=${onKeyDown}
      onKeyUp=${letGo}
    ></div>
  `;
};
