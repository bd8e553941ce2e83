/** All that the rules have found, newest first, by day; new ones come by themselves. */
import { computed, useSignalEffect } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import { get } from "../../api.js";
import { moment, now, onTheWall } from "../../format.js";
import { fresh, gone, lookedAtFindings, newest, seen, unseen } from "../../house.js";
import { html } from "../../html.js";
import { useLoaded } from "../../load.js";
import { attempt, Empty, Loaded } from "../../ui.js";
import { DAY_MS, dayOf } from "../../wall.js";
import { language, t } from "../../words.js";
import { decisionOf } from "./decisions.js";
import { Filters, wantAll, wanted } from "./filters.js";
import { Group, PutAside } from "./group.js";
import { byDay, byDevice, fits, hasMore, NOTHING, nextPage, stored, withHeard, withPage } from "./pages.js";
import { Running } from "./running.js";

export const Feed = () => {
  const seenBefore = useSeenBefore();
  useLooking();
  const { rule, device, state } = wanted.value;
  return html`
    <${Filters} />
    <${Running} />
    <${Findings} key=${`${rule}/${device}`} rule=${rule} device=${device} state=${state} seenBefore=${seenBefore} />
  `;
};

/** What had been seen before this was shown; `Infinity` until that is known. */
function useSeenBefore() {
  const [before, setBefore] = useState(() => seen.peek() ?? Number.POSITIVE_INFINITY);
  useSignalEffect(() => {
    if (seen.value !== null) setBefore((known) => Math.min(known, seen.value));
  });
  return before;
}

/** What has come is seen as long as this is shown, and somebody has the page before them. */
function useLooking() {
  useSignalEffect(() => {
    if (unseen.value && !document.hidden) lookedAtFindings();
  });
  useEffect(() => {
    const look = () => document.hidden || lookedAtFindings();
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  }, []);
}

const Findings = ({ rule, device, state, seenBefore }) => {
  const { first, found, pages, more } = useFindings({ rule, device });
  const shown = found.filter(
    (finding) =>
      !gone.value.has(finding.dispositivo_id) &&
      (state === "" || (state === "open") === (decisionOf(finding) === "abierto")),
  );
  return html`
    <${Loaded} of=${first}>
      ${() => html`
        ${shown.length === 0 && html`<${Nothing} filtered=${rule || device || state} pages=${pages} />`}
        ${byDay(shown).map(
          ({ day, findings }) => html`
            <section key=${day} class="stack finding-day">
              <div class="spread">
                <h2>${dayTitle(day)}</h2>
                ${byDevice(findings).length > 1 && html`<${PutAside} findings=${findings} of=${dayTitle(day)} />`}
              </div>
              ${byDevice(findings).map(
                ({ device, findings }) => html`
                  <${Group} key=${device} device=${device} findings=${findings} seenBefore=${seenBefore} />
                `,
              )}
            </section>
          `,
        )}
        ${pages && html`<${More} more=${more} />`}
      `}
    <//>
  `;
};

/** `{first, found, pages, more}`: the first page, all that is known so far, whether there is more, and to get it. */
function useFindings(wish) {
  /** @type {`/ai/eventos?${string}`} */
  const path = `/ai/eventos?per_page=50${wish.rule && `&regla=${wish.rule}`}${wish.device && `&dispositivo=${wish.device}`}`;
  const [since, setSince] = useState(NOTHING);
  const first = useLoaded(() => get(`${path}&page=1`), [path]);
  useMissed(first.reload);
  useSignalEffect(() => {
    const heard = stored(fresh.value).filter((finding) => fits(finding, wish));
    setSince((before) => withHeard(before, heard));
  });
  const all = withPage(since, first.value?.data ?? []);
  const more = async () => {
    const page = nextPage(all);
    await attempt(async () => {
      const { data } = await get(`${path}&page=${page}`);
      setSince((before) => withPage(before, data, page));
    });
  };
  return { first, found: all.found, pages: hasMore(all, first.value?.pages ?? 0), more };
}

/** Read again what may have gone by unheard: while nobody looked, or while the stream was cut for too long. */
function useMissed(reload) {
  const upTo = useRef(newest.peek());
  useSignalEffect(() => {
    const heard = Math.max(upTo.current, stored(fresh.value)[0]?.evento_id ?? 0);
    upTo.current = Math.max(heard, newest.value);
    if (newest.value > heard) reload();
  });
  useEffect(() => {
    const look = () => document.hidden || reload();
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  }, [reload]);
}

const More = ({ more }) => {
  const [busy, setBusy] = useState(false);
  const ask = async () => {
    setBusy(true);
    await more();
    setBusy(false);
  };
  return html`<p class="finding-more"><button type="button" disabled=${busy} onClick=${ask}>${t("insights.more")}</button></p>`;
};

const Nothing = ({ filtered, pages }) => {
  if (!filtered)
    return html`<${Empty} icon="insights" title=${t("insights.none")}><p>${t("insights.none.why")}</p><//>`;
  return html`
    <${Empty} icon="search" title=${t("insights.no_match")}>
      <p>${t(pages ? "insights.no_match.yet" : "insights.no_match.why")}</p>
      <button type="button" onClick=${wantAll}>${t("insights.show_all")}</button>
    <//>
  `;
};

const today = computed(() => dayOf(onTheWall(now.value)));

/** "Hoy", "Ayer", "Lunes, 23 de noviembre". */
function dayTitle(day) {
  const back = today.value - day;
  const text =
    back === 0 || back === 1
      ? new Intl.RelativeTimeFormat(language.value, { numeric: "auto" }).format(-back, "day")
      : moment(day * DAY_MS, {
          timeZone: "UTC",
          weekday: "long",
          day: "numeric",
          month: "long",
          year: back > 180 ? "numeric" : undefined,
        });
  return text.charAt(0).toUpperCase() + text.slice(1);
}
