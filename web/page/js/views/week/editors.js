/** Forms for what hands are too coarse for: one window, or all that is set on one day. */
import { useState } from "preact/hooks";
import { ApiError } from "../../api.js";
import { html } from "../../html.js";
import { Icon } from "../../icons.js";
import { Dialog, Field, Form, NumberField } from "../../ui.js";
import { t } from "../../words.js";
import { CHANNELS } from "./events.js";
import { spanning } from "./model.js";
import { capital, dayName } from "./tell.js";
import { ALL_DAYS, clock, DAY, minuteOf } from "./time.js";

/** Said under the form, as a refusal of the server's is. */
const refuse = (key) => {
  throw new ApiError(400, "", t(key));
};

const DayChoice = ({ label, days, setDays }) => {
  const toggle = (day) =>
    setDays(days.includes(day) ? days.filter((other) => other !== day) : [...days, day].sort());
  return html`
    <fieldset class="week-choice">
      <legend>${label}</legend>
      ${ALL_DAYS.map(
        (day) => html`
          <label key=${day}>
            <input type="checkbox" checked=${days.includes(day)} onChange=${() => toggle(day)} />
            ${dayName(day)}
          </label>
        `,
      )}
      <label>
        <input
          type="checkbox"
          checked=${days.length === 7}
          onChange=${() => setDays(days.length === 7 ? [] : ALL_DAYS)}
        />
        ${t("week.every_day")}
      </label>
    </fieldset>
  `;
};

/** `save({ days, start, end })`; `erase()`, where there is something to delete. */
export const WindowEditor = ({ window, save, erase, close }) => {
  const [days, setDays] = useState([window.day]);
  const [from, setFrom] = useState(clock(window.start));
  const [to, setTo] = useState(clock(window.end));
  const span = spanning(minuteOf(from) ?? 0, minuteOf(to) ?? 0);
  const submit = () => {
    if (days.length === 0) refuse("week.pick_day");
    save({ days, ...span });
    close();
  };
  const hint = span.end > DAY ? t("week.ends_next_day") : t("week.midnight_hint");
  return html`
    <${Dialog} title=${t(erase ? "week.edit" : "week.add")} close=${close}>
      <${Form} label=${t("week.accept")} submit=${submit}>
        <${DayChoice} label=${t("week.on_days")} days=${days} setDays=${setDays} />
        <div class="week-times">
          <${Field} label=${t("week.from")} type="time" required value=${from} onInput=${(event) => setFrom(event.target.value)} />
          <${Field} label=${t("week.to")} type="time" required value=${to} hint=${hint} onInput=${(event) => setTo(event.target.value)} />
        </div>
        ${window.sun && html`<p class="hint">${t("week.sun.edit")}</p>`}
      <//>
      ${
        erase &&
        html`<button type="button" class="danger" onClick=${() => {
          erase();
          close();
        }}><${Icon} name="trash" />${t("week.erase")}</button>`
      }
    <//>
  `;
};

export const ValueField = ({ channel, value, set }) => {
  const { unit, low, high, step } = CHANNELS[channel];
  if (unit === undefined) {
    return html`
      <${Field} label=${t("week.value.lock")} value=${String(value)} onChange=${(event) => set(event.target.value === "true")}>
        <option value="true">${t("week.locked")}</option>
        <option value="false">${t("week.unlocked")}</option>
      <//>
    `;
  }
  return html`
    <${NumberField}
      label=${`${t(`week.value.${channel}`)} (${unit})`}
      required
      min=${low}
      max=${high}
      step=${Number.isInteger(value / step) ? step : "any"}
      value=${value}
      set=${set}
    />
  `;
};

/** The events of a day as rows; `save(days, [{ minute, value }])`. */
export const DayEditor = ({ channel, day, events, save, close }) => {
  const fresh = { time: "08:00", value: CHANNELS[channel].usual };
  const [days, setDays] = useState([day]);
  const [rows, setRows] = useState(() => {
    const there = events.map(({ minute, value }, key) => ({ key, time: clock(minute), value }));
    return there.length ? there : [{ key: 0, ...fresh }];
  });
  const change = (key, part) =>
    setRows((all) => all.map((row) => (row.key === key ? { ...row, ...part } : row)));
  const append = () =>
    setRows((all) => [
      ...all,
      { ...fresh, ...all.at(-1), key: Math.max(-1, ...all.map(({ key }) => key)) + 1 },
    ]);
  const submit = () => {
    if (days.length === 0) refuse("week.pick_day");
    if (new Set(rows.map(({ time }) => time)).size < rows.length) refuse("week.same_time");
    const list = rows.map(({ time, value }) => ({ minute: minuteOf(time), value }));
    save(
      days,
      list.sort((one, other) => one.minute - other.minute),
    );
    close();
  };
  return html`
    <${Dialog} title=${capital(dayName(day))} close=${close}>
      <${Form} label=${t("week.accept")} submit=${submit}>
        <ul class="week-rows">
          ${rows.map(
            ({ key, time, value }) => html`
              <li key=${key}>
                <${Field} label=${t("week.at")} type="time" required value=${time} onInput=${(event) => change(key, { time: event.target.value })} />
                <${ValueField} channel=${channel} value=${value} set=${(next) => change(key, { value: next })} />
                <button
                  type="button"
                  class="quiet"
                  aria-label=${t("week.remove_time", { time })}
                  onClick=${() => setRows((all) => all.filter((row) => row.key !== key))}
                ><${Icon} name="trash" /></button>
              </li>
            `,
          )}
        </ul>
        <button type="button" onClick=${append}><${Icon} name="add" />${t("week.add_time")}</button>
        <${DayChoice} label=${t("week.on_days")} days=${days} setDays=${setDays} />
      <//>
    <//>
  `;
};
