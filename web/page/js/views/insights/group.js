/** What was found in one device on one day: its cards, and to put aside at once what is only to be seen. */
import { useState } from "preact/hooks";
import { devices, may } from "../../house.js";
import { html } from "../../html.js";
import { nameOf } from "../../kinds.js";
import { attempt, toast } from "../../ui.js";
import { t } from "../../words.js";
import { FindingCard } from "./card.js";
import { dismissAll, toBeSeen } from "./decisions.js";

// More of one device are a list to be opened.
const SHOWN = 3;

/** `seenBefore` is the id of the newest that is not new. */
export const Group = ({ device, findings, seenBefore }) => {
  const card = (finding) => html`
    <${FindingCard} key=${finding.evento_id} finding=${finding} isNew=${finding.evento_id > seenBefore} />
  `;
  if (findings.length === 1) return card(findings[0]);
  const known = devices.value.get(device)?.peek();
  const name = known ? nameOf(known) : findings[0].serial_number;
  const rest = findings.slice(SHOWN);
  return html`
    <section class="stack finding-group" aria-label=${name}>
      <div class="spread finding-group-head">
        <p><strong>${name}</strong> <span class="muted">${t("insights.group", { n: findings.length })}</span></p>
        <${PutAside} findings=${findings} of=${name} />
      </div>
      ${findings.slice(0, SHOWN).map(card)}
      ${
        rest.length > 0 &&
        html`<details class="stack"><summary>${t("insights.group.rest", { n: rest.length })}</summary>${rest.map(card)}</details>`
      }
    </section>
  `;
};

/** Where there is more than one to be put aside: all of them, which `of` names for who hears the button alone. */
export const PutAside = ({ findings, of }) => {
  const [busy, setBusy] = useState(false);
  const open = toBeSeen(findings);
  if (open.length < 2 || !may("miembro")) return null;
  const putAside = async () => {
    setBusy(true);
    await attempt(async () => toast(t("insights.put_aside.done", { n: await dismissAll(open) })));
    setBusy(false);
  };
  const words = t("insights.put_aside.all", { n: open.length });
  return html`
    <button type="button" class="quiet" disabled=${busy} aria-label=${`${words}: ${of}`} onClick=${putAside}>${words}</button>
  `;
};
