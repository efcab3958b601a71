import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Table } from '../../lib/stores/table.ts';
import type { createDynamo } from '../simulation/model/dynamo.ts';
import type { Random } from '../simulation/random.ts';

/** One call of a process, on its way to the table. */
interface Call {
  readonly process: number;
  readonly land: () => void;
}

interface CrowdOptions {
  readonly random: Random;
  /** Of each call that lands: that its process dies before it, or after it. */
  readonly deaths: number;
}

interface Crowd {
  /** A call of a process; that of a dead one lands never. */
  readonly call: <T>(process: number, act: () => T) => Promise<T>;
  /** Begins a process. What it cannot read comes again, as it does after a crash. */
  readonly start: (work: (process: number) => Promise<unknown>) => void;
  /** The table as a process sees it. */
  readonly tableOf: (process: number, name: string, model: ReturnType<typeof createDynamo>) => Table;
  /** One of the calls that wait lands, if there are any. */
  readonly land: () => void;
  /** From now on nobody dies, and no reply is lost. */
  readonly calm: () => void;
  readonly isCalm: () => boolean;
  /** How many processes are at work. */
  readonly running: () => number;
  readonly crashes: () => number;
}

const LOST_REPLIES = 0.02;

/** Processes beside each other: whatever they call waits for its turn, and chance says whose turn it is. */
export function createCrowd({ random, deaths }: CrowdOptions): Crowd {
  const running = new Set<number>();
  const dead = new Set<number>();
  let calls: Call[] = [];
  let [processes, crashes, isCalm] = [0, 0, false];

  function call<T>(process: number, act: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      const land = (): void => {
        try {
          const value = act();
          if (!isCalm && random.chance(LOST_REPLIES))
            reject(Object.assign(new Error('lost'), { name: 'TimeoutError' }));
          else resolve(value);
        } catch (error) {
          reject(error);
        }
      };
      if (!dead.has(process)) calls.push({ process, land });
    });
  }

  return {
    call,
    running: () => running.size,
    crashes: () => crashes,
    isCalm: () => isCalm,
    calm: () => void (isCalm = true),

    start(work: (process: number) => Promise<unknown>): void {
      const process = ++processes;
      running.add(process);
      void work(process)
        .catch(() => undefined)
        .finally(() => running.delete(process));
    },

    tableOf(process: number, name: string, model: ReturnType<typeof createDynamo>): Table {
      const client = { send: (command: object) => call(process, () => model.run(command)) };
      const wait = (): Promise<void> => call(process, () => undefined);
      return { client: client as unknown as DynamoDBClient, name, wait };
    },

    land(): void {
      if (calls.length === 0) return;
      const next = random.pick(calls);
      calls = calls.filter((one) => one !== next);
      const dies = !isCalm && random.chance(deaths);
      if (!dies || random.chance(0.5)) next.land();
      if (!dies) return;
      crashes++;
      dead.add(next.process);
      running.delete(next.process);
      calls = calls.filter(({ process }) => process !== next.process);
    },
  };
}
