import { readLocalHosts } from '../lib/platform/local-hosts.ts';
import { createSmtp } from '../lib/platform/smtp.ts';
import { deliverHandler } from './wiring/deliver.ts';

export const handler = deliverHandler({ smtp: createSmtp({ localHosts: readLocalHosts() }).send });
