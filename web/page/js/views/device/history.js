/** All metrics of a device over one range of time. */
import { useComputed } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import { get } from "../../api.js";
import { fresh } from "../../house.js";
import { html } from "../../html.js";
import { mainMetric } from "../../kinds.js";
import { useLoaded } from "../../load.js";
import { query } from "../../route.js";
import { Empty, Failure, Loaded } from "../../ui.js";
import { t } from "../../words.js";
import { Chart } from "./chart.js";
import { isShare } from "./compare.js";
import { boundsOf, readBounds, readFindings } from "./findings.js";
import { useKnown } from "./limits.js";
import { fitting, metricIn, RANGES, zoomed } from "./ranges.js";
import { rangeName } from "./wording.js";

/** `range` is the signal of what is looked at, whose value is one of ranges.js. A report draws no chart by itself. */
export const History = ({ device, range }) => {
  const { id } = device.peek();
  const metrics = useLoaded(async () => {
    const { metricas, desde } = await get(`/dispositivos/${id}/estadisticas`);
    // What has just come has told little: that is shown, unless somebody has chosen by now.
    if (desde && range.peek() === RANGES[2])
      range.value = fitting(Date.now() / 1000 - Date.parse(desde) / 1000);
    return metricas;
  }, [id]);
  const findings = useLoaded(() => readFindings(id, range.value), [id, range.value]);
  const edition = useComputed(() => device.value.edicion).value;
  const bounds = useLoaded(() => readBounds(id), [id, edition]);
  const known = useKnown(bounds);
  const looking = useLooking(range);
  const [sought] = useState(metricIn(query.peek()));
  const newest = fresh.value.find((finding) => finding.dispositivo_id === id)?.evento_id;
  useEffect(() => {
    if (newest) findings.reload();
  }, [newest]);
  return html`
    <div class="stack">
      <${Toolbar} looking=${looking} />
      ${
        (findings.error || bounds.error) &&
        html`<${Failure} error=${findings.error ?? bounds.error} retry=${() => {
          findings.reload();
          bounds.reload();
        }} />`
      }
      <${Loaded} of=${metrics}>
        ${(names) =>
          names.length === 0
            ? html`<${Empty} icon="pending" title=${t("device.no_metrics")}><p>${t("device.no_metrics.why")}</p><//>`
            : html`
              <div class="charts">
                ${ordered(telling(names, device.peek()), sought ?? mainMetric(device.peek())).map(
                  (metric) => html`
                    <${Chart}
                      key=${metric}
                      device=${device}
                      metric=${metric}
                      sought=${metric === sought}
                      share=${isShare(device.peek(), metric)}
                      findings=${findings.value}
                      bounds=${boundsOf(bounds.value?.data, metric)}
                      limits=${boundsOf(bounds.value?.medidas, metric)}
                      known=${known}
                      looking=${looking}
                    />
                  `,
                )}
              </div>
            `}
      <//>
    </div>
  `;
};

// What says more of it than that it is on: of a sensor anything, as it is always on.
const MORE = {
  __proto__: null,
  sensor: () => true,
  position: (name) => name === "posicion",
  lock: (name) => name === "bloqueada",
};

/** All but whether it was on, where another metric says that better. */
function telling(names, { capability }) {
  const others = names.filter((name) => name !== "encendido");
  return others.some(MORE[capability] ?? (() => false)) ? others : names;
}

/** What is looked for first, or else what its kind lives by; whether it was on matters less than other readings. */
function ordered(names, first) {
  const rank = (name) => (name === first ? 0 : name === "encendido" ? 2 : 1);
  return [...names].sort((one, other) => rank(one) - rank(other));
}

/** How the range is changed: by choosing one, dragging over a chart, or picking its two ends. */
function useLooking(range) {
  const [picking, setPicking] = useState(false);
  const [picked, setPicked] = useState(null);
  const home = useRef(RANGES[2]);
  if (range.value.until === null) home.current = range.value;
  const stop = () => {
    setPicking(false);
    setPicked(null);
  };
  const zoom = (from, to) => {
    stop();
    range.value = zoomed(from, to);
  };
  return {
    range: range.value,
    picking,
    picked,
    zoom,
    choose: (one) => {
      stop();
      range.value = one;
    },
    reset: () => {
      stop();
      range.value = home.current;
    },
    startPicking: () => setPicking(true),
    stop,
    pick: (moment) => {
      if (!picking) return;
      if (picked === null) setPicked(moment);
      else zoom(picked, moment);
    },
  };
}

const Toolbar = ({ looking }) => html`
  <div class="spread">
    <div class="segments" role="group" aria-label=${t("device.ranges")}>
      ${RANGES.map(
        (one) => html`
          <button
            type="button"
            key=${one.key}
            aria-pressed=${looking.range.key === one.key ? "true" : "false"}
            onClick=${() => looking.choose(one)}
          >${t(`device.range.${one.key}.short`)}<span class="hidden"> (${t(`device.range.${one.key}`)})</span></button>
        `,
      )}
    </div>
    <div class="actions">
      ${
        looking.picking
          ? html`<button type="button" onClick=${looking.stop}>${t("cancel")}</button>`
          : html`<button type="button" onClick=${looking.startPicking}>${t("device.zoom")}</button>`
      }
      ${looking.range.until !== null && html`<button type="button" onClick=${looking.reset}>${t("device.unzoom")}</button>`}
    </div>
  </div>
  <p class="muted" role="status">
    ${looking.picking ? t(looking.picked === null ? "device.zoom.from" : "device.zoom.to") : rangeName(looking.range)}
    ${!looking.picking && ` · ${t("device.cursor.hint")}`}
  </p>
`;
