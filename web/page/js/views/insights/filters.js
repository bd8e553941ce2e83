/** Which findings are shown. Kept while the page is open. */
import { signal } from "@preact/signals";
import { devices } from "../../house.js";
import { html } from "../../html.js";
import { nameOf } from "../../kinds.js";
import { Field } from "../../ui.js";
import { RULES } from "../../vocabulary.js";
import { language, t } from "../../words.js";

const STATES = ["open", "decided"];
const ALL = { rule: "", device: "", state: "" };

/** "" is any, in each of the three. */
export const wanted = signal(ALL);

export const wantAll = () => {
  wanted.value = ALL;
};

const want = (key) => (event) => {
  wanted.value = { ...wanted.value, [key]: event.target.value };
};

export const Filters = () => html`
  <search class="finding-filters">
    <${Field} label=${t("insights.filter.rule")} value=${wanted.value.rule} onChange=${want("rule")}>
      <option value="">${t("insights.filter.rule.all")}</option>
      ${Object.keys(RULES).map((rule) => html`<option key=${rule} value=${rule}>${t(`insights.rules.${rule}`)}</option>`)}
    <//>
    <${Field} label=${t("insights.filter.device")} value=${wanted.value.device} onChange=${want("device")}>
      <option value="">${t("insights.filter.device.all")}</option>
      ${deviceOptions((device) => device.reclamado)}
    <//>
    <${Field} label=${t("insights.filter.state")} value=${wanted.value.state} onChange=${want("state")}>
      <option value="">${t("insights.filter.state.all")}</option>
      ${STATES.map((state) => html`<option key=${state} value=${state}>${t(`insights.filter.state.${state}`)}</option>`)}
    <//>
  </search>
`;

/** The devices for which `test(device)` holds, by name; those of one name are told apart by serial number. */
export function deviceOptions(test) {
  const all = [...devices.value.values()].map((device) => device.peek()).filter(test);
  const names = all.map(nameOf);
  const shared = new Set(names.filter((name, n) => names.indexOf(name) !== n));
  return all
    .map((device) => ({ id: device.id, name: nameOf(device), serial: device.serial_number }))
    .sort((one, other) => one.name.localeCompare(other.name, language.value, { numeric: true }))
    .map(
      ({ id, name, serial }) =>
        html`<option key=${id} value=${id}>${shared.has(name) ? `${name} (${serial})` : name}</option>`,
    );
}
