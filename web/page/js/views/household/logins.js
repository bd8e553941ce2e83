/** What lets devices and gateways in at the broker: made here, with what to type into them, and taken away. */
import { useState } from "preact/hooks";
import { get, post, remove } from "../../api.js";
import { Commands } from "../../console.js";
import { moment } from "../../format.js";
import { html } from "../../html.js";
import { Icon } from "../../icons.js";
import { useLoaded } from "../../load.js";
import { Confirm, Dialog, Empty, Field, Form, Loaded } from "../../ui.js";
import { t } from "../../words.js";
import { Copy } from "./copy.js";

const OWN = "propia";

export const Logins = () => {
  const found = useLoaded(async () => {
    const [families, { broker, data }] = await Promise.all([get("/mqtt/familias"), get("/mqtt/accesos")]);
    return { families, broker, logins: data };
  }, []);
  return html`
    <div class="stack">
      <p class="muted">${t("household.logins.what")}</p>
      <${Loaded} of=${found}>
        ${({ broker, ...rest }) =>
          broker.ajeno
            ? html`<${Elsewhere} host=${broker.host} />`
            : html`<${Here} broker=${broker} ...${rest} changed=${found.reload} />`}
      <//>
    </div>
  `;
};

/** The broker is somebody else's, and so are its logins. */
const Elsewhere = ({ host }) => html`
  <div class="card">
    <p>${t("household.logins.foreign", { host })}</p>
    <p>${t("household.logins.foreign.mosquitto")}</p>
    <pre><${Commands} words=${[`mqtt-login --family tasmota ${t("household.logins.name.example")}`, "mosquitto-config"]} /></pre>
  </div>
`;

const Here = ({ broker, families, logins, changed }) => {
  const [making, setMaking] = useState(false);
  const [removing, setRemoving] = useState(null);
  return html`
    ${broker.solo_aqui && html`<p class="notice" role="note"><${Icon} name="warning" /><span>${t("household.logins.here_only")} <code>MQTT_BIND_HOST=0.0.0.0</code></span></p>`}
    <div class="actions">
      <button type="button" class="primary" onClick=${() => setMaking(true)}>
        <${Icon} name="add" />${t("household.logins.add")}
      </button>
    </div>
    ${
      logins.length
        ? html`<ul class="card list">
          ${logins.map((login) => html`<${LoginRow} key=${login.nombre} login=${login} families=${families} take=${setRemoving} />`)}
        </ul>`
        : html`<${Empty} icon="enchufe" title=${t("household.logins.none")} />`
    }
    ${making && html`<${NewLogin} families=${families} made=${changed} close=${() => setMaking(false)} />`}
    ${
      removing &&
      html`<${Confirm}
        title=${t("household.logins.remove", { name: removing.nombre })}
        text=${t("household.logins.remove.text")}
        label=${t("household.logins.remove.do")}
        act=${async () => {
          await remove(`/mqtt/accesos/${encodeURIComponent(removing.nombre)}`);
          await changed();
        }}
        close=${() => setRemoving(null)}
      />`
    }
  `;
};

const titleOf = ({ familia, titulo }) => (familia === OWN ? t("household.logins.own") : titulo);

const LoginRow = ({ login: { nombre, familia, creado_en }, families, take }) => {
  const family = families.find((each) => each.familia === familia) ?? { familia, titulo: familia };
  const made = creado_en && t("household.logins.made", { when: moment(creado_en) });
  return html`
    <li>
      <p class="grow"><strong>${nombre}</strong><br /><span class="muted">${[titleOf(family), made].filter(Boolean).join(" · ")}</span></p>
      <button type="button" aria-label=${t("household.logins.remove", { name: nombre })}
        onClick=${() => take({ nombre })}>${t("household.logins.remove.do")}</button>
    </li>
  `;
};

const NewLogin = ({ families, made, close }) => {
  const [login, setLogin] = useState(null);
  const [family, setFamily] = useState(families[0].familia);
  const own = family === OWN;
  const submit = async (form) => {
    const topic = form.get("topic");
    const wanted = { familia: family, nombre: form.get("name") };
    setLogin(await post("/mqtt/accesos", topic ? { ...wanted, topic } : wanted));
    await made();
  };
  return html`
    <${Dialog} title=${t("household.logins.add")} close=${close}>
      ${
        login
          ? html`<${ToType} login=${login} />`
          : html`<${Form} label=${t("household.logins.make")} submit=${submit}>
            <${Field} label=${t("household.logins.family")} value=${family} onChange=${({ target }) => setFamily(target.value)}>
              ${families.map((each) => html`<option key=${each.familia} value=${each.familia}>${titleOf(each)}</option>`)}
            <//>
            <${Field} label=${t(own ? "household.logins.serial" : "household.logins.name")}
              hint=${t(own ? "household.logins.serial.hint" : "household.logins.name.hint")}
              name="name" required maxlength="64" pattern="[A-Za-z0-9._\\-]+" autocomplete="off" autocapitalize="none" spellcheck="false" />
            ${
              !own &&
              html`<${Field} label=${t("household.logins.topic")} hint=${t("household.logins.topic.hint")}
                name="topic" maxlength="200" autocomplete="off" autocapitalize="none" spellcheck="false" />`
            }
          <//>`
      }
    <//>
  `;
};

/** The password is shown this once: the server keeps only its digest. */
const ToType = ({ login: { nombre, clave, topic, broker, donde, texto } }) => {
  const facts = [
    ["host", broker.host],
    ["port", String(broker.puerto)],
    ["user", nombre],
    ["password", clave],
    ...(topic === nombre ? [] : [["topic", topic]]),
  ];
  return html`
    <p>${t("household.tokens.once")}</p>
    <dl class="to-type">
      ${facts.map(
        ([name, value]) => html`<div key=${name}>
          <dt>${t(`household.logins.${name}.short`)}</dt>
          <dd><code>${value}</code><${Copy} text=${value} of=${t(`household.logins.${name}.short`)} /></dd>
        </div>`,
      )}
    </dl>
    <h3>${donde ? t("household.logins.where", { where: donde }) : t("household.logins.where.own")}</h3>
    <pre class="text-to-type" tabindex="0"><code>${texto}</code></pre>
    <div class="actions"><${Copy} text=${texto} of=${t("household.logins.all")} /></div>
  `;
};
