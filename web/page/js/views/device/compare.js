/** What a chart is compared with: a metric of this or another device. */
import { useState } from "preact/hooks";
import { get } from "../../api.js";
import { devices } from "../../house.js";
import { html } from "../../html.js";
import { nameOf, unitOf } from "../../kinds.js";
import { useLoaded } from "../../load.js";
import { readingAt } from "../../readings.js";
import { Dialog, Field, Form, Loaded } from "../../ui.js";
import { language, t } from "../../words.js";
import { columns, joined, verticalRange } from "./curve.js";
import { metricTitle } from "./names.js";

/** Whether a metric of a device is a yes or no, which is told as how much of the time it was yes. */
export const isShare = (device, metric) =>
  metric === "encendido" || typeof readingAt(device.parametros, metric) === "boolean";

/** `chosen` is `{id, metric}` or `null`; `choose` is told it, and `null` where it is to be taken away. */
export const CompareDialog = ({ device, metric, chosen, choose, close }) => {
  const [id, setId] = useState(chosen?.id ?? device.id);
  const [wanted, setWanted] = useState(chosen?.metric ?? "");
  const metrics = useLoaded(async () => (await get(`/dispositivos/${id}/estadisticas`)).metricas, [id]);
  const all = [...devices.value.values()]
    .map((each) => each.peek())
    .filter((each) => each.reclamado || each.id === device.id)
    .sort((one, other) => nameOf(one).localeCompare(nameOf(other), language.value));
  const other = all.find((each) => each.id === id) ?? device;
  const submit = async () => {
    choose({ id, metric: wanted });
    close();
  };
  return html`
    <${Dialog} title=${t("device.compare.title", { name: metricTitle(metric) })} close=${close}>
      <${Form} label=${t("device.compare")} submit=${submit} beside=${
        chosen &&
        html`<button type="button" onClick=${() => {
          choose(null);
          close();
        }}>${t("device.compare.stop")}</button>`
      }>
        <${Field} label=${t("device.compare.device")} value=${id} onChange=${({ target }) => {
          setId(Number(target.value));
          setWanted("");
        }}>
          ${all.map((each) => html`<option key=${each.id} value=${each.id}>${nameOf(each)}</option>`)}
        <//>
        <${Loaded} of=${metrics}>
          ${(names) => html`
            <${Field} label=${t("device.compare.metric")} value=${wanted} required onChange=${({ target }) => setWanted(target.value)}>
              <option value=""></option>
              ${names
                .filter((name) => !isShare(other, name) && !(id === device.id && name === metric))
                .map((name) => html`<option key=${name} value=${name}>${metricTitle(name)}</option>`)}
            <//>
          `}
        <//>
      <//>
    <//>
  `;
};

/** What there is to draw of what a chart is compared with, and the upright range of the chart itself then. */
export function compared({ points, step, span }, { id, metric }, unit, vertical) {
  const device = devices.peek().get(id)?.peek();
  const ownUnit = unitOf(metric, device);
  const own = verticalRange(points, [], null);
  const unlike = ownUnit !== unit;
  const both = unlike ? vertical : joined(vertical, own);
  return {
    vertical: both,
    other: {
      columns: columns(points, step, span.until),
      vertical: unlike ? own : both,
      unlike,
      unit: ownUnit,
      name: `${device ? nameOf(device) : id} · ${metricTitle(metric)}`,
    },
  };
}
