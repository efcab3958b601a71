/** A message in its queue, as far as it matters for who is next. */
export interface Queued {
  readonly id: string;
  readonly group: string | undefined;
  /** Not given out before; once received, it is in flight until then. */
  readonly visibleAt: number;
  readonly receives: number;
}

/**
 * `standard`: in any order. `fifo`: each group in the order in which it was sent, and none of a group while one of it
 * is in flight. `fair`: groups that take much of the consumers' time after those that do not.
 */
export type QueueKind = 'standard' | 'fifo' | 'fair';

/** Which of so many is next. */
export type Pick = (count: number) => number;

/** Gives out the messages of a queue one by one, those that may be received now in the order of their turns. */
export function* turns<M extends Queued>(
  kind: QueueKind,
  messages: Iterable<M>,
  nowMs: number,
  pick: Pick,
): Generator<M> {
  if (kind === 'fifo') yield* inTheirOrder(messages, nowMs, pick);
  else if (kind === 'fair') yield* quietFirst([...messages], nowMs, pick);
  else yield* inAnyOrder(visibleOf(messages, nowMs), pick);
}

function* inAnyOrder<M>(open: M[], pick: Pick): Generator<M> {
  while (open.length > 0) yield open.splice(pick(open.length), 1)[0]!;
}

/**
 * As many of a group as there is room for, then another group ("FIFO queue delivery logic in Amazon SQS" of the
 * developer guide).
 */
function* inTheirOrder<M extends Queued>(messages: Iterable<M>, nowMs: number, pick: Pick): Generator<M> {
  const groups = [...Map.groupBy(messages, ({ group }) => group).values()];
  const free = groups.filter((group) => group.every(({ visibleAt }) => visibleAt <= nowMs));
  for (const group of inAnyOrder(free, pick)) yield* group;
}

/** "How Amazon SQS fair queues work" of the developer guide (sqs-fair-queues-detailed). */
const NOISY_SHARE = 0.1;
const NOISY_MESSAGES = 30;

/**
 * A group with at least 30 messages in flight, and more than a tenth of all, waits for those that have less; of
 * several such groups the one with the fewest in flight is first. A message without a group is a group of its own.
 * The other measure of SQS, the recent share of processing time, is left out: it only adds to what is held back.
 */
function* quietFirst<M extends Queued>(messages: readonly M[], nowMs: number, pick: Pick): Generator<M> {
  const inFlight = new Map<string, number>();
  let all = 0;
  const nameOf = ({ group, id }: M): string => group ?? `-${id}`;
  const count = (one: M): void => {
    all++;
    inFlight.set(nameOf(one), (inFlight.get(nameOf(one)) ?? 0) + 1);
  };
  messages.filter(({ receives, visibleAt }) => receives > 0 && visibleAt > nowMs).forEach(count);
  const loudness = (one: M): number => {
    const own = inFlight.get(nameOf(one)) ?? 0;
    return own >= NOISY_MESSAGES && own > NOISY_SHARE * all ? own : 0;
  };
  const open = visibleOf(messages, nowMs);
  while (open.length > 0) {
    const least = Math.min(...open.map(loudness));
    const quiet = open.filter((one) => loudness(one) === least);
    const next = quiet[pick(quiet.length)]!;
    open.splice(open.indexOf(next), 1);
    count(next);
    yield next;
  }
}

function visibleOf<M extends Queued>(messages: Iterable<M>, nowMs: number): M[] {
  return [...messages].filter(({ visibleAt }) => visibleAt <= nowMs);
}
