import type { StatsSnapshot } from '../../cdk/local/stats.ts';
import { figureText } from '../bench/report.ts';
import type { Wait } from './waits.ts';

/** There are no locks here: whoever wants the same thing at once meets in a condition, in a rate, or in a queue. */
export function contentionLines({ functions, metrics }: StatsSnapshot, waits: readonly Wait[]): string[] {
  const labels = Object.entries(functions).filter(([, { calls }]) => calls > 0);
  const failed = labels.flatMap(([label, { conflicts }]) =>
    Object.entries(conflicts).map(([table, count]) => `  ${label} on ${table}: ${count}`),
  );
  const throttled = labels.filter(([, { refused }]) => refused > 0);
  const { Deferred = 0, RateLimited = 0, SlotsWasted = 0, Delivered = 0 } = metrics;
  return [
    'Conditions that failed, each a write that is paid for:',
    ...(failed.length > 0 ? failed : ['  none']),
    'Writes that a table refused for another reason:',
    ...(throttled.length > 0
      ? throttled.map(([label, { refused }]) => `  ${label}: ${refused}`)
      : ['  none']),
    'Rate limits:',
    `  deliveries that got an appointment instead of a slot: ${Deferred}`,
    `  refused by a provider for their rate: ${RateLimited}`,
    `  slots booked that could not be given back: ${SlotsWasted}`,
    `  delivered: ${Delivered}`,
    'Waits at the head of a queue until a function took the message, ms:',
    ...waits.map(
      ({ queue, messages, p50, p99, max, cameBack }) =>
        `  ${queue}: ${messages} messages, p50 ${figureText(p50)}, p99 ${figureText(p99)}, max ${figureText(max)}; ` +
        `${cameBack} more came back`,
    ),
  ];
}
