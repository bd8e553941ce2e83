/** Line icons on a 24 by 24 grid, drawn here; they take the colour of the text. */
import { html } from "./html.js";

const PATHS = {
  __proto__: null,
  devices: "M3 11.5 12 4l9 7.5M5.5 10v9.5h13V10M10 19.5v-5h4v5",
  insights:
    "M12 3.5a6 6 0 0 1 3.6 10.8c-.7.6-1.1 1.3-1.1 2.2h-5c0-.9-.4-1.6-1.1-2.2A6 6 0 0 1 12 3.5M10 20.5h4",
  household: "M4 7h9M17 7h3M4 17h3M11 17h9M15 5v4M9 15v4",
  add: "M12 5v14M5 12h14",
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
  lock: "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3M12 14.5v2",
  unlock: "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 6.8-1.2M12 14.5v2",
  trash: "M5 7h14M10 7V4.5h4V7M7 7l.8 12.5h8.4L17 7M10.5 10.5v5.5M13.5 10.5v5.5",
  edit: "M5 19l.8-4L16 4.8l3.2 3.2L9 18.2z",
  person: "M12 4.5a3.7 3.7 0 1 1 0 7.4 3.7 3.7 0 0 1 0-7.4M4.8 20c.6-4 3.4-6 7.2-6s6.6 2 7.2 6",
  leave: "M14 4.5H5.5v15H14M10 12h10M16.5 8.5 20 12l-3.5 3.5",
  luz: "M9 18.5h6M10 21h4M12 3a6.2 6.2 0 0 0-3.7 11.2c.6.5 1 1.2 1 2h5.4c0-.8.4-1.5 1-2A6.2 6.2 0 0 0 12 3",
  riego: "M12 3.5c3.5 4.2 5.5 7.2 5.5 10a5.5 5.5 0 0 1-11 0c0-2.8 2-5.8 5.5-10M9.5 14a2.7 2.7 0 0 0 2.5 2.7",
  persiana: "M4.5 4.5h15M5.5 4.5v15h13v-15M5.5 8.3h13M5.5 12h13M5.5 15.7h13",
  ventilador:
    "M12 10.5a1.5 1.5 0 1 1 0 3 1.5 1.5 0 0 1 0-3M12 10.5c-2.5-3-1-7 1.5-7s3 3.5-.5 7M13.4 12.7c3.8-.6 6.5 2.6 5.3 4.8s-4.6 1-5.7-3.5M10.6 12.7c-1.3 3.6-5.5 4.4-6.7 2.2s1.5-4.6 6-3.7",
  puerta: "M6.5 20.5v-17h11v17M4 20.5h16M14.3 12v.1",
  termometro: "M10 13.8V5.5a2 2 0 0 1 4 0v8.3a4 4 0 1 1-4 0M12 9v8",
  camara: "M4 7.5h11v9H4zM15 11l5-3v8l-5-3",
  enchufe: "M9 3.5v4M15 3.5v4M6.5 7.5h11v3a5.5 5.5 0 0 1-11 0zM12 16v4.5",
  sensor_luz:
    "M12 8a4 4 0 1 1 0 8 4 4 0 0 1 0-8M12 2.5V5M12 19v2.5M2.5 12H5M19 12h2.5M5.3 5.3 7 7M17 17l1.7 1.7M5.3 18.7 7 17M17 7l1.7-1.7",
  sensor_co2: "M7.5 17.5a4 4 0 0 1-.3-8 5 5 0 0 1 9.7.8 3.7 3.7 0 0 1-.4 7.2zM9 21h6",
  sensor_humo: "M5 16.5h14v3H5zM9 13c-2-2.5 2-3.5 0-6.5M14 13c-2-2.5 2-3.5 0-6.5",
  sensor_mov:
    "M14 4.5a1.6 1.6 0 1 1 0 3.2 1.6 1.6 0 0 1 0-3.2M8 11.5l3.5-2.5 2.5 1 1 3 3 1M12 12l-1 3.5 3 2.5.5 3.5M10 16.5 7.5 20",
  sensor_ruido: "M4 10v4h3.5L12 18V6L7.5 10zM15.5 9a4.2 4.2 0 0 1 0 6M18 6.5a8 8 0 0 1 0 11",
  generico: "M6 6h12v12H6zM9.5 3v3M14.5 3v3M9.5 18v3M14.5 18v3M3 9.5h3M3 14.5h3M18 9.5h3M18 14.5h3",
};

/** The icon `name`, or the one of a device of no known kind. Hidden from screen readers: words stand beside it. */
export const Icon = ({ name }) => html`
  <svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d=${PATHS[name] ?? PATHS.generico} /></svg>
`;
