/** Searches that are going on, a line each. */
import { devices } from "../../house.js";
import { html } from "../../html.js";
import { metricName, nameOf } from "../../kinds.js";
import { t } from "../../words.js";
import { isRunning, searches } from "./searches.js";

/** "Temperatura de Sensor Temp". */
export const searchName = ({ deviceId, serial, metric }) => {
  const device = devices.value.get(deviceId)?.peek();
  return t("insights.search.of", { metric: metricName(metric), name: device ? nameOf(device) : serial });
};

export const Running = () => html`
  ${[...searches.value.values()].filter(isRunning).map(
    (search) => html`
      <a key=${`${search.deviceId}/${search.metric}`} class="searching" href="#/avisos/buscar">
        <span class="grow">${t("insights.search.running", { what: searchName(search) })}</span>
        <progress max="100" value=${search.progress} aria-label=${searchName(search)}></progress>
      </a>
    `,
  )}
`;
