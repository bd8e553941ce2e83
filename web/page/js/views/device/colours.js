/** The page's colours for what is drawn on a canvas. */
import { shade } from "../../theme.js";

const NAMES = ["text", "muted", "line", "surface", "sunken", "accent", "good", "warn", "bad"];

/**
 * Those of the theme in use; `shade` and `normal` let what lies behind them show.
 * @returns {Record<string, string>}
 */
export function themeColours() {
  const style = getComputedStyle(document.documentElement);
  const colours = Object.fromEntries(NAMES.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
  return { ...colours, shade: `${colours.accent}4d`, normal: `${colours.good}1f` };
}

/** Call `change()` whenever the theme changes; the function returned ends that. */
export function onTheme(change) {
  let known = shade.peek();
  return shade.subscribe((now) => {
    if (now === known) return;
    known = now;
    change();
  });
}
