/** How the server is, in words, looked at again while it is shown. */
import { useEffect } from "preact/hooks";
import { get } from "../../api.js";
import { ago, duration, moment, number } from "../../format.js";
import { html } from "../../html.js";
import { Icon } from "../../icons.js";
import { useLoaded } from "../../load.js";
import { Loaded } from "../../ui.js";
import { t } from "../../words.js";

const LOOK_EVERY_MS = 10_000;

export const Health = () => {
  const health = useLoaded(readHealth, []);
  useEffect(() => {
    const timer = setInterval(() => document.hidden || health.reload(), LOOK_EVERY_MS);
    return () => clearInterval(timer);
  }, [health.reload]);
  // What was told before an error may not be so any more.
  const of = health.error ? { ...health, value: undefined } : health;
  return html`<${Loaded} of=${of}>${(told) => html`<${Report} told=${told} />`}<//>`;
};

/** The answer of /salud and `served`: while the house is not it answers 503, which is no error here. */
export async function readHealth() {
  try {
    return { ...(await get("/salud")), served: true };
  } catch (error) {
    if (error.answer?.estado) return { ...error.answer, served: false };
    throw error;
  }
}

const Report = ({ told }) => {
  const troubles = troublesOf(told);
  const tone = !told.served ? "bad" : troubles.length || told.estado !== "ok" ? "warn" : "good";
  return html`
    <div class="stack">
      <div class="card health" data-tone=${tone}>
        <div class="row"><${Icon} name=${tone === "good" ? "check" : "warning"} /><h2>${t(`household.health.${tone}`)}</h2></div>
        ${troubles.length > 0 && html`<ul class="stack">${troubles.map((line) => html`<li key=${line}>${line}</li>`)}</ul>`}
      </div>
      ${told.dispositivos && html`<${Figures} told=${told} />`}
    </div>
  `;
};

/** What is not well, a sentence each. */
function troublesOf({ broker, escritor, base_de_datos: base, actores, dispositivos, avisos, tablas = [] }) {
  const lines = [];
  const say = (wrong, key, values) => wrong && lines.push(t(`household.health.${key}`, values));
  say(broker && !broker.conectado, "broker");
  say(broker?.integrado_vivo === false, "broker_died");
  say(escritor && !escritor.sano, "disk", { why: escritor?.ultimo_error ?? "" });
  say(actores && !actores.sanos, "threads");
  say(base?.error_de_copia, "backup", { why: base?.error_de_copia });
  say(base?.error_de_cuentas, "accounts", { why: base?.error_de_cuentas });
  say(base?.borrado_en_pausa, "paused", { why: base?.borrado_en_pausa });
  say(base?.recuperada, "recovered", {
    when: base?.recuperada && moment(base.recuperada.en),
    why: base?.recuperada?.motivo,
  });
  for (const { actor, error } of actores?.cuarentena ?? []) say(true, "quarantine", { actor, why: error });
  const told = [broker?.avisos, dispositivos?.detalle, avisos?.detalle, tablas];
  return [...lines, ...told.flatMap((each) => each ?? [])];
}

const Figures = ({
  told: { dispositivos, broker, escritor, base_de_datos: base, hub, version, activo_s },
}) => {
  const figures = [
    [
      "devices",
      t("household.health.devices.value", {
        online: dispositivos.en_linea,
        all: dispositivos.total,
        claimed: dispositivos.reclamados,
      }),
    ],
    ["received", number(broker.recibidos)],
    ["rejected", number(broker.rechazados)],
    ["queued", number(escritor.en_cola)],
    ["clients", number(hub.clientes)],
    ["copy", base.ultima_copia ? ago(base.ultima_copia) : t("household.health.never")],
    ["uptime", duration(activo_s)],
    ["version", version],
  ];
  return html`
    <dl class="card figures">
      ${figures.map(([key, value]) => html`<div key=${key}><dt>${t(`household.health.${key}`)}</dt><dd>${value}</dd></div>`)}
    </dl>
  `;
};
