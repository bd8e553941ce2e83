/** Lists that go on for long, read a page at a time by the id of the last one shown. */
import { useState } from "preact/hooks";
import { get } from "../../api.js";
import { html } from "../../html.js";
import { useLoaded } from "../../load.js";
import { attempt, Empty, Loaded } from "../../ui.js";
import { t } from "../../words.js";

const PER_PAGE = 50;

/** `path` answers `{data: [{id, …}]}`, newest first; `children(rows)` shows all that have been read. */
export const Pages = ({ path, none, children }) => {
  const first = useLoaded(() => page(path, null), [path]);
  const [older, setOlder] = useState({ rows: [], over: false });
  const more = (last) =>
    attempt(async () => {
      const rows = await page(path, last.id);
      setOlder({ rows: [...older.rows, ...rows], over: rows.length < PER_PAGE });
    });
  return html`
    <${Loaded} of=${first}>
      ${(newest) => {
        const rows = [...newest, ...older.rows];
        if (rows.length === 0) return html`<${Empty} icon="check" title=${none} />`;
        return html`
          ${children(rows)}
          ${
            newest.length === PER_PAGE &&
            !older.over &&
            html`<div class="actions"><button type="button" onClick=${() => more(rows.at(-1))}>${t("household.more")}</button></div>`
          }
        `;
      }}
    <//>
  `;
};

/**
 * @param {"/auditoria" | "/diagnostico/rechazados"} path
 * @param {number | null} before
 * @returns {Promise<{ id: number }[]>}
 */
async function page(path, before) {
  const older = before === null ? "" : `&antes=${before}`;
  const { data } = await get(`${path}?per_page=${PER_PAGE}${older}`);
  return data;
}
