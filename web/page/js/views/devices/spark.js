/** A spark line: the last hour of a reading, drawn while its card is near what is seen. */
import { useComputed, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { html } from "../../html.js";
import { t } from "../../words.js";
import { HEIGHT, line, WIDTH } from "./line.js";
import { MINUTES, seriesOf } from "./series.js";

const shown = new WeakMap();
const watch = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) shown.get(target).value = isIntersecting;
  },
  { rootMargin: "200px" },
);

/** A signal whether the element of `ref` is near what is seen. */
function useNear(ref) {
  const near = useSignal(false);
  useEffect(() => {
    const element = ref.current;
    shown.set(element, near);
    watch.observe(element);
    return () => watch.unobserve(element);
  }, []);
  return near;
}

export const Spark = ({ id, metric }) => {
  const element = useRef(null);
  const near = useNear(element);
  const path = useComputed(() => {
    if (!near.value) return "";
    const series = seriesOf(id, metric);
    series.changed.value;
    return line(series.points(), MINUTES);
  });
  return html`
    <svg ref=${element} class="spark" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" aria-hidden="true">
      <title>${t("devices.last_hour")}</title>
      <path d=${path} />
    </svg>
  `;
};
