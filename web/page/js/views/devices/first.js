/** How the first device comes into a house that has none: where it is to speak, and what is typed into which. */
import { get } from "../../api.js";
import { may } from "../../house.js";
import { html } from "../../html.js";
import { Icon } from "../../icons.js";
import { useLoaded } from "../../load.js";
import { Loaded } from "../../ui.js";
import { t } from "../../words.js";
import { Copy } from "../household/copy.js";

const SERIAL = "TMP0PRUEBA01";
const TOPIC = `dispositivos/${SERIAL}/estado`;
const PAYLOAD = '{"estado":"activo","parametros":{"temperatura":21.5}}';
const FAMILIES = ["tasmota", "shelly", "esphome", "zigbee2mqtt", "own"];

export const First = () => html`
  <div class="stack first">
    <section class="card">
      <p class="row" role="status"><span class="waiting" /><span>${t("first.waiting")}</span></p>
      <p>${t("first.how")}</p>
    </section>
    ${may("admin") && html`<${Broker} />`}
  </div>
`;

/** Only admins are told where it is. */
const Broker = () => {
  const logins = useLoaded(() => get("/mqtt/accesos"), []);
  return html`<${Loaded} of=${logins}>${({ broker }) => html`<${Place} broker=${broker} /><${Families} />`}<//>`;
};

const Place = ({ broker }) => {
  const facts = [
    ["host", broker.host],
    ["port", String(broker.puerto)],
    ["topic", TOPIC],
    ["payload", PAYLOAD],
  ];
  // Who is not on the broker's own machine comes in by a login alone.
  const login = broker.solo_aqui || broker.ajeno ? "" : ` -u ${SERIAL} -P ${t("first.password")}`;
  const command = `mosquitto_pub -h ${broker.host} -p ${broker.puerto}${login} -q 1 -t ${TOPIC} -m '${PAYLOAD}'`;
  return html`
    <section class="card stack">
      <h2>${t("first.broker")}</h2>
      <dl class="to-type">
        ${facts.map(
          ([name, value]) => html`<div key=${name}>
            <dt>${t(`first.${name}`)}</dt>
            <dd><code>${value}</code><${Copy} text=${value} of=${t(`first.${name}`)} /></dd>
          </div>`,
        )}
      </dl>
      <p>${t("first.try")}</p>
      <pre class="text-to-type" tabindex="0"><code>${command}</code></pre>
      <div class="actions"><${Copy} text=${command} of=${t("first.command")} /></div>
    </section>
    <section class="card stack">
      <h2>${t("first.login")}</h2>
      <p>${t(broker.ajeno ? "household.logins.foreign" : broker.solo_aqui ? "first.login.here_only" : "first.login.why", { host: broker.host })}
        ${broker.solo_aqui && html`${" "}<code>MQTT_BIND_HOST=0.0.0.0</code>`}</p>
      <div class="actions"><a class="button" href="#/casa/aparatos"><${Icon} name="add" />${t("first.login.make")}</a></div>
    </section>
  `;
};

const Families = () => html`
  <section class="card stack">
    <h2>${t("first.families")}</h2>
    ${FAMILIES.map(
      (family) => html`
        <details key=${family}>
          <summary>${t(`first.${family}`)}</summary>
          <p>${t(`first.${family}.how`)}</p>
        </details>
      `,
    )}
  </section>
`;
