import { readFileSync } from 'node:fs';
import type { Patch } from './thread.ts';

export interface Mutant extends Patch {
  readonly name: string;
}

/**
 * Bugs that the simulation must find: each breaks one rule of the delivery protocol in the product's own code, the
 * way it might be broken by somebody in a hurry.
 */
export const MUTANTS: readonly Mutant[] = [
  {
    name: 'ingest answers 202 for what is in no queue',
    file: 'lib/pipeline/ingest.ts',
    from: "if (fate === 'lost') return { kind: 'refused', problem: unavailable() };",
    to: '',
  },
  {
    name: 'failed entries of a batch count as sent',
    file: 'lib/pipeline/queues.ts',
    from: '(safe[index] = !lost.has(position))',
    to: '(safe[index] = lost.size >= 0 || position < 0)',
  },
  {
    name: 'the queue client forgets what SQS refused',
    file: 'lib/platform/queue.ts',
    from: 'return [...refused, ...open.map(({ Id }) => Id)];',
    to: 'return refused;',
  },
  {
    name: 'a suspect waits for its slot among others',
    file: 'lib/pipeline/deliver/appoint.ts',
    from: ', alone: work.alone }',
    to: ' }',
  },
  {
    name: 'failed messages of a batch are acknowledged too',
    file: 'lib/pipeline/deliver.ts',
    from: 'return records.map(({ messageId }) => messageId);',
    to: 'return [];',
  },
  {
    name: 'who finds a fan-out record sends what the routes say now',
    file: 'lib/stores/fan-outs.ts',
    from: "kind === 'conflict' ? found[existing.indexOf(fanOut)]",
    to: "kind === 'conflict' ? fanOut",
  },
  {
    name: 'the same delivery twice in one claim call',
    file: 'lib/pipeline/deliver/work.ts',
    from: 'if (known === undefined || knowsMore(work, known)) works.set(work.id, work);',
    to: 'works.set(`${work.id}${known ? works.size : ""}`, work);',
  },
  {
    name: 'of two copies of a delivery the lower attempt is kept',
    file: 'lib/pipeline/deliver/work.ts',
    from: 'return later > 0 ||',
    to: 'return later < 0 ||',
  },
  {
    name: 'of two copies of a delivery the one without a claim is kept',
    file: 'lib/pipeline/deliver/work.ts',
    from: '(later === 0 && known.unclaimed && !work.unclaimed)',
    to: '(later === 0 && known.unclaimed && !known.unclaimed)',
  },
  {
    name: 'a live lease does not count',
    file: 'lib/core/claim.ts',
    from: 'if (nowMs < claim.leaseUntil)',
    to: 'if (nowMs < 0)',
  },
  {
    name: 'a lease never runs out',
    file: 'lib/core/claim.ts',
    from: 'if (nowMs < claim.leaseUntil)',
    to: 'if (nowMs > 0)',
  },
  {
    name: 'a lease is shorter than its function may run',
    file: 'lib/pipeline/deliver/claim.ts',
    from: 'deps.now() + deps.leaseMs',
    to: 'deps.now() + 4_000',
  },
  {
    name: 'a lease ends with the time the function has left',
    file: 'lib/pipeline/deliver/claim.ts',
    from: 'deps.now() + deps.leaseMs',
    to: 'deps.now() + deps.remainingMs()',
  },
  {
    name: "somebody else's claim counts as mine",
    file: 'lib/core/claim.ts',
    from: 'if (claim.owner === message.owner)',
    to: 'if (claim.attempt === message.n)',
  },
  {
    name: 'a lapsed claim of the attempt before counts as stale',
    file: 'lib/core/claim.ts',
    from: 'claim.attempt < message.n - 1)',
    to: 'claim.attempt < message.n)',
  },
  {
    name: 'what may be sent at most once is sent again when its worker fell silent',
    file: 'lib/core/claim.ts',
    from: "if (message.once) return { kind: 'ambiguous' };",
    to: '',
  },
  {
    name: 'a claim is taken over whoever owns it by now',
    file: 'lib/stores/claims.ts',
    from: "where: { state: 'sending', owner, attempt, leaseUntil }",
    to: "where: { state: 'sending' }",
  },
  {
    name: 'the next attempt is claimed whatever became of the last',
    file: 'lib/stores/claims.ts',
    from: "where: { state: 'retrying', attempt: write.own.attempt - 1 }",
    to: 'where: {}',
  },
  {
    name: 'outcomes are written without the fence',
    file: 'lib/stores/outcomes.ts',
    from: "const fence = { owner, state: 'sending' };",
    to: "const fence = { state: 'sending' };",
  },
  {
    name: 'an older completion undoes a newer one',
    file: 'lib/stores/claims.ts',
    from: "'attribute_not_exists(n) OR n < :n'",
    to: "'attribute_not_exists(n) OR n < :n OR n >= :n'",
  },
  {
    name: 'nobody waits for the completion record',
    file: 'lib/pipeline/deliver/complete.ts',
    from: 'await deps.complete(recordOf(tally, deps));',
    to: 'void deps.complete(recordOf(tally, deps)).catch(() => {});',
  },
  {
    name: 'an attempt that fell silent is not written down',
    file: 'lib/pipeline/deliver/claim.ts',
    from: 'if (crashes.size === 0) return [...candidates];',
    to: 'if (crashes.size >= 0) return [...candidates];',
  },
  {
    name: 'an ambiguous attempt is not written down',
    file: 'lib/pipeline/settle.ts',
    from: "if (outcome === undefined || outcome.kind === 'delivered') return [];",
    to: "if (outcome === undefined || outcome.kind === 'delivered' || outcome.kind === 'maybe') return [];",
  },
  {
    name: 'the outcome is written before the next message is safe',
    file: 'lib/pipeline/settle.ts',
    from: `const carried = await enqueueNext(logged, deps);
  const marked = await markDeadEvents(carried, deps);
  const written = await writeOutcomes(marked, deps);`,
    to: `const marked = await markDeadEvents(logged, deps);
  const outcomes = await writeOutcomes(marked, deps);
  const written = await enqueueNext(outcomes, deps);`,
  },
  {
    name: 'a message is acknowledged although its retry is in no queue',
    file: 'lib/pipeline/settle.ts',
    from: "ends.filter((end) => end.next?.in !== 'queue' || safe.has(end))",
    to: 'ends.filter(() => safe.size >= 0)',
  },
  {
    name: 'a message is acknowledged although its outcome is not known to be written',
    file: 'lib/pipeline/settle.ts',
    from: "telling.filter((_, index) => written[index]?.kind === 'unknown')",
    to: 'telling.filter(() => written.length < 0)',
  },
  {
    name: "a refusal for rate uses up its attempt's place",
    file: 'lib/pipeline/settle.ts',
    from: "verdict.kind === 'retry' ? n : n - 1",
    to: 'n',
  },
  {
    name: 'slots are booked whoever booked meanwhile',
    file: 'lib/stores/limits.ts',
    from: 'AND (attribute_not_exists(tat) OR tat < :from)',
    to: 'AND (attribute_not_exists(tat) OR tat < :from OR tat >= :from)',
  },
  {
    name: 'slots are used all at once',
    file: 'lib/pipeline/deliver/book-together.ts',
    from: 'const stretch = { firstMs: first, lastMs, periodMs };',
    to: 'const stretch = { firstMs: first, lastMs, periodMs: 0 };',
  },
  {
    name: 'a slot that was missed is used all the same',
    file: 'lib/pipeline/deliver/reach-slot.ts',
    from: 'deps.now() - slotAt <= LATENESS_MS',
    to: 'deps.now() - slotAt <= 60_000',
  },
  {
    name: 'slots lie as close as the limit, with nothing for lateness and clocks',
    file: 'lib/core/slots.ts',
    from: '(perMs * (1 + MARGIN) + LATENESS_MS + SPREAD_MS) / limit',
    to: 'perMs / limit',
  },
  {
    name: 'one of two scopes is booked, and the other is not',
    file: 'lib/pipeline/deliver/book-together.ts',
    from: 'if (await limits.reserve(scope, first, last + scope.periodMs, probeOwner)) return first;',
    to: 'if (await limits.reserve(scope, first, last + scope.periodMs, probeOwner) || true) return first;',
  },
  {
    name: 'a probe books only where there is a breaker',
    file: 'lib/stores/limits.ts',
    from: "'(attribute_not_exists(breaker) OR breaker.probeOwner = :probe)'",
    to: "'breaker.probeOwner = :probe'",
  },
  {
    name: 'a sweep of timers counts as done when it was not',
    file: 'lib/pipeline/timers.ts',
    from: 'if (!complete || deps.remainingMs() < RESERVE_MS) break;',
    to: 'if (deps.remainingMs() < 0) break;',
  },
  {
    name: 'a due entry is moved on before its message is safe',
    file: 'lib/pipeline/timers.ts',
    from: `const safe = await enqueueAll(outgoing, deps.enqueue);
  const gone = outgoing.flatMap(({ members }, index) => (safe[index] ? members : []));`,
    to: `await deps.due.postpone(due, 86_400_000 * 30);
  const safe = await enqueueAll(outgoing, deps.enqueue);
  const gone = outgoing.flatMap(({ members }, index) => (safe[index] ? members : []));`,
  },
  {
    name: 'a scheduled event is moved on before its message is safe',
    file: 'lib/pipeline/schedule.ts',
    from: 'const safe = await enqueueAll(',
    to: 'await deps.schedule.postpone(held, 86_400_000 * 30);\n  const safe = await enqueueAll(',
  },
  {
    name: 'a scheduled event is recorded, and listed for nobody',
    file: 'lib/stores/events.ts',
    from: "const listed = hold.by === 'timers' ?",
    to: "const listed = hold.by === 'queue' ?",
  },
  {
    name: 'an event is a duplicate of itself',
    file: 'lib/core/tally.ts',
    from: 'if (passed.some((one) => one.event === event)) return passed;',
    to: '',
  },
  {
    name: 'what a cap refuses leaves duplicates behind',
    file: 'lib/core/tally.ts',
    from: 'refusal || !next ? without(passed, event) : next',
    to: 'next ?? passed',
  },
  {
    name: 'dead letters are buried over a live lease',
    file: 'lib/pipeline/dead-letters.ts',
    from: "judged.filter(({ kind }) => kind !== 'acknowledge' && kind !== 'wait')",
    to: "judged.filter(({ kind }) => kind !== 'acknowledge')",
  },
  {
    name: 'dead letters are buried whatever became of the claim',
    file: 'lib/stores/dead.ts',
    from: '{ owner, state, attempt: seen.attempt, leaseUntil }',
    to: '{ pk: claimKey(ref).pk }',
  },
  {
    name: 'a dead letter of the events queue is let go',
    file: 'lib/pipeline/dead-letters.ts',
    from: 'const unclaimed = rest.filter(({ ref }) => !claims.has(refText(ref)));',
    to: 'const unclaimed = rest.filter(({ ref }) => claims.has(refText(ref)) && false);',
  },
  {
    name: 'a pause is not looked at',
    file: 'lib/pipeline/deliver/park.ts',
    from: 'return [...own.pauses, ...all.pauses];',
    to: 'return [...own.pauses, ...all.pauses].slice(0, 0);',
  },
  {
    name: 'nobody is told of what is parked',
    file: 'lib/pipeline/deliver/park.ts',
    from: '  await noteLot(tenant, destination.id);\n',
    to: '',
  },
  {
    name: 'the fan-out of a line goes on behind a pack that must come again',
    file: 'lib/pipeline/fan-out-ordered.ts',
    from: '.filter((group) => !isStuck(group))',
    to: '',
  },
  {
    name: 'who must wait in a line lets the next one go',
    file: 'lib/pipeline/deliver-ordered.ts',
    from: "if (end.kind === 'wait') sequence.untilMs = end.untilMs;",
    to: "if (end.kind === 'wait') sequence.at++;",
  },
  {
    name: 'what waits behind the head of a line is acknowledged',
    file: 'lib/pipeline/ordered/sequence.ts',
    from: 'return [...new Set(steps.slice(at).map(({ record }) => record)), ...blocked];',
    to: 'return [...new Set(steps.slice(at, at + 1).map(({ record }) => record)), ...blocked];',
  },
  {
    name: 'what is held in doubt does not hold its line',
    file: 'lib/pipeline/ordered/stand.ts',
    from: "return claim?.state === 'held';",
    to: 'return false;',
  },
  {
    name: 'every delivery of an ordered topic is a line of its own',
    file: 'lib/pipeline/fan-out/send.ts',
    from: 'groupId: deliveryGroup(tenant, destination, order),',
    to: 'groupId: deliveryGroup(tenant, destination, events.join()),',
  },
  {
    name: 'partitions are as many as there are keys',
    file: 'lib/core/order.ts',
    from: 'entry.partitions === undefined ? digest(key)',
    to: 'entry.partitions !== undefined || entry.partitions === undefined ? digest(key)',
  },
  {
    name: 'a line goes on behind what is dead, although its topic says stop',
    file: 'lib/pipeline/ordered/stand.ts',
    from: "?.onDead === 'stop'",
    to: "?.onDead === 'stop' && claim.attempt < 0",
  },
  {
    name: 'an event that two packs list is copied twice',
    file: 'lib/pipeline/replays/events.ts',
    from: 'oncePerEvent(slots).flatMap',
    to: 'slots.flatMap',
  },
  {
    name: 'a copy has the id of its original',
    file: 'lib/pipeline/replays/events.ts',
    from: 'const id = derivedId(REPLAY_PREFIX, replay, original.id);',
    to: 'const { id } = original;',
  },
  {
    name: 'a page of a replay is noted before it is known to be sent',
    file: 'lib/pipeline/replays.ts',
    from: 'plan.slots.length === 0 ? 0 : await source.send(plan.slots)',
    to: 'plan.slots.length === 0 ? 0 : await source.send(plan.slots).catch(() => 0)',
  },
  {
    name: 'a replayed delivery is not in the hands of the timers',
    file: 'lib/stores/replay.ts',
    from: '...dueAttributes(ref, dueAtMs),',
    to: '',
  },
  {
    name: 'the rest of a page that was too much for a minute is passed over',
    file: 'lib/core/replay.ts',
    from: 'cursor: position, isFull: true',
    to: 'cursor: next, isFull: true',
  },
  {
    name: 'stale edit: what is older than what was told is told all the same',
    file: 'lib/core/incident.ts',
    from: "if (seq < newest) return { kind: 'superseded' };",
    to: '',
  },
  {
    name: 'a turn that lapsed counts as if nothing had been told',
    file: 'lib/core/incident.ts',
    from: 'isLapsed && inFlight.takenBy !== takenBy ? inFlight.seq : -Infinity',
    to: 'isLapsed && inFlight.takenBy === "" ? inFlight.seq : -Infinity',
  },
  {
    name: 'two tell of an incident at a time',
    file: 'lib/stores/incidents.ts',
    from: "  'attribute_not_exists(inFlight)',\n",
    to: '',
  },
  {
    name: 'what may have been told counts as untold',
    file: 'lib/pipeline/deliver/turn.ts',
    from: "outcome?.kind !== 'delivered' && outcome?.kind !== 'maybe'",
    to: "outcome?.kind !== 'delivered'",
  },
  {
    name: 'a message that is gone is changed again and again',
    file: 'lib/pipeline/deliver/turn.ts',
    from: "return { kind: 'lost' };",
    to: "return { kind: 'untold' };",
  },
  {
    name: 'late digest member: its window is not read once more',
    file: 'lib/pipeline/hold/settle.ts',
    from: 'parties.map(([name, party]) => settleIn(windows.get(name), party, deps))',
    to: 'parties.map(([name, party]) => (windows.has(name) ? [] : party))',
  },
  {
    name: 'a late end ends what began after it',
    file: 'lib/core/escalation.ts',
    from: ' || (live !== undefined && !isOver && (live.began ?? -Infinity) > atMs)',
    to: '',
  },
  {
    name: 'what begins while an incident is open ends with what was before it',
    file: 'lib/core/escalation.ts',
    from: "return began < atMs ? { kind: 'again', replaces: live } : NONE;",
    to: 'return NONE;',
  },
  {
    name: 'an old alert opens again what is over',
    file: 'lib/core/escalation.ts',
    from: "return isNew ? { kind: 'open', replaces: known } : NONE;",
    to: "return { kind: 'open', replaces: known };",
  },
  {
    name: 'whom a step has told does not hear of the end',
    file: 'lib/pipeline/escalate.ts',
    from: 'if (told.length > 0) ends.push',
    to: 'if (told.length > 9) ends.push',
  },
  {
    name: 'a step is taken though somebody has acknowledged',
    file: 'lib/pipeline/fan-out/take.ts',
    from: "return now?.state === 'open' && now.opener === opener;",
    to: 'return now?.opener === opener;',
  },
  {
    name: 'the next step is not written down',
    file: 'lib/pipeline/escalate.ts',
    from: 'const events = [...next, ...ends, ...late];',
    to: 'const events = [...next.filter(({ escalates }) => escalates?.step === 0), ...ends, ...late];',
  },
  {
    name: 'an escalation ends with a step whose fan-out dies',
    file: 'lib/pipeline/dead-letters.ts',
    from: 'await escalate([{ record: taken.record, pack, catalog, matches, fanOuts }], deps)',
    to: '[await escalate([], deps)]',
  },
  {
    name: 'an end that came before a failover is not told after it',
    file: 'lib/core/stand-in.ts',
    from: 'const isOver = end !== undefined && atMs <= end.atMs;',
    to: 'const isOver = end !== undefined && atMs < 0;',
  },
  {
    name: 'a beat that comes while its absence is noted is overlooked',
    file: 'lib/stores/pulses.ts',
    from: 'const seen = { dueAt, state: pulse.state, last: pulse.lastMs };',
    to: 'const seen = { dueAt, state: pulse.state };',
  },
  {
    name: 'a stop counts as told though no queue took it',
    file: 'lib/pipeline/heartbeats.ts',
    from: 'return (await send(tenant, events, knownOf(alert, nowMs), deps)) ? step : undefined;',
    to: 'return (await send(tenant, events, knownOf(alert, nowMs), deps)) ? step : step;',
  },
  {
    name: 'a message about several tells of one',
    file: 'lib/pipeline/deliver/attempt-together.ts',
    from: 'await attempt(spokesman(party))',
    to: 'await attempt(lead!)',
  },
  {
    name: 'what a message about several left in doubt is on record for one of them',
    file: 'lib/pipeline/deliver/attempt-together.ts',
    from: '...(work !== lead && { shared: true })',
    to: "...(work !== lead && one.outcome?.kind === 'maybe' && { outcome: undefined })",
  },
  {
    name: 'keys are not told apart by tenant',
    file: 'lib/core/keys.ts',
    from: 'const tenant = (id: string): string => `T#${id}`;',
    to: "const tenant = (id: string): string => `T#${id === '-' ? id : 'acme'}`;",
  },
];

/** Bugs whose place in the product is gone, or is there more than once. */
export function misfits(): string[] {
  return MUTANTS.filter(({ file, from }) => {
    const text = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
    return text.split(from).length !== 2;
  }).map(({ name }) => name);
}
