/** Commands for the console of the server's machine; what the system is called there only the server can tell. */
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { get } from "./api.js";
import { html } from "./html.js";

const program = signal("");

async function ask() {
  if (program.peek()) return;
  program.value = (await get("/").catch(() => null))?.programa ?? "";
}

/** @param {{ words: string[] }} what of each command what follows the program's name */
export const Commands = ({ words }) => {
  useEffect(() => {
    ask();
  }, []);
  return html`<code>${words.map((each) => `${program.value} ${each}`).join("\n")}</code>`;
};
