/** Names under which the functions of the naive stack find their queues and the key they let in. */
export const NAIVE_ENV = {
  routerQueue: 'NAIVE_ROUTER_QUEUE',
  senderQueue: 'NAIVE_SENDER_QUEUE',
  key: 'NAIVE_KEY',
} as const;

/** The webhooks that events go to, in both stacks. */
export const WEBHOOKS = ['one', 'two', 'three'] as const;
