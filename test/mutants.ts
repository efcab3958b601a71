import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

/**
 * Breaks the rules that everything stands on, one at a time and in a copy of this project, and sees to it that
 * the tests notice: `node test/mutants.ts [NAME]` runs those whose name contains NAME. Exit code 1 when one survives.
 */
interface Mutant {
  readonly name: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** Test files that must notice, from `test/`. */
  readonly tests: readonly string[];
}

const MUTANTS: readonly Mutant[] = [
  {
    name: 'patterns: fields may match in different elements of an array',
    file: 'lib/core/pattern/condition.ts',
    from: 'holds(facts) && fits(facts)',
    to: 'holds(facts)',
    tests: ['core/pattern'],
  },
  {
    name: 'patterns: one branch of $or is forgotten by the index',
    file: 'lib/core/pattern/access.ts',
    from: 'ways.every((way) => way !== undefined) ? ways.flat() : undefined',
    to: 'ways[0]',
    tests: ['core/route-index'],
  },
  {
    name: 'patterns: a route that asks for absence is looked for by presence',
    file: 'lib/core/pattern/access.ts',
    from: " || (part.kind === 'leaf' && part.mayBeAbsent)",
    to: '',
    tests: ['core/route-index'],
  },
  {
    name: 'patterns: a member is taken for the one that stood in its place in the event before',
    file: 'lib/core/pattern/layout.ts',
    from: ' && last.name === name',
    to: '',
    tests: ['core/pattern/layout'],
  },
  {
    name: 'patterns: the values of an event are those of the next one, too',
    file: 'lib/core/pattern/facts.ts',
    from: 'this.values[this.present[index]!] = undefined',
    to: 'this.present[index] = 0',
    tests: ['core/pattern/layout'],
  },
  {
    name: 'patterns: letters between those at which texts part do not count',
    file: 'lib/core/pattern/letters.ts',
    from: ' || text.charCodeAt(at) !== this.#restLetters[index]',
    to: '',
    tests: ['core/pattern/letters'],
  },
  {
    name: 'patterns: a range behind one that ended before is not looked at',
    file: 'lib/core/pattern/range-table.ts',
    from: 'else at = this.#further[at]!;',
    to: 'else at = -1;',
    tests: ['core/route-index'],
  },
  {
    name: 'packs: size does not count',
    file: 'lib/core/message.ts',
    from: 'size + bytes > targetBytes ||',
    to: '',
    tests: ['pipeline/packs', 'core/message'],
  },
  {
    name: 'one id, two events: fan-out sends both',
    file: 'lib/pipeline/fan-out/contest.ts',
    from: 'winners.get(event.id) !== hash',
    to: 'winners.get(event.id) === undefined',
    tests: ['pipeline/fan-out'],
  },
  {
    name: 'one id, two events: ingest answers 202 to both',
    file: 'lib/pipeline/ingest/record.ts',
    from: "kept === hash ? 'safe' : 'mismatch'",
    to: "kept === '' ? 'mismatch' : 'safe'",
    tests: ['pipeline/ingest'],
  },
  {
    name: 'idempotency: a key that is used anew leads to the old ids',
    file: 'lib/pipeline/ingest/recall.ts',
    from: 'generation: generation + 1',
    to: 'generation',
    tests: ['pipeline/ingest'],
  },
  {
    name: 'owner fence: outcomes are written without it',
    file: 'lib/stores/outcomes.ts',
    from: "const fence = { owner, state: 'sending' };",
    to: "const fence = { state: 'sending' };",
    tests: ['stores/outcomes'],
  },
  {
    name: 'owner fence: a claim is taken over whoever owns it',
    file: 'lib/stores/claims.ts',
    from: "where: { state: 'sending', owner, attempt, leaseUntil }",
    to: "where: { state: 'sending' }",
    tests: ['stores/claims'],
  },
  {
    name: 'owner fence: a live lease does not count',
    file: 'lib/core/claim.ts',
    from: 'if (nowMs < claim.leaseUntil)',
    to: 'if (nowMs < 0)',
    tests: ['core/claim', 'pipeline/deliver'],
  },
  {
    name: 'owner fence: an older completion undoes a newer one',
    file: 'lib/stores/claims.ts',
    from: "'attribute_not_exists(n) OR n < :n'",
    to: "'attribute_not_exists(n) OR n >= :n OR n < :n'",
    tests: ['stores/claims'],
  },
  {
    name: 'signature: the timestamp is not signed',
    file: 'lib/core/signature.ts',
    from: '`${message.id}.${message.timestamp}.${message.body}`',
    to: '`${message.id}.${message.body}`',
    tests: ['core/signature', 'channels/webhook', 'e2e/flow'],
  },
  {
    name: 'signature: webhooks are not signed',
    file: 'lib/channels/webhook.ts',
    from: "...(signature && { 'webhook-signature': signature }),",
    to: '...(signature && {}),',
    tests: ['channels/webhook', 'e2e/flow'],
  },
  {
    name: 'address guard: no address is blocked',
    file: 'lib/core/address.ts',
    from: 'return BLOCKED.some((blocked) => inRange(blocked, judged));',
    to: 'return BLOCKED.length === 0 && inRange(BLOCKED[0]!, judged);',
    tests: ['core/address', 'platform/address-guard'],
  },
  {
    name: 'address guard: names are not resolved before they are judged',
    file: 'lib/platform/guarded-lookup.ts',
    from: 'addresses.length === 0 || addresses.some(isBlockedAddress)',
    to: 'addresses.length === 0 && addresses.some(isBlockedAddress)',
    tests: ['platform/address-guard'],
  },
  {
    name: 'visibility rule: a queue gives a message out again while its function works',
    file: 'cdk/constructs/consumer.ts',
    from: 'const VISIBILITY_TIMEOUTS = 6;',
    to: 'const VISIBILITY_TIMEOUTS = 1;',
    tests: ['cdk/rules', 'cdk/template'],
  },
  {
    name: 'visibility rule: what is unfinished comes again at once',
    file: 'lib/pipeline/deliver.ts',
    from: 'seconds: 2 + Math.floor(deps.random() * 19),',
    to: 'seconds: 0,',
    tests: ['pipeline/deliver'],
  },
  {
    name: 'barrel: a channel is missing',
    file: 'lib/channels/index.ts',
    from: "export { telegram } from './telegram.ts';\n",
    to: '',
    tests: ['conformance/channels', 'cdk/local/local-stack'],
  },
  {
    name: 'grant: deliveries cannot be claimed',
    file: 'cdk/permissions.ts',
    from: "const PARTIQL = ['PartiQLInsert', 'PartiQLUpdate', 'PartiQLSelect'];",
    to: "const PARTIQL = ['PartiQLUpdate', 'PartiQLSelect'];",
    tests: ['cdk/local/local-stack', 'e2e/grants'],
  },
  {
    name: 'grant: a function may do anything with every queue',
    file: 'cdk/grants.ts',
    from: "return sqs(['SendMessage'], ...queueArns);",
    to: "return sqs(['SendMessage'], queueArns.length > 0 ? '*' : '');",
    tests: ['cdk/rules', 'cdk/template', 'cdk/validation'],
  },
  {
    name: 'settle: the outcome is written before the next message is safe',
    file: 'lib/pipeline/settle.ts',
    from: `  const carried = await enqueueNext(logged, deps);
  const marked = await markDeadEvents(carried, deps);
  const written = await writeOutcomes(marked, deps);
  return written.map(`,
    to: `  const marked = await markDeadEvents(logged, deps);
  const written = await writeOutcomes(marked, deps);
  const carried = await enqueueNext(written, deps);
  return carried.map(`,
    tests: ['pipeline/settle'],
  },
  {
    name: 'settle: deliveries are acknowledged whatever became of their outcome',
    file: 'lib/pipeline/settle.ts',
    from: '  return written.map(',
    to: '  return (written.length > 0 ? attempts : attempts).map(',
    tests: ['pipeline/settle'],
  },
  {
    name: 'poison: nobody counts take-overs',
    file: 'lib/stores/claims.ts',
    from: 'set: { takeovers: takeovers + 1 }',
    to: 'set: { takeovers }',
    tests: ['stores/claims', 'pipeline/deliver'],
  },
  {
    name: 'poison: take-overs are never forgotten',
    file: 'lib/stores/outcomes.ts',
    from: 'const common = { state, attempt, takeovers: 0, changedAt',
    to: 'const common = { state, attempt, changedAt',
    tests: ['pipeline/poison'],
  },
  {
    name: 'poison: a fourth worker may die with a delivery',
    file: 'lib/core/claim.ts',
    from: 'export const POISON_TAKEOVERS = 3;',
    to: 'export const POISON_TAKEOVERS = 4;',
    tests: ['core/claim', 'pipeline/deliver'],
  },
  {
    name: 'poison: a suspect keeps its company',
    file: 'lib/core/claim.ts',
    from: 'if (claim.takeovers >= 1 && !message.alone)',
    to: 'if (claim.takeovers >= 9 && !message.alone)',
    tests: ['core/claim', 'pipeline/deliver'],
  },
  {
    name: 'poison: suspects travel together',
    file: 'lib/pipeline/deliver/put-back.ts',
    from: '(one.alone ? `alone#${one.work.id}` : groupKey(one))',
    to: "(one.alone ? 'alone' : groupKey(one))",
    tests: ['pipeline/poison'],
  },
  {
    name: 'poison: whoever says so counts as alone',
    file: 'lib/pipeline/deliver/work.ts',
    from: 'alone: delivery.alone === true && items.length === 1,',
    to: 'alone: delivery.alone === true,',
    tests: ['pipeline/poison'],
  },
  {
    name: 'poison: without claims nobody looks for it',
    file: 'lib/pipeline/deliver/work.ts',
    from: 'delivery.n === 1 && receives < CLAIMED_FROM_RECEIVE',
    to: 'delivery.n === 1 && receives > 0',
    tests: ['pipeline/doubt'],
  },
  {
    name: 'deadline: a send is begun with no time left',
    file: 'lib/pipeline/deliver/send.ts',
    from: 'return remainingMs() < RESERVE_MS + MIN_SEND_MS;',
    to: 'return remainingMs() < 0;',
    tests: ['pipeline/deliver-limits'],
  },
  {
    name: 'deadline: the wait for a slot is not counted',
    file: 'lib/pipeline/deliver/send.ts',
    from: `  // Waiting for the slot took its time.
  if (isLate(deps)) return putBack(work, 'deadline', deps.now() + 1_000, deps);
`,
    to: '',
    tests: ['pipeline/deliver-limits'],
  },
  {
    name: 'deadline: a send may outlast its function',
    file: 'lib/pipeline/deliver/send-one.ts',
    from: 'Math.min(longest, target.channel.timeoutMs, deps.remainingMs() - RESERVE_MS)',
    to: 'Math.min(longest, target.channel.timeoutMs)',
    tests: ['pipeline/deliver-limits'],
  },
  {
    name: 'mode: at most once is tried again',
    file: 'lib/pipeline/deliver/policy.ts',
    from: "retryMs: [], doubt: { kind: 'giveUp' }",
    to: "retryMs: [1_000], doubt: { kind: 'giveUp' }",
    tests: ['pipeline/modes'],
  },
  {
    name: 'mode: at most once is taken over',
    file: 'lib/core/claim.ts',
    from: `  if (message.once) return { kind: 'ambiguous' };
`,
    to: '',
    tests: ['core/claim', 'pipeline/modes'],
  },
  {
    name: 'mode: exactly once is recorded with the others',
    file: 'lib/pipeline/deliver/send.ts',
    from: "return work.mode === 'exactlyOnceRecorded' ? await settle([attempt], deps) : [];",
    to: 'return [];',
    tests: ['pipeline/modes'],
  },
  {
    name: 'mode: the catalog of the second run decides',
    file: 'lib/stores/fan-outs.ts',
    from: '...attributes, mode, ',
    to: '...attributes, ',
    tests: ['pipeline/fan-out'],
  },
  {
    name: 'retention: the timers forget it',
    file: 'lib/pipeline/timers.ts',
    from: '    ...retentionOf(due),\n',
    to: '',
    tests: ['pipeline/retention'],
  },
  {
    name: 'retention: whoever knows less ends an event sooner',
    file: 'lib/stores/event-life.ts',
    from: '${text} AND "ttl"<=?`, values: [...values, set.ttl]',
    to: '${text}`, values: [...values]',
    tests: ['stores/event-life'],
  },
  {
    name: 'retention: a completion ends before its claims',
    file: 'lib/pipeline/deliver/complete.ts',
    from: 'ttl: ttl(retentionDays)',
    to: 'ttl: ttl()',
    tests: ['pipeline/retention'],
  },
  {
    name: 'doubt: what is held is sent again',
    file: 'lib/core/verdict.ts',
    from: "if (doubt.kind === 'hold') {",
    to: "if (doubt.kind === 'hold' && doubt.forMs < 0) {",
    tests: ['core/verdict', 'pipeline/doubt'],
  },
  {
    name: 'doubt: what is held is never given up',
    file: 'lib/pipeline/timers.ts',
    from: '  const buried = await giveUp(held, deps);',
    to: '  const buried = await giveUp(held.slice(held.length), deps);',
    tests: ['pipeline/doubt'],
  },
  {
    name: 'expiry: nobody looks before the send',
    file: 'lib/pipeline/deliver/prepare.ts',
    from: '  return overdue(delivery, nowMs);',
    to: '  return overdue({ n: delivery.n, since: delivery.since }, nowMs);',
    tests: ['pipeline/doubt'],
  },
  {
    name: 'versions: a message of a later release is thrown away',
    file: 'lib/core/message.ts',
    from: "message['v'] > MESSAGE_VERSION;",
    to: "message['v'] > 9;",
    tests: ['core/message', 'pipeline/deliver', 'pipeline/dead-letters'],
  },
  {
    name: 'pause: a copy of its message claims what is parked',
    file: 'lib/core/claim.ts',
    from: "if (claim.state === 'held') return { kind: 'acknowledge', why: 'stale' };",
    to: '',
    tests: ['core/claim', 'pipeline/pauses'],
  },
  {
    name: 'pause: nobody is told of what is parked',
    file: 'lib/pipeline/deliver/park.ts',
    from: '  await noteLot(tenant, destination.id);\n',
    to: '',
    tests: ['pipeline/pauses'],
  },
  {
    name: 'pause: what is parked is in no lot',
    file: 'lib/stores/outcomes.ts',
    from: '...(write.parked ? lotAttributes(ref, nowMs) : {}),',
    to: '',
    tests: ['pipeline/pauses'],
  },
  {
    name: 'pause: its end does not ask whether it is parked still',
    file: 'lib/stores/lots.ts',
    from: "const where = { state: 'held', reason: 'paused', changedAt: parkedAt };",
    to: 'const where = parkedAt < 0 ? { parkedAt } : {};',
    tests: ['stores/lots', 'pipeline/pauses'],
  },
  {
    name: 'pause: what is sent on is in no hands but those of the queue',
    file: 'lib/stores/lots.ts',
    from: '...dueAttributes(ref, dueAtMs),',
    to: '...(dueAtMs < 0 && dueAttributes(ref, dueAtMs)),',
    tests: ['pipeline/pauses'],
  },
  {
    name: 'pause: a lot is forgotten while it is noted again',
    file: 'lib/stores/lots.ts',
    from: '{ closedAt: now() }, { notedAt },',
    to: '{ closedAt: now(), notedAt }, {},',
    tests: ['pipeline/pauses'],
  },
  {
    name: 'pause: an empty lot is forgotten at once',
    file: 'lib/pipeline/resume.ts',
    from: 'deps.now() - notedAt > CALM_MS',
    to: 'deps.now() - notedAt >= 0',
    tests: ['pipeline/pauses'],
  },
  {
    name: 'pause: what is held still is enqueued',
    file: 'lib/pipeline/resume.ts',
    from: `  const written = await deps.lots.release(`,
    to: `  await enqueueAll(packsOf(going, deps.queues), deps.enqueue);
  const written = await deps.lots.release(`,
    tests: ['pipeline/pauses'],
  },
  {
    name: 'pause: its time makes deliveries older',
    file: 'lib/pipeline/resume.ts',
    from: 'since: one.since + Math.max(0, nowMs - one.parkedAt)',
    to: 'since: one.since',
    tests: ['pipeline/pauses'],
  },
  {
    name: 'ordered: a message stands for its first attempt for ever',
    file: 'lib/core/claim.ts',
    from: "return claim.state === 'retrying' ? claim.attempt + 1 : Math.max(1, claim.attempt);",
    to: 'return 1;',
    tests: ['pipeline/ordered'],
  },
  {
    name: 'ordered: a retry is enqueued anew',
    file: 'lib/pipeline/settle.ts',
    from: 'if (inPlace || (',
    to: 'if ((',
    tests: ['pipeline/ordered'],
  },
  {
    name: 'ordered: a retry that comes early is made',
    file: 'lib/pipeline/ordered/stand.ts',
    from: 'nextAt > nowMs + HORIZON_MS',
    to: 'nextAt > nowMs + 1e9',
    tests: ['pipeline/ordered'],
  },
  {
    name: 'ordered: all turns own one completion record',
    file: 'lib/pipeline/deliver-ordered.ts',
    from: '  for (;;) {\n    const moving = sequences.filter((sequence) => headOf(sequence));',
    to: '  const owner = deps.newOwner();\n  deps = { ...deps, newOwner: () => owner };\n  for (;;) {\n    const moving = sequences.filter((sequence) => headOf(sequence));',
    tests: ['pipeline/ordered'],
  },
  {
    name: 'ordered: the next one goes though the head must be tried again',
    file: 'lib/pipeline/ordered/attempt.ts',
    from: "if (verdict.kind === 'retry' ||",
    to: "if (verdict.kind === 'retry') return { kind: 'over' };\n  if (",
    tests: ['pipeline/ordered'],
  },
  {
    name: 'ordered: what lies behind the head is not put out of sight',
    file: 'lib/pipeline/deliver-ordered.ts',
    from: 'records.map(({ receiptHandle }) => ({ receiptHandle, seconds })),',
    to: 'records.slice(0, 1).map(({ receiptHandle }) => ({ receiptHandle, seconds })),',
    tests: ['pipeline/ordered'],
  },
  {
    name: 'ordered: suspects go with everybody',
    file: 'lib/pipeline/deliver-ordered.ts',
    from: 'const chosen = trusted.length > 0 ? trusted : going.slice(0, 1);',
    to: 'const chosen = trusted.length < 0 ? trusted : going;',
    tests: ['pipeline/ordered'],
  },
  {
    name: 'ordered: dead ones never hold their line',
    file: 'lib/pipeline/ordered/stand.ts',
    from: "?.onDead === 'stop'",
    to: '?.onDead === undefined',
    tests: ['pipeline/ordered'],
  },
  {
    name: 'ordered: a line may be held for ever',
    file: 'lib/pipeline/ordered/stand.ts',
    from: '+ MAX_AGE_MS, delivery.since + MAX_KEPT_MS)',
    to: '+ 9 * MAX_AGE_MS, delivery.since + 9 * MAX_KEPT_MS)',
    tests: ['pipeline/ordered'],
  },
  {
    name: 'ordered: the head takes over its own replay',
    file: 'lib/pipeline/ordered/stand.ts',
    from: 'return paused || (claim?.since ?? 0) > work.delivery.since;',
    to: 'return paused || (claim?.since ?? 0) > Infinity + work.delivery.since;',
    tests: ['pipeline/ordered'],
  },
  {
    name: 'ordered: what is paused is parked',
    file: 'lib/pipeline/ordered/stand.ts',
    from: 'return paused || (claim?.since ?? 0) > work.delivery.since;',
    to: 'return (paused && !claim) || (claim?.since ?? 0) > work.delivery.since;',
    tests: ['pipeline/ordered'],
  },
  {
    name: 'ordered: the time of a pause makes deliveries older',
    file: 'lib/pipeline/ordered/stand.ts',
    from: 'delivery.since + Math.min(paused, MAX_KEPT_MS - MAX_AGE_MS)',
    to: 'delivery.since + Math.min(paused, 0)',
    tests: ['pipeline/ordered'],
  },
  {
    name: 'ordered: one behind an unreadable message goes',
    file: 'lib/pipeline/ordered/sequence.ts',
    from: 'const end = cut < 0 ? group.length : cut;',
    to: 'const end = group.length;',
    tests: ['pipeline/ordered'],
  },
  {
    name: 'ordered: a group goes on behind a message that SQS did not take',
    file: 'lib/pipeline/ordered/in-order.ts',
    from: '.filter((_, at) => !lost.has(at))\n        .map',
    to: '\n        .map',
    tests: ['pipeline/ordered-events'],
  },
  {
    name: 'ordered: fan-out goes on behind a pack that failed',
    file: 'lib/pipeline/fan-out-ordered.ts',
    from: '.filter((group) => !isStuck(group))',
    to: '',
    tests: ['pipeline/ordered-events'],
  },
  {
    name: 'ordered: a second post is dropped before the first is on record',
    file: 'lib/pipeline/ingest/send.ts',
    from: 'dedupeId: pack',
    to: 'dedupeId: events[0]!.event.id',
    tests: ['pipeline/ordered-events'],
  },
  {
    name: 'ordered: a dead letter stands for its first attempt',
    file: 'lib/pipeline/dead-letters.ts',
    from: 'message.order === undefined ? work.delivery.n : attemptOf(seen?.claim)',
    to: 'work.delivery.n',
    tests: ['pipeline/dead-letters'],
  },
];

const ROOT = join(import.meta.dirname, '..');
const LEFT_BEHIND = new Set(['node_modules', '.git', 'cdk.out', 'dist', 'coverage', '.fanfare']);

function copyProject(): string {
  const copy = mkdtempSync(join(tmpdir(), 'fanfare-mutants-'));
  const filter = (path: string): boolean => !LEFT_BEHIND.has(relative(ROOT, path).split(sep)[0] ?? '');
  cpSync(ROOT, copy, { recursive: true, filter });
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  return copy;
}

/** Whether the tests pass in a copy, and the last of what they said. */
async function runTests(
  copy: string,
  tests: readonly string[],
): Promise<{ readonly passed: boolean; readonly said: string }> {
  const vitest = join(copy, 'node_modules', 'vitest', 'vitest.mjs');
  const args = [vitest, 'run', '--bail', '1', ...tests.map((test) => `test/${test}.test.ts`)];
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      args,
      { cwd: copy, env: { ...process.env, CI: '1' } },
      (error, stdout, stderr) => resolve({ passed: error === null, said: `${stdout}\n${stderr}` }),
    );
  });
}

function mutate(copy: string, { file, from, to }: Mutant): () => void {
  const path = join(copy, file);
  const text = readFileSync(path, 'utf8');
  if (text.split(from).length !== 2) throw new Error(`${file} does not hold this once: ${from}`);
  writeFileSync(
    path,
    text.replace(from, () => to),
  );
  return () => writeFileSync(path, text);
}

const chosen = MUTANTS.filter(({ name }) => name.includes(process.argv[2] ?? ''));
const copy = copyProject();
let survivors = 0;
try {
  const healthy = await runTests(copy, [...new Set(chosen.flatMap(({ tests }) => tests))]);
  if (!healthy.passed) throw new Error(`the tests fail before anything is broken:\n${healthy.said}`);
  for (const mutant of chosen) {
    const restore = mutate(copy, mutant);
    const { passed, said } = await runTests(copy, mutant.tests);
    restore();
    if (passed) survivors++;
    const noticed = /FAIL\s+(test\/.*)/.exec(stripVTControlCharacters(said))?.[1] ?? 'the tests do not start';
    process.stdout.write(
      `${passed ? 'SURVIVES' : 'noticed '}  ${mutant.name}\n${passed ? '' : `          ${noticed}\n`}`,
    );
  }
} finally {
  rmSync(copy, { recursive: true, force: true });
}
process.stdout.write(`${chosen.length - survivors} of ${chosen.length} noticed\n`);
process.exitCode = survivors === 0 ? 0 : 1;
