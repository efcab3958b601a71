import { discord } from './discord.ts';
import { line } from './line.ts';
import { pagerduty } from './pagerduty.ts';
import type { Provider } from './provider.ts';
import { ses } from './ses.ts';
import { slack } from './slack.ts';
import { telegram } from './telegram.ts';
import { webhook } from './webhook.ts';

/** Everything the twin plays over HTTP. A further provider is its file and its place in this list. */
export const PROVIDERS: readonly Provider[] = [slack, discord, telegram, line, pagerduty, ses, webhook];
