// Tells Crm.Orleans what happens on a page, in the tracking protocol of Segment's HTTP API:
//
//   import { load } from 'https://crm.example/crm.js';
//   const crm = load('WRITE_KEY');
//
// An event is kept in localStorage until the server has answered that it is durable, and until then sent again with the same
// messageId, so that it counts once. No call throws into the page.

const version = '1.0.0', second = 1000, hour = 3600 * second;

// Bounds. Requests that outlive their page may carry 64 KB together: two batches fit.
const batchBytes = 30_000, batchEvents = 50, eventBytes = 32_000, queueEvents = 500, queueChars = 400_000;

// The server knows copies of a message for 24 hours: what may have arrived is not sent again after that.
const triedKeptFor = 23 * hour, untriedKeptFor = 7 * 24 * hour;
const timeout = 15 * second, longestBackOff = 60 * second, longestPause = hour, refusedPause = 300 * second;

// Each is a call of its own: crm.productViewed(properties) and so on.
const shopEvents = ['Products Searched', 'Product List Viewed', 'Product Clicked', 'Product Viewed', 'Product Added',
  'Product Removed', 'Cart Viewed', 'Checkout Started', 'Checkout Step Viewed', 'Checkout Step Completed', 'Payment Info Entered',
  'Order Completed', 'Order Updated', 'Order Refunded', 'Order Cancelled', 'Coupon Entered', 'Coupon Applied', 'Coupon Denied',
  'Coupon Removed', 'Product Reviewed', 'Product Added to Wishlist', 'Promotion Viewed', 'Promotion Clicked'];

const uuid = () => crypto.randomUUID?.() ?? '10000000-1000-4000-8000-100000000000'.replace(/[018]/g,
  c => (c ^ crypto.getRandomValues(new Uint8Array(1))[0] & 15 >> c / 4).toString(16));
const stamp = number => number.toString(36).padStart(9, '0');
const bytes = text => new TextEncoder().encode(text).length;
const quietly = work => { try { return work(); } catch { return undefined; } };
const loaded = {};

/**
 * The page's tracker; the same one for the same key.
 * key: a write key. It stands in the page for all to see, and may only send.
 * options:
 *   host          where the API is; default: where this file came from
 *   pages         false: only page() tells of page views; default: loading and every navigation within the page do
 *   needs         consent categories without which nothing is sent and nothing but the choice is stored, such as ['analytics']
 *   gpc           categories that Global Privacy Control denies; default ['advertising']
 *   cookieDomain  the domain whose hosts share a visitor, such as 'shop.example'; default: this host alone
 *   prefix        of what is kept in the browser; default 'crm.'
 *   delay         milliseconds in which events gather to a batch; default 250
 */
export function load(key, options = {}) {
  return loaded[key] ??= tracker(key, options);
}

function tracker(key, {
  host = new URL(import.meta.url).origin, pages = true, needs = [], gpc = ['advertising'], cookieDomain,
  prefix = 'crm.', delay = 250,
}) {
  const url = host.replace(/\/$/, '') + '/v1/batch', self = uuid().slice(0, 8), memory = new Map(), flying = new Set();
  let timer, timerAt, sending, retryAt = 0, failures = 0, made = 0, most = batchEvents, wanted, here, came = document.referrer, arriving;

  // Kept in localStorage; in memory where that is refused, full, or not consented to.
  const read = name => memory.get(name) ?? quietly(() => localStorage.getItem(prefix + name)) ?? undefined;

  function write(name, value) {
    const kept = (name === 'consent' || granted()) && quietly(() => { localStorage.setItem(prefix + name, value); return true; });
    if (kept) memory.delete(name);
    else memory.set(name, value);
  }

  function remove(name) {
    memory.delete(name);
    quietly(() => localStorage.removeItem(prefix + name));
  }

  // An entry an event, named by its time: tabs never overwrite each other's.
  const queue = () => [...memory.keys(), ...(quietly(() => Object.keys(localStorage)) ?? [])
    .filter(name => name.startsWith(prefix)).map(name => name.slice(prefix.length))].filter(name => name.startsWith('q.')).sort();

  const choice = () => quietly(() => JSON.parse(read('consent'))) ?? {};
  const signal = () => navigator.globalPrivacyControl === true;
  const preferences = () => ({ ...choice(), ...signal() && Object.fromEntries(gpc.map(it => [it, false])) });
  const granted = () => needs.every(category => preferences()[category] === true);
  const refused = () => needs.some(category => preferences()[category] === false);
  const consentContext = (now = preferences()) => ({
    ...Object.keys(now).length && { consent: { categoryPreferences: now } }, ...signal() && { gpc: true },
  });
  const tellConsent = now => ({ event: 'Consent Preference Updated', properties: {}, context: consentContext(now) });

  function consent(chosen) {
    if (chosen) {
      // The last word of one who withdraws is the withdrawal; else the server would go on with what it has.
      if (granted() && needs.some(it => chosen[it] === false)) post([compose('track', tellConsent({ ...preferences(), ...chosen }))], []);
      write('consent', JSON.stringify({ ...choice(), ...chosen }));
      settleConsent();
      if (granted()) enqueue('track', tellConsent(preferences()));
    }
    return preferences();
  }

  // What waited in memory is stored and sent, or forgotten with everything else.
  function settleConsent() {
    if (granted()) [...memory].forEach(([name, value]) => write(name, value));
    else if (refused()) {
      [...queue(), 'anonymous', 'user'].forEach(remove);
      cookie('', 0);
    }
    schedule(delay);
  }

  function cookie(value, age) {
    return quietly(() => {
      const name = prefix.replace(/\W/g, '_') + 'anonymous';
      if (value === undefined) return document.cookie.match(`(?:^|; )${name}=([^;]+)`)?.[1];
      document.cookie = `${name}=${value}; path=/; max-age=${age}; samesite=lax${cookieDomain ? '; domain=' + cookieDomain : ''}${
        location.protocol === 'https:' ? '; secure' : ''}`;
    });
  }

  // The cookie goes before: the hosts of a domain share it.
  function anonymousId(fresh) {
    const id = !fresh && (granted() && cookie() || read('anonymous')) || uuid();
    if (read('anonymous') !== id) write('anonymous', id);
    if (granted() && cookie() !== id) cookie(id, 365 * 24 * 3600);
    return id;
  }

  const userId = () => read('user');

  function identify(id, traits) {
    if (typeof id === 'object') [id, traits] = [undefined, id];
    if (id && !refused()) {
      // Another person at the same browser is another visitor.
      if (userId() && userId() !== String(id)) anonymousId(true);
      write('user', String(id));
    }
    enqueue('identify', { traits });
  }

  function alias(id, previousId = userId() ?? anonymousId()) {
    enqueue('alias', { userId: String(id), previousId });
    if (userId() === previousId) write('user', String(id));
  }

  function reset() {
    remove('user');
    anonymousId(true);
  }

  const track = (event, properties) => enqueue('track', { event, properties });
  const group = (groupId, traits) => enqueue('group', { groupId: String(groupId), traits });

  function page(name, properties) {
    if (typeof name === 'object') [name, properties] = [undefined, name];
    enqueue('page', { name, properties: { ...place(), ...properties } });
  }

  const place = () => ({ path: location.pathname, search: location.search, title: document.title, url: location.href, referrer: came });

  function campaign() {
    const all = [...new URLSearchParams(location.search)].filter(([name]) => name.startsWith('utm_'));
    return all.length ? { campaign: Object.fromEntries(all.map(([name, value]) => [name === 'utm_campaign' ? 'name' : name.slice(4), value])) } : {};
  }

  const compose = (type, { context, ...fields }) => JSON.stringify({
    type, messageId: uuid(), timestamp: new Date().toISOString(), anonymousId: anonymousId(), userId: userId(), ...fields,
    context: {
      library: { name: 'crm.js', version }, page: place(), ...campaign(), locale: navigator.language, userAgent: navigator.userAgent,
      timezone: Intl.DateTimeFormat().resolvedOptions().timeZone, ...consentContext(), ...context,
    },
  });

  function enqueue(type, fields) {
    if (refused()) return;
    land();
    const json = compose(type, fields);
    if (bytes(json) > eventBytes) throw new RangeError(`a ${type} is longer than ${eventBytes} bytes.`);
    const all = queue();
    let chars = all.reduce((sum, name) => sum + (read(name)?.length ?? 0), json.length);
    while (all.length >= queueEvents || all.length && chars > queueChars) {
      chars -= read(all[0])?.length ?? 0;
      remove(all.shift());
    }
    write(`q.${stamp(Date.now())}.${stamp(made++)}.${self}`, '|' + json);
    schedule(all.length + 1 < batchEvents ? delay : 0);
  }

  function schedule(ms) {
    if (timer && timerAt <= Date.now() + ms) return;
    clearTimeout(timer);
    timerAt = Date.now() + ms;
    timer = setTimeout(flush, ms);
  }

  // One tab sends for all. Where there are no locks two may send the same, which counts once.
  function flush() {
    clearTimeout(timer);
    timer = 0;
    const locked = async () => navigator.locks ? navigator.locks.request(prefix + 'send', { signal: AbortSignal.timeout?.(timeout) }, drain) : drain();
    // What comes while the last one ends would wait for nobody.
    if (sending) wanted = true;
    return sending ??= locked().catch(drain).finally(() => {
      if (wanted) schedule(0);
      sending = wanted = undefined;
    });
  }

  // What the server told is known to all tabs. A clock that was set back must not make a pause for ever.
  function pause() {
    const ms = Math.max(retryAt, Number(read('until') ?? 0)) - Date.now();
    return ms > longestPause ? 0 : ms;
  }

  async function drain() {
    // Without a network nothing is tried: the browser says when it is back.
    while (granted() && navigator.onLine !== false) {
      if (pause() > 0) return schedule(pause());
      const batch = next(queue());
      if (!batch.length) return;
      await send(batch);
    }
  }

  // The oldest that fit a batch, as [name, tried|event]. What is too old leaves here.
  function next(names) {
    const batch = [];
    let size = 0;
    for (const name of names) {
      const value = read(name), tried = parseInt(value, 36);
      if (!value || flying.has(name)) continue;
      if (Date.now() - (tried || parseInt(name.slice(2), 36)) > (tried ? triedKeptFor : untriedKeptFor)) {
        remove(name);
        continue;
      }
      size += bytes(value);
      if (batch.length && (batch.length >= most || size > batchBytes)) break;
      batch.push([name, value]);
    }
    return batch;
  }

  function send(batch) {
    for (const [name, value] of batch) {
      flying.add(name);
      // From now on it may have arrived.
      if (value[0] === '|') write(name, stamp(Date.now()) + value);
    }
    return post(batch.map(([, value]) => value.slice(value.indexOf('|') + 1)), batch.map(([name]) => name));
  }

  // Plain text with the key inside needs no preflight, and a kept-alive request outlives its page.
  async function post(events, names) {
    const body = `{"writeKey":${JSON.stringify(key)},"sentAt":"${new Date().toISOString()}","context":${JSON.stringify(consentContext())},"batch":[${events}]}`;
    const keepalive = bytes(body) < 2 * batchBytes;
    try {
      if (!('keepalive' in Request.prototype) && document.visibilityState === 'hidden') return navigator.sendBeacon(url, body);
      const answer = await fetch(url, { method: 'POST', body, keepalive, credentials: 'omit', signal: AbortSignal.timeout?.(timeout) });
      settle(names, answer.status, answer.headers.get('Retry-After'));
    } catch {
      settle(names, 0);
    } finally {
      names.forEach(name => flying.delete(name));
    }
  }

  function settle(names, status, retryAfter) {
    if (status >= 200 && status < 300) {
      names.forEach(remove);
      [failures, most] = [0, batchEvents];
    } else if (status === 400 || status === 413) {
      // One of them spoils the others: halve them, until it is alone.
      most = Math.ceil(names.length / 2);
      if (names.length === 1) names.forEach(remove);
    } else {
      const wrong = status === 401 || status === 403;
      if (wrong) console.warn(`crm.js: the key or this site is refused (${status}).`);
      const told = Number(retryAfter) * second || Date.parse(retryAfter) - Date.now();
      const backOff = Math.min(longestBackOff, second / 2 * 2 ** failures++) * (.5 + Math.random() / 2);
      const at = Date.now() + Math.min(longestPause, told > 0 ? told : wrong ? refusedPause : backOff);
      if (status) write('until', String(at));
      else retryAt = at;
      schedule(pause());
    }
  }

  // The page may end with this. What this tab made, and no request carries yet, goes now.
  function leave() {
    land();
    if (!granted() || pause() > 0 && !memory.size) return;
    const batch = next(queue().filter(name => name.endsWith(self)));
    if (batch.length) send(batch);
  }

  // Looked at a moment later, when the page has its title and redirects are over; or at once, before something else happens on it.
  function navigated() {
    const at = location.href.split('#')[0];
    if (at === here) return;
    if (here && !arriving) came = here;
    here = at;
    arriving ??= setTimeout(land);
  }

  function land() {
    if (!arriving) return;
    clearTimeout(arriving);
    arriving = undefined;
    page();
  }

  function start() {
    addEventListener('online', () => { retryAt = 0; schedule(0); });
    addEventListener('storage', event => { if (event.key === prefix + 'consent') settleConsent(); });
    addEventListener('pagehide', leave);
    document.addEventListener('visibilitychange', () => { if (document.visibilityState === 'hidden') leave(); });
    // Now, not with the first event: of two tabs the second finds the id of the first.
    if (granted()) anonymousId();
    schedule(delay);
    if (!pages) return;
    for (const name of ['pushState', 'replaceState']) {
      const original = history[name];
      history[name] = function (...args) {
        original.apply(this, args);
        navigated();
      };
    }
    addEventListener('popstate', navigated);
    addEventListener('pageshow', event => { if (event.persisted) { here = undefined; navigated(); } });
    navigated();
  }

  // A page that is prepared ahead was not seen yet.
  if (document.prerendering) document.addEventListener('prerenderingchange', start, { once: true });
  else start();

  const calls = { identify, track, page, group, alias, reset, consent, flush, anonymousId: () => anonymousId(), userId };
  for (const event of shopEvents)
    calls[event[0].toLowerCase() + event.slice(1).replace(/ (.)/g, (_, letter) => letter.toUpperCase())] = properties => track(event, properties);
  const safe = call => (...values) => { try { return call(...values); } catch (error) { console.warn('crm.js:', error.message); return undefined; } };
  return Object.fromEntries(Object.entries(calls).map(([name, call]) => [name, safe(call)]));
}
