/** What a view waits for: asked when it is shown, again on demand. */
import { useCallback, useEffect, useRef, useState } from "preact/hooks";

/**
 * `{ value, error, loading, reload }` of `ask()`, which is asked anew when one of `inputs` changes. An answer
 * that comes after a newer question is dropped; while a newer one is awaited the old value stays.
 * @template T
 * @param {() => Promise<T>} ask
 * @param {unknown[]} inputs
 */
export function useLoaded(ask, inputs) {
  const [state, setState] = useState({
    value: /** @type {T | undefined} */ (undefined),
    error: null,
    loading: true,
  });
  const latest = useRef(0);
  const reload = useCallback(async () => {
    latest.current += 1;
    const mine = latest.current;
    setState((before) => ({ ...before, loading: true }));
    let next;
    try {
      next = { value: await ask(), error: null, loading: false };
    } catch (error) {
      next = { error, loading: false };
    }
    if (mine === latest.current) setState((before) => ({ ...before, ...next }));
  }, inputs);
  useEffect(() => {
    reload();
    return () => {
      latest.current += 1;
    };
  }, [reload]);
  return { ...state, reload };
}
