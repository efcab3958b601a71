import { type Completion, coversDelivery } from '../core/claim.ts';
import { deliveryId, parseDeliveryId } from '../core/delivery.ts';
import type { AttemptView, DeliveryView } from '../core/views.ts';
import { claimOf, number, optional, text } from './attributes.ts';
import type { Item } from './table.ts';

/** A claim as people see it; `completion` is the record that its current owner points to. */
export function toDelivery(
  event: string,
  destination: string,
  item: Item,
  completion: Completion | undefined,
  attempts: readonly AttemptView[],
): DeliveryView {
  const claim = claimOf(item);
  const told = claim.state === 'sending' && coversDelivery(completion, claim) ? completion : undefined;
  const state = told ? 'delivered' : claim.state;
  return {
    id: deliveryId(event, destination),
    event,
    destination,
    state,
    attempt: claim.attempt,
    attempts: [...attempts, ...success(item, told)],
    ...optional({
      channel: text(item, 'channel'),
      // Left over from an earlier attempt, these would say something that is no longer so.
      reason: state === 'sending' || state === 'delivered' ? undefined : text(item, 'reason'),
      cause: causeOf(item, state),
      nextAt: state === 'retrying' ? time(item, 'nextAt') : undefined,
      since: time(item, 'since'),
      changedAt: time(item, 'changedAt'),
    }),
  };
}

/** The attempt that delivered: told by the completion record, or by the claim itself after a retry. */
function success(item: Item, completion: Completion | undefined): AttemptView[] {
  const { state, attempt, i } = claimOf(item);
  const at = completion?.at ?? (state === 'delivered' ? number(item, 'changedAt') : undefined);
  if (at === undefined) return [];
  const ms = completion?.ms?.[i] ?? undefined;
  const among = completion ? (completion.among?.[i] ?? 1) : (number(item, 'among') ?? 1);
  const many = among > 1 ? among : undefined;
  return [{ n: attempt, at: iso(at), outcome: 'delivered', ...optional({ ms, among: many }) }];
}

/** An entry of the index of what is not delivered; none when it cannot be read. */
export function toOpenDelivery(item: Item): DeliveryView[] {
  const [changedAt, id = ''] = openAt(item).split('#');
  const ref = parseDeliveryId(id);
  const state = text(item, 'state') ?? 'unknown';
  if (!ref) return [];
  return [
    {
      id,
      ...ref,
      state,
      attempt: number(item, 'attempt') ?? 0,
      changedAt: iso(Number(changedAt)),
      ...optional({
        channel: text(item, 'channel'),
        reason: text(item, 'reason'),
        cause: causeOf(item, state),
        nextAt: time(item, 'nextAt'),
        since: time(item, 'since'),
      }),
    },
  ];
}

/** Left over in any other state, it would say something that is no longer so. */
function causeOf(item: Item, state: string): string | undefined {
  return state === 'dead' || state === 'held' ? text(item, 'cause') : undefined;
}

export function toAttempt(item: Item): AttemptView {
  return {
    n: number(item, 'n') ?? 0,
    at: time(item, 'at') ?? '',
    outcome: text(item, 'outcome') ?? '',
    ...optional({
      reason: text(item, 'reason'),
      status: number(item, 'status'),
      ms: number(item, 'ms'),
      detail: text(item, 'detail'),
    }),
  };
}

/** Place in the index of what is not delivered: `<epoch ms>#<delivery>`. */
export function openAt(item: Item): string {
  return text(item, 'openAt') ?? '';
}

function time(item: Item, name: string): string | undefined {
  const ms = number(item, name);
  return ms === undefined ? undefined : iso(ms);
}

export function iso(ms: number): string {
  return new Date(ms).toISOString();
}
