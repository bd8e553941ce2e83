/** What a browser runs on. Pure: no DOM, no signals. */

// In this order: who says "Android" says "Linux" too.
/** @type {[string, RegExp][]} */
const SYSTEMS = [
  ["iPhone", /iPhone/],
  ["iPad", /iPad/],
  ["Android", /Android/],
  ["Windows", /Windows/],
  ["Mac", /Macintosh/],
  ["ChromeOS", /CrOS/],
  ["Linux", /Linux/],
];

/** "Android" in the text by which a browser names itself, or in its beginning; `null` for what is unknown. */
export const systemOf = (agent) => SYSTEMS.find(([, sign]) => sign.test(agent))?.[0] ?? null;
