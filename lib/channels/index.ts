// One line per channel; everything else follows from here by iteration.
export { discord } from './discord.ts';
export { email } from './email.ts';
export { line } from './line.ts';
export { pagerduty } from './pagerduty.ts';
export { slack } from './slack.ts';
export { telegram } from './telegram.ts';
export { webhook } from './webhook.ts';
