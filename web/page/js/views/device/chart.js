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
import { columns, holds, summary, verticalRange } from "./curve.js";
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
export const Chart = ({ device, metric, share, findings, bounds, limits, known, looking }) => {
  const figure = useRef(null);
  const canvas = useSignal(null);
  const { near, width } = useBox(figure);
  const name = metricTitle(metric);
  const unit = share ? "" : unitOf(metric);
  const series = useSeries(device.peek().id, metric, looking.range, curveWidth(width), near);
  const [draft, setDraft] = useState(null);
  const shown = useMemo(
    () =>
      series.value &&
      drawing(series.value, { findings, metric, bounds: share ? null : bounds, draft, share }),
    [series.value, findings, bounds, draft],
  );
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
  const handles = (scale) => html`
    <${Handles}
      name=${name}
      unit=${unit}
      scale=${scale}
      bounds=${held}
      move=${(end, value) => setDraft({ ...held, [end]: value })}
      done=${(end, value) => decide(device, metric, { [end]: value }, known).then(() => setDraft(null))}
    />
  `;
  const some = shown?.points.length > 0;
  return html`
    <figure class="card chart" ref=${figure} data-metric=${metric} aria-label=${name}>
      <figcaption class="row">
        <h2 class="grow">${name}</h2>
        <button type="button" class="quiet" disabled=${!some} onClick=${save}>
          <${Icon} name="download" /><span class="hidden">${t("device.picture", { name })}</span>
        </button>
      </figcaption>
      ${series.error && html`<${Failure} error=${series.error} retry=${series.retry} />`}
      ${!shown && !series.error && html`<div class=${share ? "strip-space" : "chart-space"}><${Loading} /></div>`}
      ${shown && !some && html`<p class=${share ? "strip-space muted" : "chart-space muted"}>${t("device.nothing")}</p>`}
      ${
        some &&
        html`
          <${Summary} of=${summary(shown.points)} share=${share} unit=${unit}>
            ${!share && looking.range.until === null && html`<${Last} device=${device} metric=${metric} unit=${unit} />`}
          <//>
          <${Scrubber} name=${name} shown=${shown} share=${share} unit=${unit} width=${width} looking=${looking} canvas=${canvas}
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
function drawing({ points, step, span }, { findings, metric, bounds, draft, share }) {
  const anomalies = findings ? anomaliesOf(findings.anomalies, metric) : [];
  return {
    points,
    step,
    span,
    columns: columns(points, step, span.until),
    shares: share ? holds(points, step, span.until) : [],
    vertical: share ? [0, 1] : verticalRange(points, anomalies, bounds),
    bounds: draft ?? bounds,
    anomalies,
    outages: findings ? outagesOf(findings.outages, findings.before, span) : [],
  };
}

const Summary = ({ of, share, unit, children }) => {
  const told = share
    ? [["device.share", valueWords(of.mean, share)]]
    : [
        ["device.low", valueWords(of.low, share, unit)],
        ["device.mean", valueWords(of.mean, share, unit)],
        ["device.high", valueWords(of.high, share, unit)],
      ];
  return html`
    <dl class="summary">
      ${told.map(([key, value]) => html`<div key=${key}><dt>${t(key)}</dt><dd>${value}</dd></div>`)}
      ${children}
    </dl>
  `;
};

/** What the device has said last: no point of the curve, which is the mean of many. */
const Last = ({ device, metric, unit }) => {
  const words = useComputed(() => {
    if (isInvalid(device.value, metric)) return t("reading.invalid");
    const value = numberOf(readingAt(device.value.parametros, metric));
    return value === null ? "–" : valueWords(value, false, unit);
  });
  return html`<div><dt>${t("device.last")}</dt><dd>${words}</dd></div>`;
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
