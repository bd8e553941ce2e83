/** Every word that people read, in Spanish and English: `words/` has a folder for each, of which one is fetched. */
import { computed, signal } from "@preact/signals";
import { kept } from "./keep.js";

export const LANGUAGES = { es: "Español", en: "English" };

const AREAS = ["shell", "devices", "claim", "device", "week", "insights", "household"];

const usual = (navigator.languages ?? [navigator.language]).map((tag) => tag.slice(0, 2));
const chosen = kept("language", null);

async function wordsIn(name) {
  const areas = await Promise.all(AREAS.map((area) => import(`./words/${name}/${area}.js`)));
  return { name, words: Object.assign({}, ...areas.map(({ words }) => words)) };
}

const spoken = signal(await wordsIn(chosen.peek() ?? usual.find((name) => name in LANGUAGES) ?? "es"));

/** The language in use: the one chosen here, else the browser's first that there is. */
export const language = computed(() => spoken.value.name);

/** Resolves when all is said in the language `name`; rejects where its words do not come. */
export async function choose(name) {
  chosen.value = name;
  const fetched = await wordsIn(name);
  if (chosen.peek() === name) spoken.value = fetched;
}

/**
 * What `key` says in the language in use, `{name}` replaced by `values.name`. A key with the forms `key.one`
 * and `key.other` is told by `values.n`. An unknown key is shown as it is: a test finds those.
 */
export function t(key, values) {
  const { words } = spoken.value;
  const form = values && "n" in values ? `${key}.${values.n === 1 ? "one" : "other"}` : key;
  const text = words[form] ?? words[key] ?? key;
  return values ? text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "") : text;
}
