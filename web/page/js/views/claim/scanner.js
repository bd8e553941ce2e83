/** The camera, looked through for codes as long as the page is looked at. */
import { readQr } from "./qr_reader.js";

const EVERY_MS = 100;
// A code that fills a third of the frame has 4 pixels a module then, and an old phone looks at it in 30 ms.
const EFFORT = { longest: 720, patienceMs: 40 };
const WANTED = { video: { facingMode: "environment", width: { ideal: 1280 }, height: { ideal: 720 } } };

const PROBLEMS = { NotAllowedError: "denied", SecurityError: "denied", NotReadableError: "busy" };

/** Why there can be no camera whoever asks: "insecure", "none"; "" where there may be one. */
export function obstacle() {
  if (!isSecureContext) return "insecure";
  return navigator.mediaDevices?.getUserMedia ? "" : "none";
}

/**
 * Shows the camera in `video` and calls `found(text)` with each code that is seen. `opened(scanner)` is called when it
 * shows, `failed(problem)`, "denied", "none", "busy" or "broken", if it cannot. Lets the camera go while the page is hidden.
 */
export class Scanner {
  #video;
  #tell;
  #stream = null;
  #follow = () => (document.hidden ? this.#release() : this.#open());

  constructor(video, { found, opened, failed }) {
    this.#video = video;
    this.#tell = { found, opened, failed };
    document.addEventListener("visibilitychange", this.#follow);
    this.#open();
  }

  stop() {
    document.removeEventListener("visibilitychange", this.#follow);
    this.#release();
  }

  get hasTorch() {
    return Boolean(this.#track?.getCapabilities?.().torch);
  }

  /** Resolves when the light is on, or off. */
  light(on) {
    return this.#track?.applyConstraints({ advanced: [{ torch: on }] });
  }

  get #track() {
    return this.#stream?.getVideoTracks()[0];
  }

  async #open() {
    let mine = new MediaStream(); // stands for the camera until it is there
    this.#stream = mine;
    try {
      const camera = await navigator.mediaDevices.getUserMedia(WANTED);
      if (this.#stream !== mine) return end(camera);
      mine = camera;
      this.#stream = camera;
      this.#video.srcObject = camera;
      await this.#video.play();
      this.#tell.opened(this);
      while (this.#stream === mine) {
        await this.#look(mine);
        await new Promise((done) => setTimeout(done, EVERY_MS));
      }
    } catch (error) {
      if (this.#stream === mine) this.#fail(error);
    }
  }

  async #look(stream) {
    const { videoWidth: width, videoHeight: height } = this.#video;
    const text = width ? await readQr(this.#video, { width, height }, EFFORT) : null;
    if (text !== null && this.#stream === stream) this.#tell.found(text);
  }

  #fail(error) {
    this.#release();
    if (!(error instanceof DOMException)) console.error(error);
    this.#tell.failed(error instanceof DOMException ? (PROBLEMS[error.name] ?? "none") : "broken");
  }

  #release() {
    if (this.#stream) end(this.#stream);
    this.#stream = null;
    this.#video.srcObject = null;
  }
}

function end(stream) {
  for (const track of stream.getTracks()) track.stop();
}
