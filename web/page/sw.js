// Keeps the page, never the house's data: what opens it when the server is away. Its version and the list of
// its files come with the server, so that the browser takes every other page for a new worker.
importScripts("/pagina/shell.js");

const PREFIX = "casa-";
const CACHE = PREFIX + self.SHELL.version;
// After which the kept page is shown, while a server that is away keeps the phone waiting for it.
const PATIENCE_MS = 4000;

async function keepShell() {
  const cache = await caches.open(CACHE);
  await cache.addAll(self.SHELL.files);
  await self.skipWaiting();
}

async function dropOthers() {
  for (const name of await caches.keys()) {
    if (name.startsWith(PREFIX) && name !== CACHE) await caches.delete(name);
  }
  await self.clients.claim();
}

function isShell(request) {
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin) return false;
  return pathname === "/" ? request.mode === "navigate" : pathname.startsWith("/pagina/");
}

// What a proxy says of a server that is away is no answer of the server's.
function fromServer(response) {
  if (response.status === 502 || response.status === 504) throw new Error(response.statusText);
  return response;
}

async function answer(request) {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(request, { ignoreSearch: true, ignoreVary: true });
  if (!kept) return fetch(request);
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE_MS, kept));
  return Promise.race([fetch(request).then(fromServer), late]).catch(() => kept);
}

self.addEventListener("install", (event) => event.waitUntil(keepShell()));
self.addEventListener("activate", (event) => event.waitUntil(dropOthers()));
self.addEventListener("fetch", (event) => {
  if (isShell(event.request)) event.respondWith(answer(event.request));
});

// What the house tells of; a newer message about the same takes the older one's place.
self.addEventListener("push", (event) => {
  const { titulo, texto, ruta, marca } = event.data.json();
  const icon = "/pagina/icons/icon-192.png";
  const shown = { body: texto, tag: marca, icon, badge: icon, data: ruta };
  event.waitUntil(self.registration.showNotification(titulo, shown));
});

// The browser's maker has given it another address: the house is told, and goes on telling it.
async function subscribeAnew(made) {
  const key = (await (await fetch("/notificaciones")).json()).clave_push;
  const options = { userVisibleOnly: true, applicationServerKey: key };
  const { endpoint, keys } = (made ?? (await self.registration.pushManager.subscribe(options))).toJSON();
  const answer = await fetch("/notificaciones/navegador", {
    method: "PUT",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ endpoint, ...keys }),
  });
  if (!answer.ok) throw new Error(`${answer.status}`);
}

self.addEventListener("pushsubscriptionchange", (event) => {
  event.waitUntil(subscribeAnew(event.newSubscription));
});

async function lead(path) {
  const [open] = await self.clients.matchAll({ type: "window" });
  if (!open) return self.clients.openWindow(path);
  await open.navigate(path);
  return open.focus();
}

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(lead(event.notification.data));
});
