/** What people make of a finding: taken, dismissed, or still open. */
import { signal } from "@preact/signals";
import { get, post } from "../../api.js";
import { take } from "../../house.js";

/** By the finding's id. A decision is for good, so what was read before it is not read again for it. */
const made = signal(new Map());

/** "abierto", "aplicado" or "descartado". One that was heard live tells none yet. */
export const decisionOf = (finding) => made.value.get(finding.evento_id) ?? finding.decision ?? "abierto";

/** Whether there is something to take: the others can only be marked as seen. */
export const proposes = ({ propuesta }) => propuesta != null;

/** Take what it proposes. Throws ApiError, 409 where it no longer fits or is decided. */
export async function apply(finding) {
  take(await post(`/ai/eventos/${finding.evento_id}/aplicar`));
  note(finding, "aplicado");
}

/** Throws ApiError, 409 where it is decided. */
export async function dismiss(finding) {
  await post(`/ai/eventos/${finding.evento_id}/descartar`);
  note(finding, "descartado");
}

// As many as the server takes at once.
const AT_ONCE = 200;

/** Those that nobody has decided and that propose nothing: all that can be done with them is to have seen them. */
export const toBeSeen = (findings) =>
  findings.filter((finding) => decisionOf(finding) === "abierto" && !proposes(finding));

/** Puts all of them aside; how many that were. What others have decided meanwhile stays as they did. Throws ApiError. */
export async function dismissAll(findings) {
  const ids = findings.map(({ evento_id }) => evento_id);
  let done = 0;
  for (let from = 0; from < ids.length; from += AT_ONCE) {
    const { descartados } = await post("/ai/eventos/descartar", { ids: ids.slice(from, from + AT_ONCE) });
    const now = new Map(made.value);
    for (const id of descartados) now.set(id, "descartado");
    made.value = now;
    done += descartados.length;
  }
  return done;
}

/** After a 409: read how the finding and its device stand by now. */
export async function readAgain(finding) {
  const { evento_id, dispositivo_id, rule, ts_utc } = finding;
  const after = new Date(Date.parse(ts_utc) + 1).toISOString();
  const [found, device] = await Promise.all([
    get(
      `/ai/eventos?dispositivo=${dispositivo_id}&regla=${rule}&desde=${ts_utc}&hasta=${after}&per_page=200`,
    ),
    get(`/dispositivos/${dispositivo_id}`),
  ]);
  take(device);
  const now = found.data.find((each) => each.evento_id === evento_id);
  if (now && now.decision !== "abierto") note(finding, now.decision);
}

function note(finding, decision) {
  made.value = new Map(made.value).set(finding.evento_id, decision);
}
