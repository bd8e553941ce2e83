/** One device: what it is, its history, its week, its log, its settings. */
import { useSignal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import { devices, gone, known, may } from "../house.js";
import { html } from "../html.js";
import { Icon } from "../icons.js";
import { later } from "../later.js";
import { query } from "../route.js";
import { Empty, Failure, Loading, Tabs } from "../ui.js";
import { t } from "../words.js";
import { Configuration } from "./device/configuration.js";
import { History } from "./device/history.js";
import { Identity } from "./device/identity.js";
import { Forget, Leaving } from "./device/leaving.js";
import { Log } from "./device/log.js";
import { RANGES, rangeIn } from "./device/ranges.js";

const TABS = ["", "horario", "registro", "ajustes"];
// What nobody has claimed yet has no settings.
const UNCLAIMED_TABS = ["", "registro"];

const hrefOf = (id, tab) => `#/dispositivo/${id}${tab && `/${tab}`}`;

/** `path` is `[id]` or `[id, tab]`. */
export const DevicePage = ({ path: [id, tab = ""] }) => {
  const device = devices.value.get(Number(id));
  const range = useSignal(rangeIn(query.peek()) ?? RANGES[2]);
  if (!device && !known.value) return html`<${Loading} />`;
  if (!device) return html`<${Unknown} name=${gone.value.get(Number(id))} />`;
  const claimed = device.value.reclamado;
  const tabs = claimed ? TABS : UNCLAIMED_TABS;
  const shown = tabs.includes(tab) ? tab : "";
  return html`
    <div class="stack device-page">
      <${Identity} device=${device} range=${range} />
      ${!claimed && html`<${Unclaimed} device=${device.value} />`}
      <${Tabs}
        label=${t("device.tabs")}
        tabs=${tabs.map((each) => ({ href: hrefOf(id, each), word: t(`device.tab.${each || "history"}`) }))}
        current=${hrefOf(id, shown)}
      />
      ${shown === "" && html`<${History} device=${device} range=${range} />`}
      ${shown === "horario" && html`<${WeekTab} device=${device.value} />`}
      ${shown === "registro" && html`<${Log} device=${device} />`}
      ${shown === "ajustes" && html`<${Configuration} device=${device.value} /><${Leaving} device=${device.value} />`}
    </div>
  `;
};

/** `name` is that of one that was there a moment ago. */
const Unknown = ({ name }) => html`
  <h1 class="hidden">${t("devices.title")}</h1>
  <${Empty} icon="warning" title=${name ? t("device.gone", { name }) : t("device.unknown")}>
    <p>${t(name ? "device.gone.why" : "device.unknown.why")}</p>
    <a class="button" href="#/">${t("device.all")}</a>
  <//>
`;

const Unclaimed = ({ device }) => html`
  <p class="notice">
    <${Icon} name="add" />
    <span class="grow">${t("device.unclaimed")}</span>
    ${
      may("miembro") &&
      html`
        <${Forget} device=${device} />
        <a class="button primary" href=${`#/reclamar/${encodeURIComponent(device.serial_number)}`}>${t("device.claim")}</a>
      `
    }
  </p>
`;

/** The week's editor, fetched when it is gone to. */
const WeekTab = ({ device }) => {
  const [Week, setWeek] = useState(null);
  const [error, setError] = useState(null);
  const fetchWeek = () => {
    setError(null);
    later(() => import("./week.js")).then((module) => setWeek(() => module.Week), setError);
  };
  useEffect(fetchWeek, []);
  if (error) return html`<${Failure} error=${error} retry=${fetchWeek} />`;
  return Week ? html`<${Week} device=${device} />` : html`<${Loading} />`;
};
