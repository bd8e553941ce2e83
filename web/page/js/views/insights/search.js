/** Hold what a device has measured against what is normal today. */
import { useState } from "preact/hooks";
import { get } from "../../api.js";
import { moment } from "../../format.js";
import { devices } from "../../house.js";
import { html } from "../../html.js";
import { Icon } from "../../icons.js";
import { useLoaded } from "../../load.js";
import { partsOf, readingAt } from "../../readings.js";
import { Empty, Field, Form, Loaded } from "../../ui.js";
import { t } from "../../words.js";
import { metricTitle } from "../device/names.js";
import { normally, valueWords } from "./explain.js";
import { deviceOptions } from "./filters.js";
import { searchName } from "./running.js";
import { begin, isLost, keyOf, searches } from "./searches.js";

const DAYS = [1, 7, 30, 365];

export const Search = () => {
  const [deviceId, setDevice] = useState("");
  const metrics = useLoaded(async () => (deviceId ? readMetrics(deviceId) : []), [deviceId]);
  const submit = (form) =>
    begin(devices.peek().get(Number(deviceId)).peek(), form.get("metric"), Number(form.get("days")));
  return html`
    <section class="stack">
      <div class="card">
        <p class="muted">${t("insights.search.what")}</p>
        <${Form} label=${t("insights.search.go")} submit=${submit}>
          <div class="finding-filters">
            <${Field} label=${t("insights.search.device")} required value=${deviceId} onChange=${(event) => setDevice(event.target.value)}>
              <option value="">${t("insights.search.choose")}</option>
              ${deviceOptions(() => true)}
            <//>
            <${Loaded} of=${metrics}>${(names) => html`<${MetricField} names=${names} chosen=${deviceId !== ""} />`}<//>
            <${Field} label=${t("insights.search.days")} name="days">
              ${DAYS.map((days) => html`<option key=${days} value=${days} selected=${days === 7}>${t("insights.search.last_days", { n: days })}</option>`)}
            <//>
          </div>
        <//>
      </div>
      ${[...searches.value.values()]
        .toReversed()
        .map((search) => html`<${Result} key=${keyOf(search.deviceId, search.metric)} search=${search} />`)}
    </section>
  `;
};

/** What it measures: numbers that stand by themselves, as the rule looks at no others. */
async function readMetrics(deviceId) {
  const { metricas } = await get(`/dispositivos/${deviceId}/estadisticas`);
  const { parametros } = devices.peek().get(Number(deviceId)).peek();
  return metricas.filter(
    (name) =>
      name !== "encendido" && partsOf(name).length === 1 && typeof readingAt(parametros, name) !== "boolean",
  );
}

const MetricField = ({ names, chosen }) => html`
  <${Field}
    label=${t("insights.search.metric")}
    name="metric"
    required
    disabled=${names.length === 0}
    hint=${chosen && names.length === 0 ? t("insights.search.no_metrics") : undefined}
  >
    ${names.map((name) => html`<option key=${name} value=${name}>${metricTitle(name)}</option>`)}
  <//>
`;

const Result = ({ search }) => {
  const device = devices.value.get(search.deviceId)?.peek() ?? { kind: "generico" };
  return html`
    <section class="card" aria-label=${searchName(search)}>
      <h2>${capital(searchName(search))}</h2>
      <p role="status">${outcome(search)}</p>
      ${!search.done && !isLost(search) && html`<progress class="grow" max="100" value=${search.progress} aria-label=${searchName(search)}></progress>`}
      ${search.done?.anomalies === 0 && search.done.readings > 0 && html`<${Empty} icon="check" title=${t("insights.search.all_normal")} />`}
      <ul class="list">
        ${search.found.map(
          (finding) => html`
            <li key=${`${finding.ts_utc}/${finding.value}`}>
              <span class="tile finding-tile" data-tone="warn"><${Icon} name="warning" /></span>
              <div class="grow">
                <strong>${valueWords(finding)}</strong>
                <span class="muted"> · <time datetime=${finding.ts_utc}>${moment(finding.ts_utc)}</time></span>
                <p class="hint">${normally(finding, device)}</p>
              </div>
            </li>
          `,
        )}
      </ul>
    </section>
  `;
};

function outcome(search) {
  if (isLost(search)) return t("insights.search.lost");
  if (!search.done) return t("insights.search.busy");
  const { readings, anomalies } = search.done;
  if (readings === 0) return t("insights.search.no_readings");
  const shown =
    search.found.length < anomalies ? ` ${t("insights.search.shown", { n: search.found.length })}` : "";
  return `${t("insights.search.done", { n: anomalies, readings })}${shown}`;
}

const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
