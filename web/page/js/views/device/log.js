/** Who has changed the device, and all that it has reported, newest first, a page at a time. */
import { useEffect, useState } from "preact/hooks";
import { get } from "../../api.js";
import { moment } from "../../format.js";
import { onReport } from "../../house.js";
import { html } from "../../html.js";
import { metricName, readingOf } from "../../kinds.js";
import { useLoaded } from "../../load.js";
import { flat } from "../../readings.js";
import { Empty, Loaded } from "../../ui.js";
import { t } from "../../words.js";
import { Entries } from "../logbook/entries.js";
import { stateWords } from "./names.js";

const PER_PAGE = 50;
// How many have come is asked at most this often, however many come.
const COUNT_EVERY_MS = 3_000;

const read = (id, page, perPage) => get(`/dispositivos/${id}/logs?page=${page}&per_page=${perPage}`);

export const Log = ({ device }) => {
  const { id } = device.peek();
  const [page, setPage] = useState(1);
  const rows = useLoaded(() => read(id, page, PER_PAGE), [id, page]);
  const newer = useNewer(id, rows.value?.total);
  const showNewest = () => (page === 1 ? rows.reload() : setPage(1));
  return html`
    <section class="stack">
      <h2>${t("logbook.here")}</h2>
      <${Entries} asked=${`&dispositivo=${id}`} many=${10} linked=${false} />
    </section>
    <section class="stack" aria-busy=${rows.loading ? "true" : "false"}>
      <h2>${t("logbook.reports")}</h2>
      <div role="status">
        ${newer > 0 && html`<button type="button" onClick=${showNewest}>${t("device.log.newer", { n: newer })}</button>`}
      </div>
      <${Loaded} of=${rows}>
        ${(told) =>
          told.total === 0
            ? html`<${Empty} icon="pending" title=${t("device.log.none")} />`
            : html`<${Rows} rows=${told.data} device=${device.peek()} /><${Pager} of=${told} go=${setPage} />`}
      <//>
    </section>
  `;
};

const Rows = ({ rows, device }) => html`
  <div class="scroll" tabindex="0" role="group" aria-label=${t("device.tab.registro")}>
    <table class="log">
      <thead>
        <tr><th>${t("device.log.when")}</th><th>${t("device.log.state")}</th><th>${t("device.log.readings")}</th></tr>
      </thead>
      <tbody>
        ${rows.map(
          ({ timestamp, estado, parametros }) => html`
            <tr>
              <td><time datetime=${timestamp}>${moment(timestamp, { dateStyle: "short", timeStyle: "medium" })}</time></td>
              <td>${stateWords({ ...device, parametros }, estado)}</td>
              <td>${
                flat(parametros)
                  .map(([name, value]) => `${metricName(name)}: ${readingOf(name, value)}`)
                  .join(" · ") || "–"
              }</td>
            </tr>
          `,
        )}
      </tbody>
    </table>
  </div>
`;

const Pager = ({ of: { page, pages, total }, go }) => html`
  <nav class="spread" aria-label=${t("device.log.pages")}>
    <button type="button" disabled=${page <= 1} onClick=${() => go(page - 1)}>${t("device.log.newer_page")}</button>
    <span class="muted">${t("device.log.page", { page, pages, total })}</span>
    <button type="button" disabled=${page >= pages} onClick=${() => go(page + 1)}>${t("device.log.older_page")}</button>
  </nav>
`;

/** How many rows have come since there were `total`. */
function useNewer(id, total) {
  const [newer, setNewer] = useState(0);
  useEffect(() => {
    setNewer(0);
    if (total === undefined) return undefined;
    let timer = 0;
    let over = false;
    const count = async () => {
      timer = 0;
      const now = await read(id, 1, 1).catch(() => null); // the next report asks again
      if (now && !over) setNewer(Math.max(0, now.total - total));
    };
    const deafen = onReport((device) => {
      if (device.id === id) timer ||= setTimeout(count, COUNT_EVERY_MS);
    });
    return () => {
      over = true;
      clearTimeout(timer);
      deafen();
    };
  }, [id, total]);
  return newer;
}
