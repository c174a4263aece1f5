// Keeps the page on the phone, so that it opens where there is no network. What is personal is never kept here:
// the page itself holds what waits to be sent.
'use strict';
const STORE = 'roundsman-page-1';
const kept = (url) => url.origin === location.origin && (url.pathname === '/m/check-in' || url.pathname.startsWith('/m/client/') || /^\/m\/check-in\.(js|css)$/.test(url.pathname));

self.addEventListener('install', (e) => e.waitUntil(
  caches.open(STORE).then((c) => c.addAll(['/m/check-in.js', '/m/check-in.css'])).then(() => self.skipWaiting())));
self.addEventListener('activate', (e) => e.waitUntil((async () => {
  for (const name of await caches.keys()) if (name !== STORE) await caches.delete(name);
  await self.clients.claim();
})()));
self.addEventListener('fetch', (e) => {
  const url = new URL(e.request.url);
  if (e.request.method !== 'GET' || !kept(url)) return;
  e.respondWith((async () => {
    const store = await caches.open(STORE);
    try {
      const fresh = await fetch(e.request);
      // Not a login on its way, nor a refusal.
      if (fresh.ok && !fresh.redirected && fresh.type === 'basic') await store.put(e.request, fresh.clone());
      return fresh;
    } catch (none) {
      const old = await store.match(e.request) || url.pathname === '/m/check-in' && await store.match(e.request, { ignoreSearch: true });
      if (old) return old;
      throw none;
    }
  })());
});
