/** Every word that people read, in Spanish and English: `words/` has a folder for each; those of one are fetched, as one file. */
import { computed, signal } from "@preact/signals";
import { kept } from "./keep.js";
import { later } from "./later.js";

export const LANGUAGES = { es: "Español", en: "English" };

const WORDS = {
  es: () => import("./words/es.js"),
  en: () => import("./words/en.js"),
};

const chosen = kept("language", null);

async function wordsIn(name) {
  const { words } = await later(WORDS[name]);
  return { name, words };
}

const spoken = signal({ name: inOrder()[0], words: {} });

/** The language in use: the one chosen here, else the browser's first that there is, else any whose words come. */
export const language = computed(() => spoken.value.name);

// Begun at once, and awaited where nobody imports: WebKit never runs what imports a module that awaits by itself.
/** Resolves when there are words for `t`; rejects where those of no language come. */
export const ready = begin();

async function begin() {
  const [liked, ...others] = inOrder();
  spoken.value = await others.reduce((before, name) => before.catch(() => wordsIn(name)), wordsIn(liked));
}

/** All languages, the one that is liked best first. */
function inOrder() {
  const usual = (navigator.languages ?? [navigator.language]).map((tag) => tag.slice(0, 2));
  const liked = [chosen.peek(), ...usual].filter((name) => name in LANGUAGES);
  return [...new Set([...liked, ...Object.keys(LANGUAGES)])];
}

let asked = null;

/** Resolves when all is said in the language `name`, or another was chosen since; rejects where its words do not come. */
export async function choose(name) {
  asked = name;
  const fetched = await wordsIn(name);
  if (asked !== name) return;
  spoken.value = fetched;
  chosen.value = name;
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
