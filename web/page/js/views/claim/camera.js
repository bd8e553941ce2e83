/** The ways to read a code: with the camera, or in a picture. */
import { useEffect, useRef, useState } from "preact/hooks";
import { html } from "../../html.js";
import { Icon } from "../../icons.js";
import { t } from "../../words.js";
import { readQr } from "./qr_reader.js";
import { obstacle, Scanner } from "./scanner.js";

// One picture may take its time.
const EFFORT = { longest: 1600, patienceMs: 1500 };

/** Calls `found(text)` with what a code says, and `failed(problem)` with the word for why nothing could be read. */
export const CodeReader = ({ found, failed }) => {
  const [open, setOpen] = useState(false);
  const fail = (problem) => {
    setOpen(false);
    failed(problem);
  };
  return html`
    ${open && html`<${Camera} found=${found} failed=${fail} close=${() => setOpen(false)} />`}
    <div class="actions">
      ${
        !open &&
        !obstacle() &&
        html`
          <button type="button" class="primary" onClick=${() => setOpen(true)}>
            <${Icon} name="camera" />${t("claim.camera.open")}
          </button>
        `
      }
      <${Picture} found=${found} failed=${fail} />
    </div>
  `;
};

const Camera = ({ found, failed, close }) => {
  const video = useRef(null);
  const [scanner, setScanner] = useState(null);
  const tell = useRef(null);
  tell.current = { found, failed };
  useEffect(() => {
    const scanner = new Scanner(video.current, {
      found: (text) => tell.current.found(text),
      failed: (why) => tell.current.failed(`camera.${why}`),
      opened: setScanner,
    });
    return () => scanner.stop();
  }, []);
  return html`
    <div class="camera">
      <video ref=${video} playsinline muted aria-label=${t("claim.camera.view")}></video>
      <div class="camera-frame" aria-hidden="true"></div>
    </div>
    <p class="hint">${t("claim.camera.aim")}</p>
    <div class="actions">
      ${scanner?.hasTorch && html`<${Torch} scanner=${scanner} />`}
      <button type="button" onClick=${close}>${t("claim.camera.close")}</button>
    </div>
  `;
};

const Torch = ({ scanner }) => {
  const [on, setOn] = useState(false);
  const turn = async () => {
    await scanner.light(!on);
    setOn(!on);
  };
  return html`
    <button type="button" aria-pressed=${on ? "true" : "false"} onClick=${turn}>
      <${Icon} name="torch" />${t("claim.camera.torch")}
    </button>
  `;
};

const Picture = ({ found, failed }) => {
  const take = async ({ target }) => {
    const [file] = target.files;
    if (!file) return;
    target.value = ""; // so that the same one can be chosen again
    const picture = await createImageBitmap(file).catch(() => null);
    if (!picture) return failed("picture.unreadable");
    const text = await readQr(picture, picture, EFFORT);
    picture.close();
    if (text === null) failed("picture.none");
    else found(text);
  };
  return html`
    <label class="button picture">
      <${Icon} name="picture" />${t("claim.picture")}
      <input class="hidden" type="file" accept="image/*" onChange=${take} />
    </label>
  `;
};
