/** Light or dark: as the system says, unless this browser was told otherwise. */
import { computed, effect, signal } from "@preact/signals";
import { kept } from "./keep.js";

export const THEMES = ["system", "light", "dark"];
/** What was chosen, of THEMES. */
export const theme = kept("theme", "system");

const darkness = matchMedia("(prefers-color-scheme: dark)");
const dark = signal(darkness.matches);
darkness.addEventListener("change", () => {
  dark.value = darkness.matches;
});

const wanted = computed(() => (theme.value === "system" ? (dark.value ? "dark" : "light") : theme.value));

/** What is shown, "light" or "dark": when it changes, the style sheet's colours have changed already. */
export const shade = signal(wanted.peek());

// The background's, for what the browser draws round the page.
const BAR = { light: "#f6f4ef", dark: "#12171a" };

effect(() => {
  document.documentElement.dataset.theme = wanted.value;
  /** @type {NodeListOf<HTMLMetaElement>} */
  const bars = document.querySelectorAll("meta[name=theme-color]");
  for (const bar of bars) bar.content = BAR[wanted.value];
  shade.value = wanted.value;
});
