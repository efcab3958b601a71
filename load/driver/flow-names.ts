/** What a request, or a few in a row, can be: `flows.ts` has them. */
export const FLOW_NAMES = [
  'post',
  'alerts',
  'readEvent',
  'readDelivery',
  'readInbox',
  'health',
  'journey',
  'rapid',
  'reads',
  'direct',
] as const;

export type FlowName = (typeof FLOW_NAMES)[number];
