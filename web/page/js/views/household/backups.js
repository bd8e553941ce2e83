/** The verified copies of everything, and one more when it is asked for. For admins. */
import { useEffect, useState } from "preact/hooks";
import { get, post } from "../../api.js";
import { Commands } from "../../console.js";
import { bytes, moment } from "../../format.js";
import { html } from "../../html.js";
import { useLoaded } from "../../load.js";
import { attempt, Empty, Loaded, toast } from "../../ui.js";
import { t } from "../../words.js";
import { readHealth } from "./health.js";

const LOOK_EVERY_MS = 3_000;

export const Backups = () => {
  const copies = useLoaded(() => get("/copias"), []);
  const health = useLoaded(readHealth, []);
  const [asking, setAsking] = useState(false);
  const making = copies.value?.some((copy) => copy.bytes === null) ?? false;
  const look = () => Promise.all([copies.reload(), health.reload()]);
  // A large one is told as begun; it is done when it has a size.
  useEffect(() => {
    if (!making) return undefined;
    const timer = setInterval(look, LOOK_EVERY_MS);
    return () => clearInterval(timer);
  }, [making]);
  const make = async () => {
    setAsking(true);
    await attempt(async () => {
      const made = await post("/copias");
      toast(t(made.bytes === null ? "household.backups.begun" : "household.backups.made"));
    });
    await look();
    setAsking(false);
  };
  const whole = copies.value?.some((copy) => copy.bytes !== null);
  const problem = health.value?.base_de_datos?.error_de_copia;
  return html`
    <div class="stack">
      <p class="muted">${t("household.backups.what")}</p>
      ${problem && html`<div class="failure" role="alert"><p>${t("household.backups.failed", { why: problem })}</p></div>`}
      <div class="actions">
        <button type="button" class="primary" disabled=${asking || making} aria-busy=${asking || making} onClick=${make}>
          ${t(asking || making ? "household.backups.making" : "household.backups.make")}
        </button>
      </div>
      <${Loaded} of=${copies}>
        ${(all) =>
          all.length
            ? html`<ul class="card list">${all.map((copy) => html`<${Copied} key=${copy.nombre} copy=${copy} />`)}</ul>`
            : html`<${Empty} icon="download" title=${t("household.backups.none")} />`}
      <//>
      ${whole && html`<p class="muted">${t("household.backups.restore")}<br /><${Commands} words=${["restore"]} /></p>`}
    </div>
  `;
};

const Copied = ({ copy }) => html`
  <li>
    <p class="grow"><strong>${moment(copy.creada_en)}</strong><br /><code class="muted">${copy.nombre}</code></p>
    <span class="number">${copy.bytes === null ? t("household.backups.making") : bytes(copy.bytes)}</span>
  </li>
`;
