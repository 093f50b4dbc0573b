import Analytics from 'analytics-node';
import { message } from './segment-calls.mjs';

export default async function drive({ url, key, calls }) {
  const analytics = new Analytics(key, { host: url, flushAt: 5 });
  // It tells each call how its batch ended, and gathers calls until it is told to let go.
  const ends = calls.map(step => new Promise((done, fail) => analytics[step.call](message(step), failure => failure ? fail(failure) : done())));
  await analytics.flush();
  await Promise.all(ends);
}
