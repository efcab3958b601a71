import { SQSClient } from '@aws-sdk/client-sqs';
import { ENV } from '../../../lib/platform/env.ts';
import { createRouter } from '../../naive/router.ts';
import { NAIVE_ENV, WEBHOOKS } from '../naive-env.ts';

/** Where the twin is: the first of the hosts that functions of the local stack are told of. */
const [twin = ''] = (process.env[ENV.localHosts] ?? '').split(',');
const conditions = { all: [{ fact: 'topic', operator: 'equal', value: 'alert' }] };

/** The router as Lambda would load it: every alert goes to three webhooks. */
export const handler = createRouter({
  sqs: new SQSClient({}),
  queue: process.env[NAIVE_ENV.senderQueue] ?? '',
  rules: WEBHOOKS.map((id) => ({ name: id, conditions, event: { type: id } })),
  destinations: new Map(WEBHOOKS.map((id) => [id, `http://${twin}/webhook/${id}`])),
});
