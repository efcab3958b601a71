import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createApiClient } from '../../cdk/cli/api-client.ts';
import type { LocalStack } from '../../cdk/local/local-stack.ts';
import type { StatsSnapshot } from '../../cdk/local/stats.ts';
import { queueUrl } from '../../cdk/local/aws-names.ts';
import type { DeliveryView, EventView } from '../../lib/core/views.ts';

export const FIXTURES = join(import.meta.dirname, '../fixtures');

/** A fixture, read as JSON. */
export function fixture(name: string): unknown {
  return JSON.parse(readFileSync(join(FIXTURES, name), 'utf8'));
}

/** An entry of the twin's inbox. */
export interface Received {
  /** Counts from 1. */
  readonly id: number;
  /** ISO 8601. */
  readonly at: string;
  readonly channel: string;
  readonly destination: string;
  readonly verdict: 'accepted' | 'refused';
  readonly why?: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly raw: string;
  readonly body: unknown;
}

/** Long enough for the slowest machine; what takes this long is missing. */
export const PATIENT = { timeout: 60_000, interval: 200 };
/** Of a test: its waiting ends first, and says what it has waited for. */
export const TEST = { timeout: 120_000 };

/** A running stack as its users see it, and a few things only tests may do. */
export function driver(stack: Pick<LocalStack, 'apiUrl' | 'apiKey' | 'twinUrl' | 'statsUrl'>) {
  const call = createApiClient(stack);
  const twin = (path: string, init?: RequestInit): Promise<Response> => fetch(stack.twinUrl + path, init);

  return {
    call,

    /** Posts what must be accepted; answers the ids of its events. */
    async post(
      path: string,
      body: unknown,
      headers: Readonly<Record<string, string>> = {},
    ): Promise<string[]> {
      const { status, body: answer } = await call('POST', path, body, headers);
      if (status !== 202) throw new Error(`${path} answered ${status}: ${JSON.stringify(answer)}`);
      return itemsOf(answer).map(({ id }) => id);
    },

    async inbox(query = ''): Promise<readonly Received[]> {
      return (await (await twin(`/inbox.json?${query}`)).json()) as Received[];
    },

    /** Tells the twin of a channel how to misbehave; `null` ends it. */
    async behave(channel: string, behaviour: object | null): Promise<void> {
      const reply = await twin(`/behaviour/${channel}`, { method: 'PUT', body: JSON.stringify(behaviour) });
      if (!reply.ok) throw new Error(await reply.text());
    },

    async event(id: string): Promise<EventView> {
      const { status, body } = await call('GET', `/v1/events/${id}`);
      if (status !== 200) throw new Error(`GET /v1/events/${id} answered ${status}`);
      return body as EventView;
    },

    /** The delivery of an event to its only destination, or to the one that is named. */
    async delivery(id: string, destination?: string): Promise<DeliveryView | undefined> {
      const { deliveries } = await this.event(id);
      return deliveries.find((one) => destination === undefined || one.destination === destination);
    },

    /** Ids of the deliveries in the list of what is not delivered. */
    async listed(state = 'undelivered'): Promise<readonly string[]> {
      const { body } = await call('GET', `/v1/deliveries?state=${state}`);
      return (body as { readonly items: readonly DeliveryView[] }).items.map(({ id }) => id);
    },

    async stats(): Promise<StatsSnapshot> {
      return (await (await fetch(stack.statsUrl)).json()) as StatsSnapshot;
    },

    /** Puts a message into a queue by the right of a function that may do so. */
    async enqueue(caller: string, queue: string, body: string): Promise<void> {
      const { origin } = new URL(stack.statsUrl);
      const scope = `${caller}/20260101/us-east-1/sqs/aws4_request`;
      const reply = await fetch(origin, {
        method: 'POST',
        headers: {
          'content-type': 'application/x-amz-json-1.0',
          'x-amz-target': 'AmazonSQS.SendMessage',
          authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`,
        },
        body: JSON.stringify({ QueueUrl: queueUrl(origin, queue), MessageBody: body }),
      });
      if (!reply.ok) throw new Error(await reply.text());
    },
  };
}

export type Driver = ReturnType<typeof driver>;

/** What became of each item of a post: of an event, of several, or of alerts. */
export function itemsOf(answer: unknown): readonly { readonly id: string; readonly duplicate: boolean }[] {
  const { results, alerts } = answer as { readonly results?: unknown; readonly alerts?: unknown };
  return [results ?? alerts ?? answer].flat() as { id: string; duplicate: boolean }[];
}
