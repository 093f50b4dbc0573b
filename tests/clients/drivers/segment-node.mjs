import { Analytics } from '@segment/analytics-node';
import { message } from './segment-calls.mjs';

export default async function drive({ url, key, calls }) {
  const analytics = new Analytics({ writeKey: key, host: url, flushAt: 5 });
  const failures = [];
  analytics.on('error', failure => failures.push(failure));
  for (const step of calls) analytics[step.call](message(step));
  await analytics.closeAndFlush({ timeout: 120_000 });
  if (failures.length) throw new Error(`${failures.length} failures, such as ${JSON.stringify(failures[0])}`);
}
