import { cpuOf, wallOf } from '../headline/interleave.ts';
import { parsing } from '../headline/alerts.ts';
import type { Case, Opened } from './bench.ts';
import { benchOf } from './areas.ts';
import { heapBytesOf } from './heap.ts';
import { type Ask, type CaseInfo, type Tell, YARDSTICK } from './protocol.ts';

/** Opens one benchmark and measures its cases when it is asked: whoever asks takes turns between processes, too. */
const [name = '', receiver = ''] = process.argv.slice(2);

/** So long a sample takes at least, since the clock of CPU time is coarse. */
const SAMPLE_US = 15_000;

const times = new Map<string, number>();
let opened: Opened;

const yardstick: Case = { run: parsing(1).run, check: () => true };

async function open(): Promise<CaseInfo[]> {
  const bench = await benchOf(name);
  if (!bench) throw new Error(`there is no benchmark ${name}`);
  opened = await bench.open({ receiver });
  const infos: CaseInfo[] = [];
  for (const [key, one] of Object.entries(opened.cases)) {
    if (!(await one.check())) throw new Error(`${name} ${key} does not do what it is timed for`);
    const { rivalOf, waits, crowded, bytes } = one;
    infos.push({ name: key, rivalOf, waits, crowded, bytes, ms: await calibrate(key) });
  }
  await calibrate(YARDSTICK);
  return infos;
}

function caseOf(key: string): Case {
  const found = key === YARDSTICK ? yardstick : opened.cases[key];
  if (!found) throw new Error(`${name} has no case ${key}`);
  return found;
}

async function sample(key: string): Promise<number> {
  const { run, waits } = caseOf(key);
  return await (waits ? wallOf : cpuOf)({ run, times: times.get(key) ?? 1 });
}

/** Finds how often the work has to be done for a sample to be long enough; answers how long it then takes, in ms. */
async function calibrate(key: string): Promise<number> {
  const { run } = caseOf(key);
  for (let count = 1; ;) {
    const startedAt = performance.now();
    for (let n = 0; n < count; n++) await run();
    const us = (performance.now() - startedAt) * 1_000;
    times.set(key, count);
    if (us >= SAMPLE_US) return us / 1_000;
    count = Math.ceil(count * Math.min(10, Math.max(1.2, SAMPLE_US / Math.max(us, 1))));
  }
}

async function answer(ask: Ask): Promise<unknown> {
  switch (ask.what) {
    case 'open':
      return await open();
    case 'sample':
      return await sample(ask.name);
    case 'heap':
      return await heapBytesOf(caseOf(ask.name));
    case 'counters':
      return (await caseOf(ask.name).counters?.()) ?? {};
    case 'also':
      return (await caseOf(ask.name).also?.()) ?? {};
    case 'close':
      return await opened.close?.();
    default:
      return ask satisfies never;
  }
}

process.on('message', (ask: Ask) => {
  void answer(ask).then(
    (value) => tell({ value: value ?? null }),
    (error: unknown) =>
      tell({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
});
process.on('disconnect', () => process.exit());

function tell(message: Tell): void {
  process.send?.(message);
}
