import { readLocalHosts } from '../lib/platform/local-hosts.ts';
import { createSmtp } from '../lib/platform/smtp.ts';
import { deliverStep } from './wiring/deliver-step.ts';
import { deliverHandler } from './wiring/deliver.ts';

export const handler = deliverHandler(deliverStep, {
  smtp: createSmtp({ localHosts: readLocalHosts() }).send,
});
