import { hold } from '../../lib/pipeline/hold.ts';
import type { Held } from '../../lib/pipeline/hold/seat.ts';
import { createMembers } from '../../lib/stores/members.ts';
import { createWindows } from '../../lib/stores/windows.ts';
import { type State, windowTtlAt } from './state.ts';

/** Puts deliveries into windows, on this state. */
export function holdOn({ ledger, now, wait, telemetry }: State) {
  const time = { now };
  const windows = createWindows(ledger, time);
  const members = createMembers(ledger, time);
  const deps = { windows, members, ttl: (days?: number) => windowTtlAt(now(), days), now, wait, telemetry };
  return (held: readonly Held[]) => hold(held, deps);
}
