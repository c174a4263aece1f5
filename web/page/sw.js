// Keeps the page on the phone, so that it opens where there is no network. What is personal is never kept here:
// the page itself holds what waits to be sent.
'use strict';
const STORE = 'roundsman-page-1', PATIENCE = 5000;
const kept = (url) => url.origin === location.origin && (url.pathname === '/m/check-in' || url.pathname.startsWith('/m/client/') || /^\/m\/check-in\.(js|css)$/.test(url.pathname));

self.addEventListener('install', (e) => e.waitUntil(
  caches.open(STORE).then((c) => c.addAll(['/m/check-in.js', '/m/check-in.css'])).then(() => self.skipWaiting())));
self.addEventListener('activate', (e) => e.waitUntil((async () => {
  for (const name of await caches.keys()) if (name !== STORE) await caches.delete(name);
  await self.clients.claim();
})()));
// The page that is open before this was there asks for itself to be kept.
self.addEventListener('message', (e) => e.waitUntil(caches.open(STORE).then((c) => Promise.allSettled(
  (e.data?.keep ?? []).filter((u) => kept(new URL(u, location.href))).map(async (u) => {
    const r = await fetch(u, { credentials: 'same-origin' });
    if (r.ok && !r.redirected) await c.put(u, r);
  })))));
self.addEventListener('fetch', (e) => {
  const url = new URL(e.request.url);
  if (e.request.method !== 'GET' || !kept(url)) return;
  e.respondWith((async () => {
    const store = await caches.open(STORE);
    const old = async () => await store.match(e.request) || url.pathname === '/m/check-in' && await store.match(e.request, { ignoreSearch: true }) || null;
    const fresh = fetch(e.request).then(async (r) => {
      // Not a login on its way, nor a refusal, nor a page for each code that was scanned.
      if (!url.searchParams.has('c') && r.ok && !r.redirected && r.type === 'basic') await store.put(e.request, r.clone());
      return r;
    });
    fresh.catch(() => {});
    try {
      // A network that hangs is none.
      const first = await Promise.race([fresh, new Promise((r) => setTimeout(r, PATIENCE, null))]);
      return first ?? await old() ?? await fresh;
    } catch (none) {
      const kept = await old();
      if (kept) return kept;
      throw none;
    }
  })());
});
