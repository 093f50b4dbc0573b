import { PostHog } from 'posthog-node';

export default async function drive({ url, key, calls }) {
  const posthog = new PostHog(key, { host: url, flushAt: 5, maxBatchSize: 5, fetchRetryDelay: 300 });
  const failures = [];
  posthog.on('error', failure => failures.push(failure));
  for (const [number, { call, event, userId, anonymousId, previousId, groupId, fields, messageId, at }] of calls.entries()) {
    const own = { timestamp: new Date(at), uuid: messageId };
    if (call === 'identify') posthog.identify({ distinctId: userId, properties: fields });
    else if (call === 'alias') posthog.alias({ distinctId: userId, alias: previousId });
    else if (call === 'group') posthog.groupIdentify({ groupType: 'company', groupKey: groupId, properties: fields, distinctId: userId });
    // Whom nobody knows has no person yet.
    else posthog.capture({ distinctId: userId ?? anonymousId, event: call === 'page' ? '$pageview' : event, properties: { ...fields, ...!userId && { $process_person_profile: false } }, ...own });
    // It holds a thousand at most.
    if (number % 200 === 199) await posthog.flush();
  }
  await posthog.shutdown(120_000);
  if (failures.length) throw new Error(`${failures.length} failures, such as ${failures[0]}`);
}
