/** What is sought, as the address of the view tells it. Pure: no DOM, no signals. */

// Of STATES in sift.js, all but the one that asks for nothing.
const SHOWN = { on: "encendidos", offline: "sin-conexion", pending: "pendientes" };

/** What is sought, as the address tells it: "buscar=luz&mostrar=encendidos"; "" where it is everything. */
export function addressOf({ words, state, kind }) {
  const told = { buscar: words, mostrar: SHOWN[state], clase: kind };
  return new URLSearchParams(Object.entries(told).filter(([, value]) => value)).toString();
}

/** What an address tells to seek; what it does not know counts as not told. */
export function soughtBy(address) {
  const told = new URLSearchParams(address);
  const state = Object.keys(SHOWN).find((each) => SHOWN[each] === told.get("mostrar")) ?? "all";
  return { words: told.get("buscar") ?? "", state, kind: told.get("clase") ?? "" };
}
