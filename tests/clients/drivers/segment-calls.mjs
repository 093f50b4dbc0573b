/** A call as Segment's clients for servers take it. */
export function message({ call, event, userId, anonymousId, previousId, groupId, fields, messageId, at }) {
  const named = { track: { event, properties: fields }, page: { name: 'Home', properties: fields }, identify: { traits: fields }, group: { groupId, traits: fields }, alias: { previousId } };
  return {
    ...userId && { userId }, ...anonymousId && { anonymousId }, ...named[call], messageId, timestamp: new Date(at),
  };
}
