/**
 * Everything that is known to go wrong between a producer and a receiver, what Fanfare makes of it, and the tests
 * that show it. A test checks that each of them exists and stands at the level that its fault asks for.
 */
export interface Fault {
  readonly id: string;
  readonly fault: string;
  readonly expected: string;
  readonly levels: readonly Level[];
  readonly proofs: readonly Proof[];
}

/** A test by its file below `test/` and its title as it is written there. */
export interface Proof {
  readonly file: string;
  readonly title: string;
}

/** How a fault is shown, and where such tests are. */
export const LEVELS = {
  S: { says: 'simulated time: by seed, or a known course over hours', where: /^(?:simulation|pipeline)\// },
  H: { says: 'a deployed function and its real clients, AWS faulty between them', where: /^functions\// },
  E: {
    says: 'emulators, real servers, real processes',
    where: /^(?:e2e|functions|kill|pipeline|platform|stores)\//,
  },
  U: { says: 'a rule alone, or any input', where: /^(?:cdk|channels|core|pipeline|platform)\// },
  C: { says: 'the template', where: /^cdk\// },
} as const satisfies Record<string, { readonly says: string; readonly where: RegExp }>;

export type Level = keyof typeof LEVELS;

/** Thousands of days on which all of these may happen: crashes, lost and late calls, repeats, pauses, clocks. */
const SEEDS: Proof = {
  file: 'simulation/simulation.test.ts',
  title: 'finds every promise kept on bad days',
};

/** A planted bug that the seeds find: without its rule the fault does harm. */
const mutant = (title: string): Proof => ({ file: 'simulation/mutants.ts', title });
/** A rule over every template, which `cdk/rules.test.ts` sees fail. */
const rule = (title: string): Proof => ({ file: 'cdk/rules.ts', title });

export const FAULTS: readonly Fault[] = [
  {
    id: 'F1',
    fault: 'ingest dies after the look-up and before the queue has the event',
    expected: 'no 202; whoever posts again is heard; nothing is lost',
    levels: ['S', 'H'],
    proofs: [
      SEEDS,
      mutant('ingest answers 202 for what is in no queue'),
      { file: 'functions/ingest-faults.test.ts', title: 'and %s, events and alerts are to come again' },
    ],
  },
  {
    id: 'F2',
    fault: 'the queue has the event, its answer is lost',
    expected: 'posted again it is the same event; the copy falls to the claims',
    levels: ['H'],
    proofs: [
      {
        file: 'functions/ingest-faults.test.ts',
        title: 'an answer that was lost makes no second event (F2)',
      },
    ],
  },
  {
    id: 'F3',
    fault: 'ingest dies between queue and record',
    expected: 'posted again it is sent again, and delivered once',
    levels: ['S'],
    proofs: [
      SEEDS,
      {
        file: 'pipeline/ingest.test.ts',
        title: 'makes no second event after a crash between queue and record',
      },
    ],
  },
  {
    id: 'F4',
    fault: 'the table throttles ingest',
    expected: '503 with Retry-After, nothing enqueued',
    levels: ['H'],
    proofs: [
      {
        file: 'functions/ingest-faults.test.ts',
        title: 'a post whose records cannot be read is to come again, and nothing of it is sent',
      },
      {
        file: 'functions/ingest-faults.test.ts',
        title: 'a post that cannot be recorded (%s) is to come again, with the same ids',
      },
    ],
  },
  {
    id: 'F5',
    fault: 'SQS is down for ingest',
    expected: '503; left alone after five failures, tried by one post in five seconds',
    levels: ['H'],
    proofs: [
      {
        file: 'functions/ingest-faults.test.ts',
        title: 'its queue is left alone after five failures, and tried by one post in five seconds',
      },
    ],
  },
  {
    id: 'F6',
    fault: 'three of ten packs of a post fail',
    expected: 'each event is told; only the lost ones are new when they come again',
    levels: ['H'],
    proofs: [
      {
        file: 'functions/ingest-faults.test.ts',
        title:
          'F6: of ten packs three fail, each event is told, and only the lost ones are new when they come again',
      },
    ],
  },
  {
    id: 'F7',
    fault: 'the same post a thousand times at once',
    expected: 'one event; 202 with the same id for all',
    levels: ['E'],
    proofs: [{ file: 'e2e/same-id.test.ts', title: 'a thousand times with the same content is one event' }],
  },
  {
    id: 'F8',
    fault: 'fan-out dies in the middle of a batch',
    expected: 'it comes again and sends exactly what it had written down',
    levels: ['S'],
    proofs: [
      SEEDS,
      mutant('who finds a fan-out record sends what the routes say now'),
      {
        file: 'pipeline/fan-out.test.ts',
        title: 'sends what was written down first, though the catalog has changed since',
      },
    ],
  },
  {
    id: 'F9',
    fault: 'SQS takes a part of what fan-out sends',
    expected: 'only the rest is sent again; a message with a lost delivery comes again',
    levels: ['S'],
    proofs: [
      SEEDS,
      mutant('failed entries of a batch count as sent'),
      mutant('the queue client forgets what SQS refused'),
      {
        file: 'pipeline/fan-out.test.ts',
        title: 'brings back only the messages whose deliveries were not enqueued',
      },
    ],
  },
  {
    id: 'F10',
    fault: 'more than 1 MiB for one call to SQS',
    expected: 'cut by bytes and by count; nothing lost, repeated or reordered',
    levels: ['U'],
    proofs: [
      {
        file: 'platform/queue.test.ts',
        title: 'splits by bytes and by count, and loses, repeats and reorders nothing',
      },
      {
        file: 'pipeline/packs.test.ts',
        title: 'posts of any events leave in calls and messages that SQS takes, and nothing of them is lost',
      },
    ],
  },
  {
    id: 'F11',
    fault: 'SQS hands the same message to two workers',
    expected: 'one sends, the other finds the lease and comes again',
    levels: ['S'],
    proofs: [
      SEEDS,
      mutant('a live lease does not count'),
      { file: 'pipeline/deliver.test.ts', title: 'of 20 workers with the same message, one sends' },
    ],
  },
  {
    id: 'F12',
    fault: 'messages arrive in another order, old ones after new ones',
    expected: 'no state goes back; a lower attempt never overwrites a higher one',
    levels: ['S', 'U'],
    proofs: [
      SEEDS,
      mutant('of two copies of a delivery the lower attempt is kept'),
      mutant('the next attempt is claimed whatever became of the last'),
      {
        file: 'core/claim.test.ts',
        title: 'never sends twice under one live lease, nor anything that is over',
      },
    ],
  },
  {
    id: 'F13',
    fault: 'deliver is killed by its time-out before the request',
    expected: 'the lease runs out, another worker sends, once',
    levels: ['S'],
    proofs: [
      SEEDS,
      mutant('a lease never runs out'),
      {
        file: 'pipeline/deliver.test.ts',
        title: 'is followed by another when its lease is over, and the gap is on record',
      },
    ],
  },
  {
    id: 'F14',
    fault: 'deliver is killed during the request',
    expected: 'perhaps a second arrival with the same id; the attempt is on record as `maybe`',
    levels: ['S'],
    proofs: [
      SEEDS,
      mutant('an attempt that fell silent is not written down'),
      {
        file: 'conformance/channels.test.ts',
        title:
          'carries the provider’s idempotency key where it says so: the same in every attempt, another for another message',
      },
    ],
  },
  {
    id: 'F15',
    fault: '200 received, the completion cannot be written',
    expected: 'the message comes again; the second arrival is on record',
    levels: ['S', 'H'],
    proofs: [
      SEEDS,
      mutant('nobody waits for the completion record'),
      {
        file: 'functions/deliver-faults.test.ts',
        title: 'F15: that cannot be written brings its message again; the second arrival is on record',
      },
    ],
  },
  {
    id: 'F16',
    fault: 'the completion was written, its answer is lost',
    expected: 'no second arrival',
    levels: ['S', 'H'],
    proofs: [
      SEEDS,
      {
        file: 'functions/deliver-faults.test.ts',
        title: 'F16: that was written although its answer was lost makes no second arrival',
      },
    ],
  },
  {
    id: 'F17',
    fault: 'a worker that was given up writes late',
    expected: 'the owner in every condition keeps it out',
    levels: ['S'],
    proofs: [
      SEEDS,
      mutant('outcomes are written without the fence'),
      mutant('an older completion undoes a newer one'),
      { file: 'pipeline/deliver.test.ts', title: 'changes nothing when it wakes up' },
    ],
  },
  {
    id: 'F18',
    fault: 'clocks of workers differ by up to 2 s',
    expected: 'leases have 5 s to spare; limits move forward only; a worker that is far off books nothing',
    levels: ['S'],
    proofs: [
      SEEDS,
      mutant('a lease is shorter than its function may run'),
      {
        file: 'pipeline/deliver-limits.test.ts',
        title: 'a worker whose clock is wrong books nothing, and says so',
      },
    ],
  },
  {
    id: 'F19',
    fault: 'the clock jumps between two attempts',
    expected: 'each attempt is signed with its own time, good for 300 s either way',
    levels: ['U'],
    proofs: [
      {
        file: 'channels/webhook.test.ts',
        title: 'keeps id and body over attempts and renews timestamp and signature',
      },
      { file: 'core/signature.test.ts', title: 'hold for a clock that is off by %i s' },
    ],
  },
  {
    id: 'F20',
    fault: 'the process stands still between slot and send',
    expected: 'the slot is booked anew; no window is exceeded',
    levels: ['S'],
    proofs: [
      SEEDS,
      mutant('a slot that was missed is used all the same'),
      { file: 'pipeline/deliver-limits.test.ts', title: 'a slot that was missed is booked anew' },
    ],
  },
  {
    id: 'F21',
    fault: 'the limits cannot be booked',
    expected: 'their destination gets nothing, unclaimed; the others all',
    levels: ['H'],
    proofs: [
      {
        file: 'functions/deliver-faults.test.ts',
        title: 'F21: while the limits cannot be booked, their destination gets nothing and others all',
      },
    ],
  },
  {
    id: 'F22',
    fault: 'one scope is in great demand',
    expected: 'few writes per send; whoever shares it is not slowed down',
    levels: ['S', 'E'],
    proofs: [
      {
        file: 'pipeline/limits-use.test.ts',
        title:
          'a scope that ten destinations share is used up, never exceeded, at few writes; urgent ones go first',
      },
      {
        file: 'pipeline/limits-use.test.ts',
        title: 'a chat’s backlog does not slow the other chats of its bot',
      },
    ],
  },
  {
    id: 'F23',
    fault: 'a receiver that always answers 500',
    expected: 'ten attempts in 75 h 35 min, then dead, counted once, and it can be replayed',
    levels: ['S'],
    proofs: [
      {
        file: 'pipeline/over-time.test.ts',
        title:
          'F23: a receiver that always fails is asked ten times in 76 h, then its delivery is dead, once, and can be replayed',
      },
    ],
  },
  {
    id: 'F24',
    fault: '429 with Retry-After in any form, also junk',
    expected: 'the longer of schedule and hint, which is 24 h at most; junk counts as absent',
    levels: ['U', 'S'],
    proofs: [
      { file: 'core/outcome.test.ts', title: 'whatever it says, the wait is none or between 0 and 24 h' },
      {
        file: 'core/verdict.test.ts',
        title: 'a hint of %s ms is heeded when it is longer than the schedule',
      },
      {
        file: 'pipeline/deliver-limits.test.ts',
        title: 'uses up no attempt, and stops every worker until the provider says',
      },
    ],
  },
  {
    id: 'F25',
    fault: '410',
    expected: 'switched off, what waits is discarded as gone, its tenant is told',
    levels: ['S'],
    proofs: [
      SEEDS,
      { file: 'pipeline/deliver.test.ts', title: 'switch off a destination that its provider calls gone' },
      { file: 'stores/disable.test.ts', title: 'is switched off, and its tenant told before' },
      {
        file: 'e2e/failure.test.ts',
        title: 'a destination that is gone is switched off, and its message discarded',
      },
    ],
  },
  {
    id: 'F26',
    fault: 'a redirect',
    expected: 'a failure, never followed',
    levels: ['E'],
    proofs: [{ file: 'platform/http.test.ts', title: 'does not follow a redirect to ourselves' }],
  },
  {
    id: 'F27',
    fault: 'a receiver that hangs, drips, never ends or sends a gzip bomb',
    expected: 'one deadline for all of it, 64 KiB at most, nothing is unpacked',
    levels: ['E'],
    proofs: [
      { file: 'platform/http.test.ts', title: 'never answers runs into the deadline, with the request sent' },
      { file: 'platform/http.test.ts', title: 'drips its body byte by byte runs into the same deadline' },
      { file: 'platform/http.test.ts', title: 'never stops talking is cut off after 64 KiB' },
      { file: 'platform/http.test.ts', title: 'answers with a gzip bomb gets it back as it came, cut off' },
    ],
  },
  {
    id: 'F28',
    fault: 'TLS: a reset, a bad or expired certificate, an old version',
    expected: 'failure of class `tls`, nothing sent',
    levels: ['E'],
    proofs: [
      {
        file: 'platform/http.test.ts',
        title: 'refuses a certificate that nobody vouches for, before anything is sent',
      },
      {
        file: 'platform/http.test.ts',
        title: 'refuses a certificate that has expired, whoever vouches for it',
      },
      {
        file: 'platform/http.test.ts',
        title: 'counts a reset during the handshake as its own failure, with nothing sent',
      },
      { file: 'platform/http.test.ts', title: 'refuses TLS 1.1' },
    ],
  },
  {
    id: 'F29',
    fault: 'DNS: no such name, server failure, slow, an answer that changes',
    expected: 'classes `dns` and `blocked`, within the time of a look-up',
    levels: ['E'],
    proofs: [
      { file: 'platform/address-guard.test.ts', title: '%s becomes the failure class dns' },
      {
        file: 'platform/address-guard.test.ts',
        title: 'that takes too long becomes the failure class dns, before the deadline of the request',
      },
      {
        file: 'platform/address-guard.test.ts',
        title: 'hands over exactly the addresses it checked, so that a name cannot change its mind',
      },
    ],
  },
  {
    id: 'F30',
    fault: 'one dead destination with a backlog',
    expected: 'the breaker opens, its deliveries wait unclaimed, others notice little',
    levels: ['S'],
    proofs: [
      {
        file: 'pipeline/outages.test.ts',
        title: 'F30: a dead destination with a backlog is left alone, and the others hardly notice',
      },
      {
        file: 'pipeline/deliver-limits.test.ts',
        title: 'opens when the destination is broken: what comes then waits, unclaimed',
      },
      { file: 'e2e/failure.test.ts', title: 'a channel that hangs slows no other channel' },
    ],
  },
  {
    id: 'F31',
    fault: 'a message that nobody can read',
    expected: 'recorded as dead at its first receive; its batch goes on',
    levels: ['E', 'H'],
    proofs: [
      { file: 'functions/consumer-bad-input.test.ts', title: 'row %i: %s is recorded and ends' },
      {
        file: 'e2e/failure.test.ts',
        title: 'messages nobody can read are recorded, and those beside them are delivered',
      },
    ],
  },
  {
    id: 'F32',
    fault: 'a delivery that kills its worker',
    expected: 'sent on alone after the second death, dead after the third; those beside it arrive',
    levels: ['E'],
    proofs: [
      {
        file: 'functions/killed-workers.test.ts',
        title:
          'F32: a delivery that kills its process is dead after three of them, and those beside it arrive',
      },
      { file: 'pipeline/poison.test.ts', title: 'ends after three of them, and those beside it arrive' },
    ],
  },
  {
    id: 'F33',
    fault: 'a whole batch fails',
    expected: 'all its ids are reported, nothing is thrown',
    levels: ['U', 'H'],
    proofs: [
      {
        file: 'pipeline/batch-failures.test.ts',
        title: 'a batch of which nothing succeeds (%s, %j) is reported as a whole',
      },
      {
        file: 'functions/deliver-faults.test.ts',
        title: 'F33: when everything %s, every message comes again and nothing is thrown',
      },
    ],
  },
  {
    id: 'F34',
    fault: 'an unknown, repeated or empty id in the report',
    expected: 'never: Lambda would take it for the failure of the whole batch',
    levels: ['U'],
    proofs: [
      {
        file: 'platform/handle.test.ts',
        title: 'reports, whatever its step answers, messages that it had, each once, and none without an id',
      },
      {
        file: 'pipeline/batch-failures.test.ts',
        title:
          'whatever a batch holds and whatever fails, it reports messages it was given, each once, and never throws',
      },
    ],
  },
  {
    id: 'F35',
    fault: 'little time is left in the invocation',
    expected: 'nothing new is begun; what is claimed is released and comes again as the same attempt',
    levels: ['S'],
    proofs: [
      SEEDS,
      {
        file: 'pipeline/deliver-limits.test.ts',
        title: 'nothing new is begun: what is claimed is released, and comes again as the same attempt',
      },
    ],
  },
  {
    id: 'F36',
    fault: 'Lambda throttles: receives without a run',
    expected: 'an hour of it leads nothing to the dead letters; poison has a count of its own',
    levels: ['S', 'C'],
    proofs: [
      SEEDS,
      rule('a message outlasts an hour of throttles'),
      {
        file: 'pipeline/deliver.test.ts',
        title: 'a second time sends the delivery on alone, a third time ends it',
      },
    ],
  },
  {
    id: 'F37',
    fault: 'too many messages in flight',
    expected: 'far from the quota by construction, and were it reached, nothing lost; an alarm at 90,000',
    levels: ['S', 'C'],
    proofs: [
      {
        file: 'simulation/in-flight.test.ts',
        title: 'F37: queues that hand out no more let everything in and lose nothing',
      },
      {
        file: 'cdk/template.test.ts',
        title: 'can have few messages in flight in each queue, far from the quota of 120,000',
      },
    ],
  },
  {
    id: 'F38',
    fault: "a queue's retention is over",
    expected: 'the delivery stays on record; an alarm rings long before',
    levels: ['S', 'C'],
    proofs: [
      {
        file: 'pipeline/over-time.test.ts',
        title: 'F38: what its queues have forgotten after three weeks is on record as not delivered',
      },
      {
        file: 'cdk/lifetimes.test.ts',
        title:
          'a delivery outlasts its message, with all retries, in its queue and then among the dead letters',
      },
      rule('a queue has a dead-letter queue that keeps messages for 14 days and longer than itself'),
      rule('an alarm about a dead-letter queue counts what lies there and what is received again and again'),
    ],
  },
  {
    id: 'F39',
    fault: 'dead letters are redriven days later',
    expected: 'what is delivered or dead is not sent again',
    levels: ['S'],
    proofs: [
      {
        file: 'pipeline/over-time.test.ts',
        title:
          'F39: after %i days, what is delivered or dead is not sent again by a message that is redriven',
      },
    ],
  },
  {
    id: 'F40',
    fault: 'DynamoDB deletes expired items late',
    expected: 'they count as absent: the time stands in the condition',
    levels: ['E'],
    proofs: [
      { file: 'stores/claims.test.ts', title: 'a claim past its time to live is replaced, by one' },
      {
        file: 'stores/events.test.ts',
        title: 'an expired record is replaced, unless somebody did so before',
      },
    ],
  },
  {
    id: 'F41',
    fault: 'DynamoDB deletes early, by our clock',
    expected: 'what is remembered outlasts what asks for it by an hour',
    levels: ['U'],
    proofs: [
      {
        file: 'cdk/lifetimes.test.ts',
        title:
          'a delivery outlasts its message, with all retries, in its queue and then among the dead letters',
      },
      { file: 'stores/limits.test.ts', title: 'a push of a whole day is remembered beyond its end' },
      {
        file: 'stores/events.test.ts',
        title: 'an idempotency key outlives what came of it, and can be used anew',
      },
    ],
  },
  {
    id: 'F42',
    fault: 'a condition fails, the old item is not told',
    expected: 'it is read, consistently',
    levels: ['E'],
    proofs: [
      { file: 'stores/claims.test.ts', title: 'of 100 contenders for one delivery, one wins' },
      {
        file: 'stores/table.test.ts',
        title: 'a conflict shows the item as it stands, where the engine tells it',
      },
      {
        file: 'pipeline/deliver.test.ts',
        title: 'no claim is sent twice because conflicts could not be read',
      },
    ],
  },
  {
    id: 'F43',
    fault: 'the table reads well and throttles writes',
    expected: 'nothing is sent without a claim; all comes again',
    levels: ['H'],
    proofs: [
      {
        file: 'functions/deliver-faults.test.ts',
        title: 'nothing is sent without a claim, all comes again, and is sent once afterwards',
      },
    ],
  },
  {
    id: 'F44',
    fault: 'the process stands still for seconds',
    expected: 'the lease is still good, or the slot is booked anew',
    levels: ['S'],
    proofs: [
      SEEDS,
      mutant('a lease ends with the time the function has left'),
      { file: 'pipeline/deliver-limits.test.ts', title: 'a slot that was missed is booked anew' },
    ],
  },
  {
    id: 'F45',
    fault: 'the store of secrets throttles',
    expected: 'values are used for ten minutes beyond their time, then their destination waits alone',
    levels: ['H'],
    proofs: [
      {
        file: 'functions/deliver-faults.test.ts',
        title:
          'F45: while secrets are throttled, a value is used for ten minutes beyond its time, then its destination waits alone',
      },
    ],
  },
  {
    id: 'F46',
    fault: 'a secret is rotated',
    expected: 'both signatures, until the old secret is taken out',
    levels: ['U', 'E'],
    proofs: [
      {
        file: 'core/signature.test.ts',
        title: 'come one per secret, newest first, so that either one verifies during a rotation',
      },
      { file: 'core/signature.test.ts', title: 'agree with the standardwebhooks package in both directions' },
      { file: 'functions/manage.test.ts', title: 'a rotation puts the new secret in front of the old ones' },
    ],
  },
  {
    id: 'F47',
    fault: 'a destination changes between two attempts',
    expected: 'the next attempt goes to where it is now; deleted or disabled, the delivery is discarded',
    levels: ['S'],
    proofs: [
      { file: 'pipeline/over-time.test.ts', title: 'is sent to where it is now' },
      { file: 'pipeline/over-time.test.ts', title: 'is left alone when it was %s, and the delivery says so' },
    ],
  },
  {
    id: 'F48',
    fault: "Lambda's guard against loops",
    expected: 'switched off where a queue is its own target; hops are counted and capped',
    levels: ['U', 'C'],
    proofs: [
      { file: 'pipeline/deliver-outage.test.ts', title: 'what went round too often is given up' },
      {
        file: 'pipeline/fan-out.test.ts',
        title: 'that went round too often stay, and end with the dead letters',
      },
      rule('a function that sends to the queue it reads may loop'),
    ],
  },
  {
    id: 'F49',
    fault: 'a deployment while messages are under way',
    expected: 'each release reads the messages of the one before, and writes what that one reads',
    levels: ['U'],
    proofs: [
      { file: 'pipeline/upgrade.test.ts', title: 'are read as they were meant: %s' },
      {
        file: 'pipeline/upgrade.test.ts',
        title: 'are those on file: what is written may not change by accident',
      },
    ],
  },
  {
    id: 'F50',
    fault: 'the product itself cannot send',
    expected: 'alarms go to people by SNS and mail; silence of the timers is an alarm',
    levels: ['C'],
    proofs: [
      {
        file: 'cdk/template.test.ts',
        title: 'tells people of alarms by mail, past everything that the product does',
      },
      { file: 'cdk/template.test.ts', title: 'has an alarm that rings when its regular run falls silent' },
    ],
  },
  {
    id: 'F51',
    fault: 'the catalog cannot be read',
    expected: 'deliveries go on by the last copy for ten minutes, then wait',
    levels: ['H'],
    proofs: [
      {
        file: 'functions/deliver-faults.test.ts',
        title:
          'F51: while the catalog cannot be read, deliveries go on for ten minutes by the last copy, then wait',
      },
    ],
  },
  {
    id: 'F52',
    fault: 'no file descriptor is left',
    expected: 'requests fail before anything is sent; the process goes on',
    levels: ['E'],
    proofs: [
      {
        file: 'platform/few-descriptors.test.ts',
        title:
          'F52: a process that runs out of file descriptors has failed before anything is sent, and goes on',
      },
    ],
  },
  {
    id: 'F53',
    fault: 'everybody retries after an outage',
    expected: 'spread by chance, within the limit, until the backlog is gone',
    levels: ['S', 'E'],
    proofs: [
      {
        file: 'pipeline/outages.test.ts',
        title:
          'F53: after an outage the backlog is gone about as fast as its limit lets it, never faster, and evenly',
      },
      { file: 'core/verdict.test.ts', title: 'attempt %i with chance %d comes again after %i ms' },
      {
        file: 'e2e/failure.test.ts',
        title: 'F53: what an outage has piled up arrives when it is over, each once',
      },
    ],
  },
  {
    id: 'F54',
    fault: 'a tenant posts a hundred times as much as others',
    expected: '429 above its quota; its messages have a group of their own',
    levels: ['S', 'E'],
    proofs: [
      {
        file: 'pipeline/quota.test.ts',
        title: 'is let in at its rate, and told when to come again above it',
      },
      { file: 'functions/ingest-bad-input.test.ts', title: 'row 34: beyond the quota of the key' },
      {
        file: 'pipeline/ingest.test.ts',
        title: 'hold the events of one tenant in order, and the tenant is their group',
      },
    ],
  },
];
