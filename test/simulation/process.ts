import { CALL_TIMEOUT_MS, CALL_TRIES } from '../../lib/platform/lean-client.ts';
import type { Faults } from './faults.ts';
import type { Random } from './random.ts';
import type { Tell } from './trace.ts';
import type { World } from './world.ts';

/** Where a process is to die: before or after the `nth` call that is made at a site, counted over the whole run. */
export interface CrashPoint {
  /** What calls what: `deliver(chat) PutItem`. */
  readonly site: string;
  readonly nth: number;
  readonly when: 'before' | 'after';
}

/** `before deliver(chat) PutItem completion, call 1` */
export function nameOfPoint({ site, nth, when }: CrashPoint): string {
  return `${when} ${site}, call ${nth}`;
}

/** Reads what `nameOfPoint` writes. */
export function parsePoint(name: string): CrashPoint | undefined {
  const [, when, site = '', nth] = /^(before|after) (.+), call (\d+)$/.exec(name) ?? [];
  return when === 'before' || when === 'after' ? { when, site, nth: Number(nth) } : undefined;
}

/** What all processes of one seed share. */
export interface Outside {
  readonly world: World;
  readonly random: Random;
  /** What goes wrong now; nothing any more in the quiet phase. */
  readonly faults: () => Faults;
  readonly tell: Tell;
  /** Calls made so far, by their site. */
  readonly calls: Map<string, number>;
  crashes: number;
  /** Calls made when the first planned crash happened. */
  callsAtCrash: ReadonlyMap<string, number> | undefined;
  readonly crashPoints: readonly CrashPoint[];
}

/** One execution environment: a clock of its own, calls that may fail, and a life that may end at any of them. */
export interface Process {
  readonly name: string;
  /** How far its clock is off now. */
  readonly skewMs: () => number;
  readonly now: () => number;
  readonly wait: (ms: number) => Promise<void>;
  /** One call of an AWS client: with tries and time-outs like the SDK's. `act` is what it does at the service. */
  readonly call: <T>(what: string, act: () => T) => Promise<T>;
  /** One exchange with a provider: no tries but one. */
  readonly exchange: <T>(what: string, act: () => T, delayMs: () => number) => Promise<T>;
  readonly kill: (why: string) => void;
  readonly isAlive: () => boolean;
  /** Hears of its end, unless it is over already. */
  onDeath: (() => void) | undefined;
}

type Call = Pick<CrashPoint, 'site' | 'nth'>;

const LATE_MS = 5_000;

export function createProcess(name: string, skewMs: () => number, outside: Outside): Process {
  const { world, random, faults, tell } = outside;
  const kind = name.replace(/-\d+$/, '');
  let alive = true;
  let pausedUntil = 0;

  /** Goes on in this process: never when it is dead, later when it stands still. */
  function resume(atMs: number, go: () => void): void {
    world.at(atMs, () => {
      if (!alive) return;
      if (world.now() < pausedUntil) {
        resume(pausedUntil, go);
        return;
      }
      if (random.chance(faults().pause)) {
        pausedUntil =
          world.now() +
          (random.chance(faults().longPause) ? random.between(8_000, 28_000) : random.between(500, 4_000));
        tell(name, `stands still for ${Math.round(pausedUntil - world.now())} ms`);
        resume(pausedUntil, go);
        return;
      }
      go();
    });
  }

  function kill(why: string): void {
    if (!alive) return;
    alive = false;
    outside.crashes++;
    tell(name, `dies: ${why}`);
    self.onDeath?.();
  }

  /** Whether it dies here; a dead process hears of nothing any more. */
  function diesAt({ site, nth }: Call, when: CrashPoint['when'], what: string): boolean {
    const planned = outside.crashPoints.some(
      (point) => point.when === when && point.site === site && point.nth === nth,
    );
    if (!planned && !random.chance(faults().crash / 2)) return false;
    if (planned) outside.callsAtCrash ??= new Map(outside.calls);
    kill(`${when} ${what}`);
    return true;
  }

  function countCall(what: string): Call {
    const site = `${kind} ${what}`;
    const nth = (outside.calls.get(site) ?? 0) + 1;
    outside.calls.set(site, nth);
    return { site, nth };
  }

  /** One request over the network. The promise of a dead process stays open for ever. */
  function request<T>(what: string, act: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      if (!alive) return;
      const call = countCall(what);
      if (diesAt(call, 'before', what)) return;
      const { throttled, lostRequest, lostReply, landsLate, slow } = faults();
      const travel = (): number =>
        random.between(0.5, 4) + (random.chance(slow) ? random.between(100, 2_000) : 0);
      const fail = (problem: string, atMs: number): void => {
        tell(name, `${what}: ${problem}`);
        resume(atMs, () => reject(Object.assign(new Error(problem), { name: problem })));
      };
      if (random.chance(lostRequest)) return fail('TimeoutError', world.now() + CALL_TIMEOUT_MS);
      if (random.chance(throttled)) return fail('ThrottlingException', world.now() + travel());
      const late = random.chance(landsLate);
      const lost = late || random.chance(lostReply);
      const landsAt = world.now() + (late ? random.between(CALL_TIMEOUT_MS, LATE_MS) : travel());
      if (lost) fail('TimeoutError', Math.max(world.now() + CALL_TIMEOUT_MS, late ? 0 : landsAt));
      world.at(landsAt, () => {
        const settle = answerOf(act, resolve, reject);
        tell(name, `${what}${late ? ' (late)' : ''}${settle.failed ? `: ${settle.failed}` : ''}`);
        if (alive && diesAt(call, 'after', what)) return;
        if (!lost) resume(world.now() + travel(), settle.go);
      });
    });
  }

  const self: Process = {
    name,
    skewMs,
    onDeath: undefined,
    // Whole milliseconds, as `Date.now` has them.
    now: () => Math.floor(world.now() + skewMs()),
    isAlive: () => alive,
    kill,
    wait: (ms) =>
      new Promise((resolve) => {
        // As Node's timers do: whole milliseconds, and never early.
        resume(world.now() + Math.max(1, Math.trunc(ms)) + random.next(), resolve);
      }),
    async call(what, act) {
      for (let attempt = 1; ; attempt++) {
        try {
          return await request(what, act);
        } catch (error) {
          if (attempt === CALL_TRIES || !isTriedAgain(error)) throw error;
          await self.wait(random.between(0, 50 * 2 ** attempt));
        }
      }
    },
    exchange: (what, act, delayMs) =>
      new Promise((resolve) => {
        const call = countCall('post');
        if (!alive || diesAt(call, 'before', what)) return;
        world.at(world.now() + random.between(1, 10), () => {
          const answer = act();
          if (alive && diesAt(call, 'after', what)) return;
          const { kills } = faults();
          if (kills > 0 && random.chance(kills)) return kill(`of the answer when it ${what}`);
          resume(world.now() + delayMs(), () => resolve(answer));
        });
      }),
  };
  return self;
}

/** What the service does, and how its answer goes on in the process. */
function answerOf<T>(act: () => T, resolve: (value: T) => void, reject: (error: unknown) => void) {
  try {
    const value = act();
    return { go: () => resolve(value), failed: undefined };
  } catch (error) {
    return { go: () => reject(error), failed: error instanceof Error ? error.name : String(error) };
  }
}

/** Errors the SDK tries again. */
function isTriedAgain(error: unknown): boolean {
  return error instanceof Error && ['TimeoutError', 'ThrottlingException'].includes(error.name);
}
