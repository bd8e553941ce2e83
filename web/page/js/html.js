/** Templates: `html` makes preact nodes of tagged text, without a build step. */
import htm from "htm";
import { h } from "preact";

export const html = htm.bind(h);
