// Keeps one page: what is shown when a page is opened and no network is there. All else is the server's.
const cache = 'crm-offline-1', page = '/offline.html';

self.addEventListener('install', event => {
  event.waitUntil(caches.open(cache).then(kept => kept.addAll([page, '/offline.js', '/icon.svg'])).then(() => self.skipWaiting()));
});

self.addEventListener('activate', event => {
  event.waitUntil(caches.keys().then(names => Promise.all(names.filter(name => name !== cache).map(name => caches.delete(name)))).then(() => self.clients.claim()));
});

self.addEventListener('fetch', event => {
  const { request } = event;
  if (request.mode === 'navigate') event.respondWith(fetch(request).catch(() => caches.match(page)));
  else if (request.url.endsWith('/offline.js')) event.respondWith(fetch(request).catch(() => caches.match('/offline.js')));
});
