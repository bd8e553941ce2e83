/** Every word that people read, in Spanish and English. Areas have files of their own in `words/`. */
import { computed } from "@preact/signals";
import { kept } from "./keep.js";
import { claim } from "./words/claim.js";
import { device } from "./words/device.js";
import { devices } from "./words/devices.js";
import { household } from "./words/household.js";
import { insights } from "./words/insights.js";
import { shell } from "./words/shell.js";
import { week } from "./words/week.js";

export const LANGUAGES = { es: "Español", en: "English" };

const AREAS = [shell, devices, claim, device, week, insights, household];
const WORDS = Object.fromEntries(
  Object.keys(LANGUAGES).map((name) => [name, Object.assign({}, ...AREAS.map((area) => area[name]))]),
);

const usual = (navigator.languages ?? [navigator.language]).map((tag) => tag.slice(0, 2));
const chosen = kept("language", null);

/** The language in use: the one chosen here, else the browser's first that there is. */
export const language = computed(() => chosen.value ?? usual.find((name) => name in LANGUAGES) ?? "es");

export const choose = (name) => {
  chosen.value = name;
};

/**
 * What `key` says in the language in use, `{name}` replaced by `values.name`. A key with the forms `key.one`
 * and `key.other` is told by `values.n`. An unknown key is shown as it is: a test finds those.
 */
export function t(key, values) {
  const words = WORDS[language.value];
  const form = values && "n" in values ? `${key}.${values.n === 1 ? "one" : "other"}` : key;
  const text = words[form] ?? words[key] ?? key;
  return values ? text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "") : text;
}
