import Analytics from '@rudderstack/rudder-sdk-node';
import { message } from './segment-calls.mjs';

export default async function drive({ url, key, calls }) {
  const analytics = new Analytics(key, { dataPlaneUrl: url, flushAt: 5, flushInterval: 100 });
  const ends = calls.map(step => new Promise((done, fail) => analytics[step.call](message(step), failure => failure ? fail(failure) : done())));
  await analytics.flush();
  await Promise.all(ends);
}
