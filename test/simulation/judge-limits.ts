import type { Rate } from '../../lib/core/catalog.ts';
import type { Violate } from './violation.ts';
import { BOT_RATE, type Providers, type Send } from './providers.ts';
import type { Scenario } from './scenario.ts';

/** Clocks of workers may differ by this much; a limit's window is judged that much narrower. */
const CLOCK_SPREAD_MS = 5;

/** No window of a limit's length holds more sends than the limit, counted at their begin in true time. */
export function judgeLimits({ tenants, skewMs }: Scenario, { sends }: Providers, violate: Violate): void {
  const judge = (name: string, rate: Rate, isCounted: (send: Send) => boolean): void => {
    const times = sends.filter(isCounted).map(({ atMs }) => atMs);
    const most = mostWithin(times, rate.perMs);
    if (most > allowedWithin(rate, skewMs))
      violate('overLimit', `${name} saw ${most} sends within ${rate.perMs} ms, limit ${rate.limit}`);
  };
  for (const { id: tenant, destinations, limits } of tenants) {
    for (const { id, rate } of limits)
      judge(`limit ${id} of ${tenant}`, rate, (send) => send.tenant === tenant);
    for (const { id, rate } of destinations) {
      if (rate) judge(`${tenant}/${id}`, rate, (send) => send.tenant === tenant && send.destination === id);
    }
    if (destinations.some(({ settings }) => settings['bot'] !== undefined))
      judge(`the bot of ${tenant}`, BOT_RATE, (send) => send.tenant === tenant);
  }
}

/**
 * The limit itself as long as clocks are well. Beyond that, workers disagree about the time of a slot by up to
 * twice their skew `d`, and a window holds the slots of a time of W + 2d.
 */
function allowedWithin({ limit, perMs }: Rate, skewMs: number): number {
  if (skewMs <= CLOCK_SPREAD_MS / 2) return limit;
  return Math.floor(limit * (1 + (2 * skewMs) / perMs)) + 1;
}

export function mostWithin(times: readonly number[], windowMs: number): number {
  const sorted = times.toSorted((a, b) => a - b);
  let from = 0;
  let most = 0;
  sorted.forEach((time, index) => {
    while (time - sorted[from]! >= windowMs) from++;
    most = Math.max(most, index - from + 1);
  });
  return most;
}
