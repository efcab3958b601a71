import { readLocalHosts } from '../lib/platform/local-hosts.ts';
import { createSmtp } from '../lib/platform/smtp.ts';
import { deliverOrderedStep } from './wiring/deliver-ordered-step.ts';
import { deliverHandler } from './wiring/deliver.ts';

export const handler = deliverHandler(deliverOrderedStep, {
  smtp: createSmtp({ localHosts: readLocalHosts() }).send,
});
