/** Whether this browser is told by Web Push, the page closed or not. */
import { useEffect, useState } from "preact/hooks";
import { post, put, remove } from "../../api.js";
import { html } from "../../html.js";
import { kept } from "../../keep.js";
import { attempt, Switch } from "../../ui.js";
import { t } from "../../words.js";
import { systemOf } from "./system.js";

// Which channel this browser is; the server tells nobody its address again.
const mine = kept("push_channel", 0);

// For the browser's maker to answer, which some never do where they are not reached.
const PATIENCE_MS = 15_000;

const isAble = () => isSecureContext && "serviceWorker" in navigator && "PushManager" in window;

export const ThisBrowser = ({ wishes, reload }) => {
  const [busy, setBusy] = useState(false);
  const [subscribed, setSubscribed] = useState(false);
  useEffect(() => {
    if (isAble()) current().then((subscription) => setSubscribed(subscription !== null), console.warn);
    keepTold().catch(console.warn);
  }, []);
  if (!isAble()) return html`<p class="muted">${t("notify.push.unable")}</p>`;
  const on = subscribed && wishes.canales.some(({ id }) => id === mine.value);
  const change = async (wanted) => {
    setBusy(true);
    await attempt(async () => {
      if (wanted) await subscribe(wishes.clave_push);
      else await unsubscribe(on);
      setSubscribed(wanted);
      await reload();
    });
    setBusy(false);
  };
  return html`
    <div class="row">
      <p class="grow"><strong>${t("notify.push")}</strong><br /><span class="muted">${t("notify.push.what")}</span></p>
      <${Switch} label=${t("notify.push")} on=${on} disabled=${busy} onChange=${change} />
    </div>
  `;
};

const current = async () => (await navigator.serviceWorker.ready).pushManager.getSubscription();

async function subscribe(key) {
  if ((await Notification.requestPermission()) !== "granted") throw told("refused");
  const { pushManager } = await navigator.serviceWorker.ready;
  const before = await pushManager.getSubscription();
  if (before) await before.unsubscribe(); // it may have been made with the key of another house
  const made = await subscribed(pushManager, key);
  const name = t("notify.push.name", { system: systemOf(navigator.userAgent) ?? "?" });
  const channel = await post("/notificaciones/navegador", { nombre: name, ...addressOf(made) });
  mine.value = channel.id;
}

const addressOf = (subscription) => {
  const { endpoint, keys } = subscription.toJSON();
  return {
    endpoint: /** @type {string} */ (endpoint),
    p256dh: /** @type {Record<string, string>} */ (keys).p256dh,
    auth: /** @type {Record<string, string>} */ (keys).auth,
  };
};

/**
 * Who has signed in anew is told on: the channel is this session's, and goes when that is revoked. Where the
 * browser's maker gives another address meanwhile, the worker's word of it may have come before ours of the old.
 */
export async function keepTold() {
  if (!isAble() || !mine.value) return;
  try {
    let last = "";
    for (;;) {
      const subscription = await current();
      const address = subscription && addressOf(subscription);
      if (!address || address.endpoint === last) return;
      await put("/notificaciones/navegador", address);
      last = address.endpoint;
    }
  } catch (error) {
    if (error.status !== 404) throw error; // it is somebody else who has signed in
  }
}

async function subscribed(pushManager, key) {
  const late = new Promise((_, reject) => setTimeout(reject, PATIENCE_MS, new Error("late")));
  try {
    return await Promise.race([
      pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key }),
      late,
    ]);
  } catch (error) {
    throw told(/** @type {Error} */ (error).name === "NotAllowedError" ? "refused" : "no_service");
  }
}

async function unsubscribe(isKnown) {
  const subscription = await current();
  if (isKnown) await remove(`/notificaciones/canales/${mine.value}`);
  mine.value = 0;
  await subscription?.unsubscribe();
}

/** As an answer of the server's, whose words are shown. */
const told = (why) => Object.assign(new Error(), { status: 400, detail: t(`notify.push.${why}`) });
