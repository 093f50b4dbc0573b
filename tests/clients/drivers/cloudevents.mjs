import { CloudEvent, Mode, emitterFor, httpTransport } from 'cloudevents';

const together = 5;

// The SDK writes and sends, one request an event. Its answer has no status, only a body; trying again is its user's part, and so
// is a batch.
export default async function drive({ url, key, calls }) {
  const authorization = `Bearer ${key}`;
  const events = calls.map(({ call, event, userId, anonymousId, previousId, groupId, fields, messageId, at }) => new CloudEvent({
    id: messageId, source: '/shop', time: at, type: call === 'track' ? event : `example.shop.${call}`, data: fields,
    ...userId && { subject: userId }, ...anonymousId && { anonymousid: anonymousId }, ...previousId && { previousid: previousId }, ...groupId && { groupid: groupId },
  }));
  const emit = Object.fromEntries([Mode.BINARY, Mode.STRUCTURED].map(mode => [mode, emitterFor(httpTransport(`${url}/v1/cloudevents`), { mode })]));
  const sent = answer => { if (!answer.body.includes('"success":true')) throw new Error(`answered ${answer.body}`); };
  const ways = [
    event => emit[Mode.BINARY](event, { headers: { authorization } }).then(sent),
    event => emit[Mode.STRUCTURED](event, { headers: { authorization } }).then(sent),
    event => fetch(`${url}/v1/cloudevents`, {
      method: 'POST', headers: { authorization, 'content-type': 'application/cloudevents-batch+json' }, body: JSON.stringify([event]),
    }).then(answer => { if (!answer.ok) throw new Error(`answered ${answer.status}`); }),
  ];
  for (let first = 0; first < events.length; first += together)
    await Promise.all(events.slice(first, first + together).map((event, at) => again(() => ways[(first + at) % ways.length](event))));
}

async function again(send) {
  for (let tries = 1; ; tries++) {
    try {
      return await send();
    } catch (failure) {
      if (tries === 5) throw failure;
      await new Promise(done => setTimeout(done, 200 * tries));
    }
  }
}
