import { UpdateItemCommand, ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import {
  type Claim,
  type ClaimWrite,
  type Completion,
  type CompletionWrite,
  type DeliveryRef,
  type Recorded,
  refText,
} from '../core/claim.ts';
import type { Written } from '../core/written.ts';
import { type Key, keys } from '../core/keys.ts';
import {
  type Item,
  type Statement,
  type Table,
  execute,
  getItems,
  insert,
  keyText,
  putIf,
  toAttributes,
  update,
} from './table.ts';

export function createClaims(table: Table) {
  return {
    /** Makes claims, 25 a call. At most one write per delivery may be passed. */
    claim: (writes: readonly ClaimWrite[]): Promise<Written[]> =>
      execute(
        table,
        writes.map((write) => claimStatement(table, write)),
      ),

    /** Reads claims and the completions they point to. Absent deliveries are absent from the map. */
    async read(refs: readonly DeliveryRef[]): Promise<Map<string, Recorded>> {
      const items = await getItems(table, refs.map(claimKey));
      const pointers = new Map<string, Key>();
      for (const ref of refs) {
        const claim = items.get(keyText(claimKey(ref))) as (Item & Claim) | undefined;
        if (claim?.state !== 'sending') continue;
        const key = keys.completion(ref.tenant, claim.owner, claim.k);
        pointers.set(keyText(key), key);
      }
      const completions = await getItems(table, [...pointers.values()]);
      const recorded = new Map<string, Recorded>();
      for (const ref of refs) {
        const claim = items.get(keyText(claimKey(ref))) as (Item & Claim) | undefined;
        if (claim === undefined) continue;
        const key = keyText(keys.completion(ref.tenant, claim.owner, claim.k));
        recorded.set(refText(ref), {
          claim,
          completion: completions.get(key) as (Item & Completion) | undefined,
        });
      }
      return recorded;
    },

    /**
     * Writes a completion record. A failed condition is success: a record that covers as much or more is
     * there already, and an older flush that lands late must not undo it.
     */
    async complete({ tenant, owner, k, completion, ttl }: CompletionWrite): Promise<void> {
      const item = { ...keys.completion(tenant, owner, k), ...completion, ttl };
      await putIf(table, item, 'attribute_not_exists(n) OR n < :n', { ':n': completion.n });
    },

    /** Marks an event before one of its deliveries dies, so that a reminder of it is not taken for a repeat. */
    async markDead(tenant: string, event: string): Promise<void> {
      try {
        await table.client.send(
          new UpdateItemCommand({
            TableName: table.name,
            Key: toAttributes({ ...keys.event(tenant, event) }),
            UpdateExpression: 'SET hasDead = :true',
            ConditionExpression: 'attribute_exists(pk)',
            ExpressionAttributeValues: toAttributes({ ':true': true }),
          }),
        );
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
      }
    },
  };
}

export type Claims = ReturnType<typeof createClaims>;

export function claimKey({ tenant, event, destination }: DeliveryRef): Key {
  return keys.claim(tenant, event, destination);
}

function claimStatement(table: Table, write: ClaimWrite): Statement {
  const { ref, own } = write;
  const key = claimKey(ref);
  switch (write.kind) {
    case 'insert':
      return insert(table, { ...key, ...own, takeovers: 0, state: 'sending' });
    case 'advance':
      return update(
        table,
        key,
        { ...own, state: 'sending' },
        { state: 'retrying', attempt: own.attempt - 1 },
        'due',
      );
    case 'takeOver': {
      const { owner, attempt, leaseUntil, takeovers } = write.seen;
      const set = { ...own, state: 'sending', takeovers: takeovers + 1 };
      return update(table, key, set, { state: 'sending', owner, attempt, leaseUntil }, 'due');
    }
    case 'replace':
      return update(
        table,
        key,
        { ...own, state: 'sending', takeovers: 0 },
        { owner: write.seen.owner, ttl: write.seen.ttl },
        'due',
      );
  }
}
