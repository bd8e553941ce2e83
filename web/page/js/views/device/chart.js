/** A metric over time: its curve, what it says in numbers, and what the signs in it mean. */
import { useComputed, useSignal } from "@preact/signals";
import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import { may } from "../../house.js";
import { html } from "../../html.js";
import { Icon } from "../../icons.js";
import { isInvalid, nameOf, unitOf } from "../../kinds.js";
import { numberOf, readingAt } from "../../readings.js";
import { Failure, Loading, toast } from "../../ui.js";
import { t } from "../../words.js";
import { CompareDialog, compared } from "./compare.js";
import { columns, holds, shareOfTime, summary, verticalRange, withLast } from "./curve.js";
import { Legend, legendOf } from "./legend.js";
import { decide, Handles, Limits } from "./limits.js";
import { anomaliesOf, outagesOf } from "./marks.js";
import { metricTitle } from "./names.js";
import { savePicture } from "./picture.js";
import { curveWidth } from "./plot.js";
import { Scrubber } from "./scrubber.js";
import { useSeries } from "./series.js";
import { rangeName, valueWords } from "./wording.js";

/**
 * `device` is a signal. `share`: the metric is a yes or no, told as how much of the time it was yes. `findings` as of `readFindings`, or
 * undefined; `bounds` or `null`. `looking` is `{range, zoom(from, to), reset(), picked, pick(moment)}` of the view.
 */
export const Chart = ({ device, metric, sought, share, findings, bounds, limits, known, looking }) => {
  const figure = useRef(null);
  useEffect(() => {
    if (sought) figure.current.scrollIntoView({ block: "center" });
  }, []);
  const canvas = useSignal(null);
  const { near, width } = useBox(figure);
  const name = metricTitle(metric);
  const unit = share ? "" : unitOf(metric, device.peek());
  const series = useSeries(device.peek().id, metric, looking.range, curveWidth(width), near);
  const [draft, setDraft] = useState(null);
  const [beside, setBeside] = useState(null);
  const [comparing, setComparing] = useState(false);
  const others = useSeries(
    beside?.id,
    beside?.metric,
    looking.range,
    curveWidth(width),
    near && beside !== null,
  );
  const shown = useMemo(() => {
    if (!series.value) return undefined;
    const alone = drawing(series.value, {
      findings,
      metric,
      bounds: share ? null : bounds,
      limits,
      draft,
      share,
    });
    return beside && others.value
      ? { ...alone, ...compared(others.value, beside, unit, alone.vertical) }
      : alone;
  }, [series.value, findings, bounds, limits, draft, beside, others.value]);
  const save = useCallback(() => {
    savePicture(canvas.peek(), {
      title: `${name} · ${nameOf(device.peek())}`,
      subtitle: rangeName(looking.range),
      legend: legendOf(shown, { share, unit }),
      file: `${device.peek().serial_number}-${metric}-${looking.range.key}.png`,
    }).catch((error) => {
      console.error(error);
      toast(t("broken"), "bad");
    });
  }, [shown, looking.range, name, device]);
  const [open, setOpen] = useState(false);
  const held = draft ?? limits?.persona;
  const moves = useRef(0);
  const move = (end, value) => {
    moves.current += 1;
    setDraft({ ...held, [end]: value });
  };
  const done = async (end, value) => {
    const before = moves.current;
    await decide(device, metric, { [end]: value }, known);
    if (moves.current === before) setDraft(null);
  };
  const handles = (scale) => html`
    <${Handles}
      name=${name}
      unit=${unit}
      scale=${scale}
      bounds=${held}
      move=${move}
      done=${done}
    />
  `;
  const some = shown?.points.length > 0;
  return html`
    <figure class="card chart" ref=${figure} data-metric=${metric} aria-label=${name}>
      <figcaption class="row">
        <h2 class="grow">${name}</h2>
        ${
          !share &&
          html`<button type="button" class="quiet" onClick=${() => setComparing(true)}>
            <${Icon} name="compare" /><span class="hidden">${t("device.compare.title", { name })}</span>
          </button>`
        }
        <button type="button" class="quiet" disabled=${!some} onClick=${save}>
          <${Icon} name="download" /><span class="hidden">${t("device.picture", { name })}</span>
        </button>
      </figcaption>
      ${
        comparing &&
        html`<${CompareDialog} device=${device.peek()} metric=${metric} chosen=${beside} choose=${setBeside}
          close=${() => setComparing(false)} />`
      }
      ${series.error && html`<${Failure} error=${series.error} retry=${series.retry} />`}
      ${beside && others.error && html`<${Failure} error=${others.error} retry=${others.retry} />`}
      ${!shown && !series.error && html`<div class=${share ? "strip-space" : "chart-space"}><${Loading} /></div>`}
      ${shown && !some && html`<p class=${share ? "strip-space muted" : "chart-space muted"}>${t("device.nothing")}</p>`}
      ${
        some &&
        html`
          <${Summary} device=${device} metric=${metric} shown=${shown} share=${share} unit=${unit} live=${looking.range.until === null} />
          <${Scrubber} key=${shown.other?.unlike ? "two axes" : "one"} name=${name} shown=${shown} share=${share} unit=${unit} width=${width} looking=${looking} canvas=${canvas}
            over=${open && !share && limits && may("miembro") ? handles : null} />
          <${Legend} items=${legendOf(shown, { share, unit })} />
        `
      }
      ${
        limits &&
        html`<${Limits} device=${device} metric=${metric} name=${name} share=${share} limits=${limits}
          open=${open} setOpen=${setOpen} known=${known} />`
      }
    </figure>
  `;
};

/** What there is to draw of a series: see `Plot.show`, and the points themselves. */
function drawing({ points, step, span }, { findings, metric, bounds, limits, draft, share }) {
  const anomalies = findings ? anomaliesOf(findings.anomalies, metric) : [];
  return {
    points,
    step,
    span,
    columns: columns(points, step, span.until),
    shares: share ? holds(points, step, span.until) : [],
    vertical: share ? [0, 1] : verticalRange(points, anomalies, bounds),
    bounds: draft ?? bounds,
    own: draft ?? limits?.persona ?? null,
    other: null,
    anomalies,
    outages: findings ? outagesOf(findings.outages, findings.before, span) : [],
  };
}

/** While it is `live` with what the device has said last, which is no point of the curve: that is the mean of many. */
const Summary = ({ device, metric, shown, share, unit, live }) => {
  const last = useComputed(() =>
    isInvalid(device.value, metric) ? null : numberOf(readingAt(device.value.parametros, metric)),
  );
  const invalid = useComputed(() => isInvalid(device.value, metric));
  const of = withLast(summary(shown.points), live && !share ? last.value : null);
  const told = share
    ? [["device.share", valueWords(shareOfTime(shown.shares), share)]]
    : [
        ["device.low", valueWords(of.low, share, unit)],
        ["device.mean", valueWords(of.mean, share, unit)],
        ["device.high", valueWords(of.high, share, unit)],
      ];
  if (!share && live) {
    const words = last.value === null ? "–" : valueWords(last.value, false, unit);
    told.push(["device.last", invalid.value ? t("reading.invalid") : words]);
  }
  return html`
    <dl class="summary">
      ${told.map(([key, value]) => html`<div key=${key}><dt>${t(key)}</dt><dd>${value}</dd></div>`)}
    </dl>
  `;
};

/** `{near, width}`: whether it is in sight or nearly so, and the width of its content in CSS pixels. */
function useBox(element) {
  const [near, setNear] = useState(false);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const sight = new IntersectionObserver(([entry]) => setNear(entry.isIntersecting), {
      rootMargin: "300px 0px",
    });
    const size = new ResizeObserver(([entry]) => setWidth(Math.floor(entry.contentRect.width)));
    sight.observe(element.current);
    size.observe(element.current);
    return () => {
      sight.disconnect();
      size.disconnect();
    };
  }, []);
  return { near, width };
}
