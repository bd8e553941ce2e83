/** What people decide of a metric: between which values it has to stay, whether it is told of, and what it is. */
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { put } from "../../api.js";
import { may } from "../../house.js";
import { html } from "../../html.js";
import { useSettled } from "../../settling.js";
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
 * `known` is that of `useKnown`.
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
        <${Choice} limits=${limits} change=${change} />
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

/** Decide `change` of a metric, by whoever has seen `known`; true if it went well. The next waits for the one before. */
export const decide = (device, metric, change, known) => {
  const decided = async () => {
    const done = await attempt(async () => {
      const { edicion } = await put(
        `/dispositivos/${device.peek().id}/limites`,
        { [metric]: change },
        known.edition,
      );
      known.edition = edicion;
      toast(t("limits.saved"));
    });
    await known.reload();
    return done;
  };
  const mine = known.last.then(decided);
  known.last = mine;
  return mine;
};

/**
 * What is known of all metrics of a device, to decide by: `edition`, which is that of `bounds` or what has been made of it
 * since; `reload`; and `last`, which settles when nothing is being decided any more. `bounds` is of `useLoaded`.
 */
export function useKnown(bounds) {
  const known = useRef({
    edition: /** @type {string | undefined} */ (undefined),
    last: /** @type {Promise<unknown>} */ (Promise.resolve()),
    reload: bounds.reload,
  }).current;
  known.reload = bounds.reload;
  useLayoutEffect(() => {
    known.edition = bounds.value?.edicion;
  }, [bounds.value]);
  return known;
}

const ownNature = ({ naturaleza, naturaleza_de: by }) => (by === "persona" ? naturaleza : null);

function automatic({ naturaleza, naturaleza_de: by }) {
  if (by === "persona" || naturaleza === null) return t("limits.nature.auto");
  return `${t("limits.nature.auto")}: ${t(`limits.nature.${naturaleza}`).toLowerCase()}`;
}

/** What it is. By arrow keys each of those between is a change. */
const Choice = ({ limits, change }) => {
  const [chosen, setChosen] = useState(null);
  const settled = useSettled();
  const onChange = ({ target: { value } }) => {
    setChosen(value);
    settled.put(async () => {
      await change({ naturaleza: value || null });
      setChosen((now) => (now === value ? null : now));
    });
  };
  return html`
    <${Field} label=${t("limits.nature")} value=${chosen ?? ownNature(limits) ?? ""} disabled=${!may("miembro")}
      onChange=${onChange} onBlur=${settled.deliver}>
      <option value="">${automatic(limits)}</option>
      ${NATURES.map((nature) => html`<option key=${nature} value=${nature}>${t(`limits.nature.${nature}`)}</option>`)}
    <//>
  `;
};

const Ends = ({ limits, change }) => html`
  <div class="row">
    ${ENDS.map((end) => html`<div class="grow" key=${end}><${End} end=${end} limits=${limits} change=${change} /></div>`)}
  </div>
  <p class="hint">${t("limits.how")}</p>
`;

/** What is being typed stays, whatever is drawn anew meanwhile. */
const End = ({ end, limits, change }) => {
  const [typed, setTyped] = useState(null);
  const settled = useSettled();
  // Of a number each arrow key, and each press of its arrows, is a change.
  const onChange = ({ target: { value } }) =>
    settled.put(async () => {
      await change({ [end]: value === "" ? null : Number(value) });
      setTyped((now) => (now === value ? null : now));
    });
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
      onKeyUp=${({ key }) => key === "Enter" && settled.deliver()}
      onBlur=${settled.deliver}
    />
  `;
};

/**
 * The two bounds as handles over a chart: dragged, or moved by arrow keys. `scale` is `{range, top, height}` of the
 * upright axis in its own unit and CSS pixels; `bounds` what they are at; `move(end, value)` while they are moved, and
 * `done(end, value)` once they are let go; by keys, a while after the last.
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
  const settled = useSettled();
  const letGo = () => {
    if (held.current === null) return;
    settled.put(() => {
      const last = held.current;
      held.current = null;
      done(end, last);
    });
  };
  const release = () => {
    letGo();
    settled.deliver();
  };
  const follow = ({ currentTarget, clientY, buttons }) => {
    if (!buttons) return;
    const box = currentTarget.parentElement.getBoundingClientRect();
    to(high - ((clientY - box.top - top) / height) * (high - low));
  };
  const onKeyDown = (event) => {
    const steps = { ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1, PageUp: FAR, PageDown: -FAR };
    const way = steps[event.key];
    if (event.key === "Enter") release();
    if (!way) return;
    event.preventDefault();
    to((held.current ?? value) + way * STEP * (high - low));
    letGo();
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
      onPointerUp=${release}
      onKeyDown=${onKeyDown}
      onBlur=${release}
    ></div>
  `;
};
