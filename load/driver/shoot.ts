import { type Call, type Reply, TimedOut } from './client.ts';
import type { Maker, Made } from './events.ts';
import { FLOWS, type Step } from './flows.ts';
import type { FlowSpec } from './scenario.ts';
import type { Answered, Ending } from './tally.ts';

export interface ShootDeps {
  readonly call: Call;
  readonly direct?: ((made: Made) => Promise<Reply>) | undefined;
  readonly maker: Maker;
  readonly known: readonly string[];
  readonly chance: () => number;
  readonly now: () => number;
  readonly record: (answered: Omit<Answered, 'stage'>) => void;
  readonly onFault: (text: string) => void;
}

/** Carries out one shot of a flow. Never rejects: what goes wrong is counted. */
export async function shoot(spec: FlowSpec, meantMs: number, deps: ShootDeps): Promise<void> {
  const { now, record, onFault } = deps;
  let nextMs = meantMs;
  const step: Step = async (send) => {
    const stepMeantMs = nextMs;
    const { reply, ending, fault } = await attempt(send);
    nextMs = now();
    const { firstByteMs, connectMs } = reply ?? {};
    record({
      flow: spec.flow,
      meantMs: stepMeantMs,
      endedMs: nextMs,
      ending,
      firstByteMs,
      connectMs,
    });
    if (fault !== undefined) onFault(`${spec.flow}: ${fault}`);
    return reply;
  };
  await FLOWS[spec.flow](spec, meantMs, step, deps);
}

interface Attempt {
  readonly reply?: Reply;
  readonly ending: Ending;
  readonly fault?: string;
}

async function attempt(send: () => Promise<Reply>): Promise<Attempt> {
  try {
    const reply = await send();
    if (reply.status >= 200 && reply.status < 300) return { reply, ending: 'ok' };
    const fault = `answered ${reply.status}: ${titleOf(reply.body)}`;
    return { reply, ending: reply.status === 429 ? 'refused' : 'failed', fault };
  } catch (error) {
    const fault = error instanceof Error ? error.message : String(error);
    return { ending: error instanceof TimedOut ? 'timedOut' : 'failed', fault };
  }
}

/** What a problem document says, without what differs from one to the next. */
function titleOf(body: string): string {
  try {
    const { title, detail, message }: Readonly<Record<string, unknown>> = JSON.parse(body);
    return [title ?? message, detail].filter((one) => typeof one === 'string').join(', ');
  } catch {
    return body.slice(0, 100);
  }
}
