/** One-time codes to come in with, typed or in a link. Pure: no DOM, no signals. */

const LENGTH = 10;
const HALF = LENGTH / 2;

/** The code of a pairing link, or of what stands after its `#`; "" where there is none. */
export const codeOf = (link) =>
  new URLSearchParams(link.slice(link.indexOf("#") + 1)).get("codigo")?.trim() ?? "";

/** The code in `text`, which may be a whole link, as it is printed: ABCDE-FGHJK, or the beginning of that. */
export function formatted(text) {
  const code = (codeOf(text) || text)
    .toUpperCase()
    .replace(/[^0-9A-Z]/g, "")
    .slice(0, LENGTH);
  return code.length > HALF ? `${code.slice(0, HALF)}-${code.slice(HALF)}` : code;
}
