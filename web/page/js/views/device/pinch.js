/** Two fingers on a chart: what lies under each stays under it. */

// Closer to one another, in CSS pixels, they say nothing of a length.
const CLOSEST = 24;

/**
 * The stretch `[from, to]` that a chart `width` wide shows when the moment `moments[0]` stands at `places[0]`, and
 * `moments[1]` at `places[1]`; `null` where the places are too close. Pure.
 */
export function stretched(moments, places, width) {
  const apart = places[1] - places[0];
  const length = moments[1] - moments[0];
  // Fingers that have passed one another would turn time round.
  if (Math.abs(apart) < CLOSEST || apart * length <= 0) return null;
  const each = length / apart;
  const from = moments[0] - places[0] * each;
  return [from, from + width * each];
}

/**
 * Follow the fingers on uPlot's `plot`: drawn as they move, a stretch of which a part at least is past. `done(from, to)`
 * when one of them is taken away, `undo()` where the browser takes them for itself.
 */
export function followPinch(plot, done, undo) {
  const { over } = plot;
  const places = new Map();
  let moments = [];
  let shown = null;

  const put = (event) => places.set(event.pointerId, event.clientX - over.getBoundingClientRect().left);
  over.addEventListener("pointerdown", (event) => {
    if (event.pointerType !== "touch" || places.size === 2) return;
    put(event);
    if (places.size === 2) moments = [...places.values()].map((place) => plot.posToVal(place, "x"));
  });
  over.addEventListener("pointermove", (event) => {
    if (!places.has(event.pointerId)) return;
    put(event);
    if (places.size < 2) return;
    const next = stretched(moments, [...places.values()], over.clientWidth);
    if (!next || next[0] >= Date.now() / 1000) return;
    shown = next;
    plot.setScale("x", { min: shown[0], max: shown[1] });
  });
  const whenGone = (act) => (event) => {
    if (!places.delete(event.pointerId) || !shown) return;
    act(...shown);
    shown = null;
  };
  over.addEventListener("pointerup", whenGone(done));
  over.addEventListener("pointercancel", whenGone(undo));
}
