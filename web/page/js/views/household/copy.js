/** Copies a text to the clipboard, where the browser lets it: it does in secure contexts. */
import { useState } from "preact/hooks";
import { html } from "../../html.js";
import { t } from "../../words.js";

const SAID_MS = 3_000;

export const Copy = ({ text }) => {
  const [said, setSaid] = useState("household.copy");
  if (!navigator.clipboard) return null;
  const copy = async () => {
    const done = await navigator.clipboard.writeText(text).then(
      () => true,
      () => false,
    );
    setSaid(done ? "household.copied" : "household.not_copied");
    setTimeout(setSaid, SAID_MS, "household.copy");
  };
  return html`
    <button type="button" onClick=${copy}>${t(said)}</button>
    <span role="status" class="hidden">${said !== "household.copy" && t(said)}</span>
  `;
};
