/** Claiming one device, from its form to its place in the house. */
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { html } from "../../html.js";
import { Icon } from "../../icons.js";
import { kindName, nameOf } from "../../kinds.js";
import { Empty, told } from "../../ui.js";
import { t } from "../../words.js";
import { claim, putIn, scanned } from "./claiming.js";
import { ClaimForm } from "./form.js";
import { heard } from "./heard.js";

/** @typedef {{ step: string, name?: string, id?: number, problem?: string | null }} Step */

export const Claiming = ({ serial }) => {
  const device = heard(serial)?.peek();
  const [body] = useState(() => bodyFor(serial, device));
  /** @type {[Step, (step: Step) => void]} */
  const [state, setState] = useState({ step: device?.reclamado ? "taken" : "form" });
  const waiting = useRef(null);
  useEffect(() => () => waiting.current?.abort(), []);

  const submit = async (wish, room) => {
    waiting.current = new AbortController();
    const unheard = () => setState({ step: "waiting", name: wish.nombre });
    try {
      const id = await claim(wish, { unheard, stop: waiting.current.signal });
      if (id === null) return setState({ step: "form" });
      const problem = await problemOf(() => room && putIn(id, room));
      setState({ step: "done", name: wish.nombre, id, problem });
    } catch (error) {
      setState({ step: error.status === 409 ? "taken" : "form" });
      if (error.status !== 409) throw error;
    }
  };

  const { step, name, id, problem } = state;
  if (step === "done") return html`<${Done} name=${name} id=${id} problem=${problem} />`;
  if (step === "taken") return html`<${Taken} device=${device} />`;
  // The form stays, with what is written in it, under what is waited for.
  return html`
    ${step === "waiting" && html`<${Waiting} name=${name} cancel=${() => waiting.current.abort()} />`}
    <section class="card" hidden=${step === "waiting"}>
      <${Identity} serial=${serial} kind=${device?.kind ?? body.tipo} heard=${Boolean(device)} />
      <${ClaimForm} body=${body} submit=${submit} />
    </section>
  `;
};

/** What is known of the device, by its code or by itself, as the body of its claim. */
function bodyFor(serial, device) {
  const body = scanned.peek()?.serial_number === serial ? scanned.peek() : { serial_number: serial };
  const named = device && nameOf(device) !== serial ? nameOf(device) : device && kindName(device.kind);
  return { ...body, nombre: body.nombre || named || "" };
}

async function problemOf(work) {
  try {
    await work();
    return null;
  } catch (error) {
    return error;
  }
}

const Identity = ({ serial, kind, heard }) => html`
  <div class="row">
    <span class="tile"><${Icon} name=${kind} /></span>
    <div class="grow">
      <h2>${kindName(kind)}</h2>
      <p class="muted code">${serial}</p>
    </div>
  </div>
  ${!heard && html`<p class="hint">${t("claim.unheard")}</p>`}
`;

/** What has come of it; takes the focus from the button that has gone. */
const Outcome = ({ icon, title, children }) => {
  const here = useRef(null);
  useLayoutEffect(() => here.current.focus(), []);
  return html`
    <section class="card outcome" role="status" tabindex="-1" ref=${here}>
      <${Empty} icon=${icon} title=${title}>${children}<//>
    </section>
  `;
};

const Waiting = ({ name, cancel }) => html`
  <${Outcome} icon="pending" title=${t("claim.waiting")}>
    <p>${t("claim.waiting.how", { name })}</p>
    <button type="button" onClick=${cancel}>${t("cancel")}</button>
  <//>
`;

const Done = ({ name, id, problem }) => html`
  <${Outcome} icon="check" title=${t("claim.done", { name })}>
    ${problem && html`<p class="error">${t("claim.done.room", { why: told(problem) })}</p>`}
    <${Onward} id=${id} />
  <//>
`;

const Taken = ({ device }) => html`
  <${Outcome} icon="check" title=${t("claim.taken")}>
    <p>${t("claim.taken.how", { name: nameOf(device) })}</p>
    <${Onward} id=${device.id} />
  <//>
`;

const Onward = ({ id }) => html`
  <div class="actions">
    <a class="button primary" href=${`#/dispositivo/${id}`}>${t("claim.open")}</a>
    <a class="button" href="#/reclamar">${t("claim.another")}</a>
  </div>
`;
