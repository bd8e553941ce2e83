/** What of the house is shown: words to search, a state, a kind. Kept in the address, and while one looks elsewhere. */
import { computed, effect, signal } from "@preact/signals";
import { html } from "../../html.js";
import { Icon } from "../../icons.js";
import { kindName } from "../../kinds.js";
import { ask, query, route } from "../../route.js";
import { t } from "../../words.js";
import { addressOf, soughtBy } from "./address.js";
import { STATES } from "./sift.js";

const EVERYTHING = soughtBy("");

export const sought = signal(EVERYTHING);
/** The same, as it stands in the address of the view: "?buscar=luz"; "" where it is everything. */
export const soughtHere = computed(() => {
  const told = addressOf(sought.value);
  return told && `?${told}`;
});

effect(() => {
  if (route.value[0] !== "") return;
  if (query.value) sought.value = soughtBy(query.value);
  // A link that leads back says nothing of it.
  else ask(addressOf(sought.peek()));
});

const seek = (change) => {
  sought.value = { ...sought.peek(), ...change };
  ask(addressOf(sought.peek()));
};

export const seekEverything = () => seek(EVERYTHING);

/** `kinds` are those that there are. */
export const Filters = ({ kinds }) => html`
  <search class="filters">
    <label class="search">
      <${Icon} name="search" />
      <span class="hidden">${t("devices.search")}</span>
      <input
        type="search"
        placeholder=${t("devices.search.hint")}
        value=${sought.value.words}
        onInput=${(event) => seek({ words: event.target.value })}
      />
    </label>
    <div class="states" role="group" aria-label=${t("devices.show")}>
      ${STATES.map(
        (state) => html`
          <button
            type="button"
            key=${state}
            aria-pressed=${sought.value.state === state ? "true" : "false"}
            onClick=${() => seek({ state })}
          >${t(`devices.state.${state}`)}</button>
        `,
      )}
    </div>
    <select
      class="kinds"
      aria-label=${t("devices.kind")}
      value=${sought.value.kind}
      onChange=${(event) => seek({ kind: event.target.value })}
    >
      <option value="">${t("devices.kind.all")}</option>
      ${kinds.map((kind) => html`<option key=${kind} value=${kind}>${kindName(kind)}</option>`)}
    </select>
  </search>
`;
