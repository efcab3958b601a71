import type { AskedHandshake } from '../../channel.ts';
import { lookAgainMs, mayProbe } from '../../core/breaker.ts';
import type { Rate } from '../../core/catalog.ts';
import { type Consent, type Refusal, consentOf } from '../../core/consent.ts';
import type { Telemetry } from '../../core/metrics.ts';
import type { ScopeId, ScopeState } from '../../core/scope.ts';
import { forEach } from '../each.ts';
import { ownScope } from './limited.ts';
import type { Preparation } from './prepare.ts';
import type { SendDeps } from './send.ts';
import { type Fate, type Prepared, destinationKey } from './work.ts';

export interface AgreeDeps extends Pick<SendDeps, 'post' | 'now'> {
  readonly limits: {
    readonly recall: (scope: ScopeId) => ScopeState;
    readonly peek: (scopes: readonly ScopeId[], maxAgeMs: number) => Promise<void>;
    readonly learn: (scope: ScopeId, rate: Rate) => Promise<void>;
    readonly consent: (scope: ScopeId, consent: Consent) => Promise<void>;
  };
  readonly telemetry: Telemetry;
}

/** How old the remembered answer of a receiver may be before it is looked at again. */
const PEEK_MS = 5_000;
/** Others in the batch wait while a receiver is asked. */
const ASK_MS = 5_000;

/**
 * Asks receivers that are to be asked whether they want our messages. The answer lies in the destination's scope, so
 * that all workers ask about once a day; without it nothing goes out. A destination whose scope cannot be read or
 * written is in neither list.
 */
export async function agree(works: readonly Prepared[], deps: AgreeDeps): Promise<Preparation> {
  const others = works.filter((work) => handshakeOf(work) === undefined);
  const groups = Map.groupBy(
    works.filter((work) => handshakeOf(work)),
    destinationKey,
  ).values();
  const parts = await forEach(groups, (group) => agreeOn(group, deps), 'no receiver could be asked', deps);
  return {
    prepared: [...others, ...parts.flatMap(({ prepared }) => prepared)],
    later: parts.flatMap(({ later }) => later),
  };
}

function handshakeOf({ fate, target }: Prepared): AskedHandshake | undefined {
  return fate === undefined ? target?.handshake : undefined;
}

async function agreeOn(works: readonly Prepared[], deps: AgreeDeps): Promise<Preparation> {
  const { limits, now } = deps;
  const scope = ownScope(works[0]!);
  const { handshake, secrets } = works[0]!.target!;
  await limits.peek([scope], PEEK_MS);
  const { breaker, consent: known } = limits.recall(scope);
  const stands = known?.question === handshake!.question && known.untilMs > now();
  const { lane } = works[0]!;
  if (!stands && breaker && !mayProbe(breaker, now(), lane))
    return { prepared: [], later: [{ works, untilMs: lookAgainMs(breaker, now(), lane) }] };
  const { refusal } = stands ? known : await ask(scope, handshake!, secrets, deps);
  return refusal ? refuse(works, refusal, now()) : { prepared: works, later: [] };
}

async function ask(
  scope: ScopeId,
  { request, read, question }: AskedHandshake,
  secrets: readonly string[],
  { post, limits, now }: AgreeDeps,
): Promise<Consent> {
  const { reply } = await post(request, { timeoutMs: ASK_MS, secrets });
  const permission = reply.kind === 'reply' ? read(reply) : { granted: false as const, detail: reply.detail };
  const consent = consentOf(question, reply, permission, now());
  await limits.consent(scope, consent);
  if (permission.granted && permission.rate) await limits.learn(scope, permission.rate);
  return consent;
}

/** Each fails as it falls due. */
function refuse(works: readonly Prepared[], { outcome, detail }: Refusal, nowMs: number): Preparation {
  const fate: Fate = { kind: 'outcome', outcome, detail };
  const isDue = ({ notBefore = 0 }: Prepared): boolean => notBefore <= nowMs;
  return {
    prepared: works.filter(isDue).map((work): Prepared => Object.assign({}, work, { fate })),
    later: works
      .filter((work) => !isDue(work))
      .map((work) => ({ works: [work], untilMs: work.notBefore ?? nowMs })),
  };
}
