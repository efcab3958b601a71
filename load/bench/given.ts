import type { Channel, Target } from '../../lib/channel.ts';
import type { Delivery } from '../../lib/core/delivery.ts';
import type { DeliveryPack } from '../../lib/core/message.ts';
import { render } from '../../lib/core/render.ts';
import type { SendOneDeps } from '../../lib/pipeline/deliver/send-one.ts';
import { type Claimed, worksOf } from '../../lib/pipeline/deliver/work.ts';
import { createPost } from '../../lib/platform/post.ts';
import { registry } from '../../lib/registry.ts';
import { TENANT, newEvent } from '../headline/work.ts';

/** A destination of a channel, opened as the deliver functions open it. */
export function targetOf(name: string, settings: Readonly<Record<string, unknown>>): Target {
  const channel: Channel | undefined = registry.get(name);
  if (!channel) throw new Error(`there is no channel ${name}`);
  return channel.open(settings, { tenant: TENANT, destination: 'one' });
}

/** So many deliveries of orders that were paid, in one message. */
export function deliveryPack(count: number): DeliveryPack {
  const items = Array.from({ length: count }, (): Delivery => ({
    notification: render(newEvent(), undefined, 'event'),
    n: 1,
    since: Date.now(),
  }));
  return { v: 1, kind: 'deliveries', tenant: TENANT, destination: 'one', lane: 'normal', items };
}

/** A delivery that is claimed and may be sent. */
export function claimedDelivery(target: Target): Claimed {
  const [work] = worksOf(deliveryPack(1), { messageId: 'm', receiptHandle: 'r', body: '' });
  if (!work) throw new Error('a pack of one delivery has none');
  return { ...work, channel: target.channel.name, target, k: 0, i: 0, indexed: false };
}

/** Sends whatever transport carries it, far from any deadline. */
export function sendingBy(http: NonNullable<Parameters<typeof createPost>[0]['http']>): SendOneDeps {
  return { post: createPost({ http }), random: () => 0.5, remainingMs: () => 900_000, now: Date.now };
}
