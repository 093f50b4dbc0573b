import { createRequire } from 'node:module';
// Its module build does not load in Node.
const { newTracker, buildPageView, buildSelfDescribingEvent } = createRequire(import.meta.url)('@snowplow/node-tracker');
const { newInMemoryEventStore } = createRequire(import.meta.resolve('@snowplow/node-tracker'))('@snowplow/tracker-core');

export default async function drive({ url, key, calls }) {
  const { protocol, hostname, port } = new URL(url);
  const eventStore = newInMemoryEventStore({ maxSize: 100_000 });
  const tracker = newTracker(
    { namespace: 'shop', appId: key },
    { endpoint: hostname, port: Number(port), protocol: protocol.slice(0, -1), bufferSize: 5, eventStore },
  );
  for (const [number, { call, event, userId, anonymousId, fields, at }] of calls.entries()) {
    tracker.setUserId(userId);
    tracker.setDomainUserId(anonymousId);
    const time = { type: 'dtm', value: Date.parse(at) };
    if (call === 'page') tracker.track(buildPageView({ pageUrl: 'https://shop.example/', pageTitle: 'Home' }), undefined, time);
    else tracker.track(buildSelfDescribingEvent({ event: { schema: `iglu:example.shop/${call === 'track' ? event : call}/jsonschema/1-0-0`, data: fields } }), undefined, time);
    // As a server that lives for hours: it does not hold everything back until the end.
    if (number % 5 === 4) await tracker.flush();
  }
  // What failed waits for the next flush.
  for (let tries = 0; await eventStore.count() > 0; tries++) {
    if (tries === 100) throw new Error(`${await eventStore.count()} events are left.`);
    await tracker.flush();
    await new Promise(done => setTimeout(done, 100));
  }
}
