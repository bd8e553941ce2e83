/** Copies a text to the clipboard, where the browser lets it: it does in secure contexts. */
import { useState } from "preact/hooks";
import { html } from "../../html.js";
import { t } from "../../words.js";

const SAID_MS = 3_000;

/** @param {{ text: string, of?: string }} what with several on a page, `of` tells what is copied */
export const Copy = ({ text, of }) => {
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
    <button type="button" aria-label=${of && `${t(said)}: ${of}`} onClick=${copy}>${t(said)}</button>
    <span role="status" class="hidden">${said !== "household.copy" && t(said)}</span>
  `;
};
