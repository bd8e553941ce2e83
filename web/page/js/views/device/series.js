/** A metric over a range as the server tells it, asked anew while the range ends now. */
import { useEffect, useState } from "preact/hooks";
import { get } from "../../api.js";
import { onReport } from "../../house.js";
import { pointsOf } from "./curve.js";
import { spanOf, stepFor } from "./ranges.js";

const HOUR = 3_600;
// After a report it is asked again at most this often, or as often as there can be a new point.
const SOONEST_S = 5;
// Also without reports, so that the time goes on.
const LATEST_S = 60;

/** `{points, step, span}` of at most so many points as pixels. */
export async function readSeries(deviceId, metric, span, pixels) {
  const step = stepFor(span, pixels);
  const answer = await askedWith(deviceId, metric, span, step).catch((error) => {
    // So many reports are told by the hour only.
    if (error.status !== 400 || step >= HOUR) throw error;
    return askedWith(deviceId, metric, span, HOUR);
  });
  return { points: pointsOf(answer), step: answer.paso, span };
}

const askedWith = (deviceId, metric, { since, until }, step) =>
  get(
    `/dispositivos/${deviceId}/estadisticas?${new URLSearchParams({ metric, desde: since, hasta: until, paso: step })}`,
  );

/** `{value, error, retry}` of `readSeries`; nothing is asked while `wanted` is false. The old value of the same metric stays meanwhile. */
export function useSeries(deviceId, metric, range, pixels, wanted) {
  const of = `${deviceId}/${metric}`;
  const [state, setState] = useState({ of, value: undefined, error: null });
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    if (!wanted || pixels <= 0) return undefined;
    let timer = 0;
    let askedAt = 0;
    let over = false;
    let waits = false;
    const load = async () => {
      waits = false;
      clearTimeout(timer);
      askedAt = Date.now();
      let next;
      try {
        next = {
          value: await readSeries(deviceId, metric, spanOf(range, askedAt / 1000), pixels),
          error: null,
        };
      } catch (error) {
        next = { error };
      }
      if (over) return;
      setState((before) => ({
        of,
        value: before.of === of ? before.value : undefined,
        error: null,
        ...next,
      }));
      if (range.until === null && !waits) later(Math.max(LATEST_S, next.value?.step ?? 0));
    };
    const later = (seconds) => {
      clearTimeout(timer);
      timer = setTimeout(load, Math.max(0, askedAt + seconds * 1000 - Date.now()));
    };
    const hear = (device) => {
      if (device.id !== deviceId || waits) return;
      waits = true;
      later(Math.max(SOONEST_S, range.length / pixels));
    };
    load();
    const deafen = range.until === null ? onReport(hear) : () => {};
    return () => {
      over = true;
      clearTimeout(timer);
      deafen();
    };
  }, [deviceId, metric, range, pixels, wanted, attempt]);
  const known = state.of === of ? state : { value: undefined, error: null };
  return { ...known, retry: () => setAttempt((count) => count + 1) };
}
