/** When nobody is at home, as people say it: nothing is learned of their habits then. */
import { useState } from "preact/hooks";
import { get, post, remove } from "../../api.js";
import { moment } from "../../format.js";
import { may } from "../../house.js";
import { html } from "../../html.js";
import { Icon } from "../../icons.js";
import { useLoaded } from "../../load.js";
import { attempt, Confirm, Empty, Field, Form, Loaded } from "../../ui.js";
import { t } from "../../words.js";

export const Away = () => {
  const absences = useLoaded(() => get("/casa/ausencia"), []);
  const [dropped, setDropped] = useState(null);
  return html`
    <div class="stack">
      <p class="muted">${t("household.away.what")}</p>
      ${may("miembro") && html`<${NewAbsence} said=${absences.reload} />`}
      <${Loaded} of=${absences}>
        ${(all) =>
          all.length
            ? html`<ul class="card list">
                ${all.map((each) => html`<${AbsenceRow} key=${each.id} absence=${each} changed=${absences.reload} drop=${setDropped} />`)}
              </ul>`
            : html`<${Empty} icon="person" title=${t("household.away.none")} />`}
      <//>
      ${
        dropped &&
        html`<${Confirm}
          title=${t("household.away.drop", { since: moment(dropped.desde) })}
          text=${t("household.away.drop.text")}
          label=${t("delete")}
          act=${async () => {
            await remove(`/casa/ausencia/${dropped.id}`);
            await absences.reload();
          }}
          close=${() => setDropped(null)}
        />`
      }
    </div>
  `;
};

// What is typed is a time of the house, wherever the browser is: without a zone the server takes it for that.
const NewAbsence = ({ said }) => {
  const [since, setSince] = useState("");
  const [until, setUntil] = useState("");
  const submit = async () => {
    await post("/casa/ausencia", { desde: since || null, hasta: until || null });
    setSince("");
    setUntil("");
    await said();
  };
  return html`
    <div class="card narrow">
      <${Form} submit=${submit} label=${t("household.away.say")}>
        <${Field} label=${t("household.away.from")} hint=${t("household.away.from.hint")} type="datetime-local" value=${since}
          onInput=${(event) => setSince(event.target.value)} />
        <${Field} label=${t("household.away.to")} hint=${t("household.away.to.hint")} type="datetime-local" value=${until}
          onInput=${(event) => setUntil(event.target.value)} />
      <//>
    </div>
  `;
};

const AbsenceRow = ({ absence: { id, desde, hasta, dura }, changed, drop }) => {
  const since = moment(desde);
  const back = () =>
    attempt(async () => {
      await post(`/casa/ausencia/${id}/acabar`);
      await changed();
    });
  return html`
    <li>
      <p class="grow">
        ${hasta ? t("household.away.span", { since, until: moment(hasta) }) : t("household.away.open", { since })}
        ${" "}${dura && html`<span class="chip" data-tone="warn">${t("household.away.now")}</span>`}
      </p>
      ${
        may("miembro") &&
        html`<div class="does">
          ${dura && html`<button type="button" class="primary" onClick=${back}>${t("household.away.back")}</button>`}
          <button type="button" class="quiet" aria-label=${t("household.away.drop", { since })}
            onClick=${() => drop({ id, desde })}><${Icon} name="trash" /></button>
        </div>`
      }
    </li>
  `;
};
