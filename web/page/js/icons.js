/** Line icons on a 24 by 24 grid, drawn here; they take the colour of the text. */
import { html } from "./html.js";
import { iconOf } from "./kinds.js";

const PATHS = {
  __proto__: null,
  devices: "M3 11.5 12 4l9 7.5M5.5 10v9.5h13V10M10 19.5v-5h4v5",
  insights:
    "M12 3.5a6 6 0 0 1 3.6 10.8c-.7.6-1.1 1.3-1.1 2.2h-5c0-.9-.4-1.6-1.1-2.2A6 6 0 0 1 12 3.5M10 20.5h4",
  logbook: "M6 4.5h13v15H6a1.5 1.5 0 0 1-1.5-1.5V6A1.5 1.5 0 0 1 6 4.5M9 9h6.5M9 12.5h6.5M9 16h4",
  household: "M4 7h9M17 7h3M4 17h3M11 17h9M15 5v4M9 15v4",
  add: "M12 5v14M5 12h14",
  energy: "M13 3 5.5 13.5H11L10 21l8-11h-5.8z",
  forward: "m9.5 5.5 6.5 6.5-6.5 6.5",
  compare: "M4 17.5 9 11l4 3.5 7-9M4 6.5l5 3 4 8 7-1",
  back: "M14.5 5.5 8 12l6.5 6.5",
  close: "m6 6 12 12M18 6 6 18",
  search: "M10.5 4.5a6 6 0 1 1 0 12 6 6 0 0 1 0-12M15 15l5 5",
  check: "m5 12.5 4.5 4.5L19 7.5",
  pending: "M12 4.5a7.5 7.5 0 1 1 0 15 7.5 7.5 0 0 1 0-15M12 8v4.2l2.8 1.8",
  offline:
    "M4 4l16 16M8.2 12.6a6 6 0 0 1 3-1.6M5 9.4a10 10 0 0 1 3.1-2M15.6 12.5A6 6 0 0 0 15 12M19 9.4a10 10 0 0 0-7-2.9M11.9 17h.2",
  warning: "M12 4.5 21 19H3zM12 10v4.2M12 16.6v.1",
  camera: "M4 8h3l1.5-2.5h7L17 8h3v11H4zM12 10.5a3 3 0 1 1 0 6 3 3 0 0 1 0-6",
  picture: "M4 5.5h16v13H4zM4 15.5l4.5-4.5 4.5 4.5 2.5-2.5 4.5 4.5M15.5 9.2v.1",
  torch: "M8 3.5h8V8l-2 3v9.5h-4V11L8 8zM8 7h8M12 13v1.5",
  download: "M12 4v11M7.5 10.5 12 15l4.5-4.5M5 19.5h14",
  remove: "M5 12h14",
  up: "M6 14.5 12 8.5l6 6",
  down: "M6 9.5 12 15.5l6-6",
  stop: "M7.5 7.5h9v9h-9z",
  star: "m12 4 2.4 5.2 5.6.6-4.2 3.8 1.2 5.6-5-2.9-5 2.9 1.2-5.6L4 9.8l5.6-.6z",
  off: "M12 4v8M7.5 7a7 7 0 1 0 9 0",
  more: "M12 5.5v.1M12 12v.1M12 18.5v.1",
  grip: "M9 7v.1M15 7v.1M9 12v.1M15 12v.1M9 17v.1M15 17v.1",
  lock: "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3M12 14.5v2",
  unlock: "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 6.8-1.2M12 14.5v2",
  trash: "M5 7h14M10 7V4.5h4V7M7 7l.8 12.5h8.4L17 7M10.5 10.5v5.5M13.5 10.5v5.5",
  edit: "M5 19l.8-4L16 4.8l3.2 3.2L9 18.2z",
  person: "M12 4.5a3.7 3.7 0 1 1 0 7.4 3.7 3.7 0 0 1 0-7.4M4.8 20c.6-4 3.4-6 7.2-6s6.6 2 7.2 6",
  leave: "M14 4.5H5.5v15H14M10 12h10M16.5 8.5 20 12l-3.5 3.5",
};

/** The icon `name`, which may be a kind of device. Hidden from screen readers: words stand beside it. */
export const Icon = ({ name }) => html`
  <svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d=${PATHS[name] ?? iconOf(name)} /></svg>
`;
