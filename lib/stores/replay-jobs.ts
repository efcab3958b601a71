import { QueryCommand } from '@aws-sdk/client-dynamodb';
import { JOBS, keys } from '../core/keys.ts';
import { parseJson } from '../core/parse-json.ts';
import { REPLAY_STATES, type ReplayJob, type ReplayState } from '../core/replay.ts';
import type { Written } from '../core/written.ts';
import { number, text } from './attributes.ts';
import {
  type Item,
  type Table,
  execute,
  fromAttributes,
  getItems,
  insert,
  keyText,
  toAttributes,
  update,
} from './table.ts';

/** The replays of a tenant; those that run are listed in the due index, for the timers. */
export function createReplayJobs(table: Table, { now }: { readonly now: () => number }) {
  const one = async (statement: ReturnType<typeof insert>): Promise<Written> =>
    (await execute(table, [statement]))[0]!;

  async function read(refs: readonly Pick<ReplayJob, 'tenant' | 'id'>[]): Promise<ReplayJob[]> {
    const items = await getItems(
      table,
      refs.map(({ tenant, id }) => keys.replay(tenant, id)),
    );
    return refs.flatMap(({ tenant, id }) => {
      const item = items.get(keyText(keys.replay(tenant, id)));
      return item ? [jobOf(tenant, id, item)] : [];
    });
  }

  return {
    /** `conflict`: there is one of this name. */
    create: (job: ReplayJob, ttl: number): Promise<Written> =>
      one(insert(table, { ...keys.replay(job.tenant, job.id), ...attributesOf(job), ...listed(job), ttl })),

    async find(tenant: string, id: string): Promise<ReplayJob | undefined> {
      return (await read([{ tenant, id }]))[0];
    },

    /** The replays of a tenant, newest first. */
    async list(tenant: string): Promise<ReplayJob[]> {
      const { pk } = keys.replay(tenant, '');
      const jobs: ReplayJob[] = [];
      let start: Record<string, unknown> | undefined;
      do {
        const { Items = [], LastEvaluatedKey } = await table.client.send(
          new QueryCommand({
            TableName: table.name,
            KeyConditionExpression: 'pk = :pk',
            ExpressionAttributeValues: toAttributes({ ':pk': pk }),
            ...(start && { ExclusiveStartKey: toAttributes(start) }),
          }),
        );
        const items = Items.map(fromAttributes);
        jobs.push(...items.map((item) => jobOf(tenant, item.sk.slice('replay#'.length), item)));
        start = LastEvaluatedKey && fromAttributes(LastEvaluatedKey);
      } while (start);
      return jobs.toSorted((a, b) => b.createdAt - a.createdAt);
    },

    /** What the timers work on, of all tenants; who has waited longest comes first. */
    async running(): Promise<ReplayJob[]> {
      const { Items = [] } = await table.client.send(
        new QueryCommand({
          TableName: table.name,
          IndexName: 'due',
          KeyConditionExpression: 'due = :jobs',
          ExpressionAttributeValues: toAttributes({ ':jobs': JOBS }),
        }),
      );
      const refs = Items.flatMap((attributes) => {
        const [tenant, id] = (text(fromAttributes(attributes), 'dueAt') ?? '').split('#');
        return tenant && id ? [{ tenant, id }] : [];
      });
      const jobs = (await read(refs)).filter(({ state }) => state === 'running');
      return jobs.toSorted((a, b) => a.changedAt - b.changedAt);
    },

    /** Moves a job on. `conflict`: it was paused or cancelled, or another run has done the same. */
    advance: (seen: ReplayJob, next: ReplayJob, ttl: number): Promise<Written> => {
      const where = { state: 'running', cursor: seen.cursor, sent: seen.sent, skipped: seen.skipped };
      return one(change(next, { ...attributesOf(next), changedAt: now(), ttl }, where));
    },

    /** Pauses, resumes or cancels. `conflict`: it is no longer in the state that was read. */
    turn: (job: ReplayJob, state: ReplayState): Promise<Written> =>
      one(change({ ...job, state }, { state, changedAt: now() }, { state: job.state })),
  };

  function change(
    job: ReplayJob,
    set: Readonly<Record<string, unknown>>,
    where: Readonly<Record<string, unknown>>,
  ) {
    const key = keys.replay(job.tenant, job.id);
    return job.state === 'running'
      ? update(table, key, { ...set, ...listed(job) }, where)
      : update(table, key, set, where, 'dueAt');
  }
}

function listed({ tenant, id, state }: ReplayJob) {
  return state === 'running' ? { due: JOBS, dueAt: `${tenant}#${id}` } : {};
}

function attributesOf({
  filter,
  lines,
  state,
  cursor,
  expected,
  sent,
  skipped,
  createdAt,
  changedAt,
}: ReplayJob) {
  const texts = { filter: JSON.stringify(filter), lines: JSON.stringify(lines) };
  return { ...texts, state, cursor, expected, sent, skipped, createdAt, changedAt };
}

function jobOf(tenant: string, id: string, item: Item): ReplayJob {
  return {
    tenant,
    id,
    filter: parseJson(text(item, 'filter') ?? '{}'),
    state: REPLAY_STATES.find((state) => state === item['state']) ?? 'done',
    cursor: text(item, 'cursor') ?? '',
    lines: parseJson(text(item, 'lines') ?? '{}'),
    expected: number(item, 'expected') ?? 0,
    sent: number(item, 'sent') ?? 0,
    skipped: number(item, 'skipped') ?? 0,
    createdAt: number(item, 'createdAt') ?? 0,
    changedAt: number(item, 'changedAt') ?? 0,
  };
}
