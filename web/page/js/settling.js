/** What is pressed several times over, and means where it ends. */
import { useEffect, useRef } from "preact/hooks";

// Who presses a key or a button five times means the fifth.
const SETTLED_MS = 700;

/**
 * `{ put(act), deliver() }`: `act` is done a while after the last `put`, instead of those before it; at once by `deliver`, or when
 * what uses it goes: who leaves the view right after pressing has pressed all the same.
 */
export function useSettled() {
  const timer = useRef(0);
  const pending = useRef(/** @type {(() => void) | null} */ (null));
  const deliver = () => {
    clearTimeout(timer.current);
    const act = pending.current;
    pending.current = null;
    act?.();
  };
  const put = (act) => {
    clearTimeout(timer.current);
    pending.current = act;
    timer.current = setTimeout(deliver, SETTLED_MS);
  };
  useEffect(() => deliver, []);
  return { put, deliver };
}
