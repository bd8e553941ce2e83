/** What the server says of kinds, readings and rules, which came with the document. */
const { kinds, readings, rules } = JSON.parse(document.getElementById("vocabulary").textContent);

// Asked with what comes from outside, so they have no prototype: "constructor" is in none of them.
export const KINDS = { __proto__: null, ...kinds };
export const READINGS = { __proto__: null, ...readings };

/** The events of each rule, by its name. */
export const RULES = rules;
