import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { NoScenario, allScenarios, findScenario } from './find-scenario.ts';
import type { Scale, Scenario } from './scenario.ts';
import { secondsOf } from './stages.ts';

export const USAGE = `npm run load -- SCENARIO [--scale RATE[,TIME] | --quick] [--timeout SECONDS] [--target URL]
  [--json FILE] [--html FILE] [--seed N]

Sends load at the times that a scenario says, whatever becomes of it, and holds what was reached against its criteria.
  SCENARIO       a name or a row of --list, a file of your own that ends in .json, or all: each in turn
  --scale        shares of the full rate and time, such as 0.01 or 0.01,0.1; 1 is full scale, and without it the
                 scale is the one that fits the local stack on two cores
  --quick        as that, but ten seconds of load at most
  --timeout      a run that takes longer is ended, with a report of what there is; it has not passed
  --target URL   a deployed stack, with the key in FANFARE_API_KEY; else a local stack is started for the run
  --json FILE    writes all figures; of all, into a folder of that name, a file each
  --html FILE    writes a report with charts; so does it
  --seed N       begin of the chance that picks flows (1)
  --list         all scenarios

Exit code 0: every criterion that could be measured is met. 1: one is missed, or the run did not come to its end.
2: wrong options, or no such scenario.`;

/** A run that is asked for. */
export interface Planned {
  readonly scenario: Scenario;
  readonly scale: Scale;
  readonly json: string | undefined;
  readonly html: string | undefined;
}

export interface Options {
  readonly runs: readonly Planned[];
  readonly seed: number;
  readonly timeoutMs: number | undefined;
  readonly target: { readonly url: string; readonly key: string } | undefined;
}

/** So long is the load of a quick run at most. */
const QUICK_SECONDS = 10;

/** Reads the command line; throws what to tell people. */
export function readOptions(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Options | 'help' | 'list' {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      scale: { type: 'string' },
      quick: { type: 'boolean', default: false },
      timeout: { type: 'string' },
      target: { type: 'string' },
      json: { type: 'string' },
      html: { type: 'string' },
      seed: { type: 'string', default: '1' },
      list: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return 'help';
  if (values.list) return 'list';
  const [wanted, ...more] = positionals;
  if (wanted === undefined || more.length > 0) throw new NoScenario('name one scenario; --list shows them');
  if (values.quick && values.scale !== undefined)
    throw new RangeError('--quick and --scale both say how much to run: give one of them');
  const seed = Number(values.seed);
  if (!Number.isInteger(seed) || seed < 0)
    throw new RangeError(`--seed takes a whole number, not ${values.seed}`);
  const { json, html, quick, scale } = values;
  const runOf = (scenario: Scenario, folder?: string): Planned => ({
    scenario,
    scale: quick ? quickScale(scenario) : readScale(scale, scenario.here),
    json: json && folder ? join(json, `${folder}.json`) : json,
    html: html && folder ? join(html, `${folder}.html`) : html,
  });
  return {
    runs:
      wanted === 'all' ? allScenarios().map((one) => runOf(one, one.name)) : [runOf(findScenario(wanted))],
    seed,
    timeoutMs: readTimeout(values.timeout),
    target: readTarget(values.target, env['FANFARE_API_KEY']),
  };
}

function quickScale({ here, stages }: Scenario): Scale {
  return { rate: here.rate, time: Math.min(here.time, QUICK_SECONDS / secondsOf(stages)) };
}

function readTimeout(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const seconds = Number(text);
  if (!(seconds > 0 && seconds <= MAX_TIMEOUT_SECONDS))
    throw new RangeError(`--timeout takes seconds, at most ${MAX_TIMEOUT_SECONDS}, not ${text}`);
  return seconds * 1_000;
}

/** A day: timers bear some 24 of them. */
const MAX_TIMEOUT_SECONDS = 86_400;

function readScale(text: string | undefined, here: Scale): Scale {
  if (text === undefined) return here;
  const [rate = Number.NaN, time = rate, ...more] = text.split(',').map(Number);
  if (more.length > 0 || ![rate, time].every((share) => share > 0 && share <= 1))
    throw new RangeError(
      `--scale takes shares above 0, at most 1, such as 0.01 or 0.01,0.1; ${text} is none`,
    );
  return { rate, time };
}

function readTarget(url: string | undefined, key: string | undefined): Options['target'] {
  if (url === undefined) return undefined;
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? ''))
    throw new RangeError('--target takes a URL such as https://abc.execute-api.eu-central-1.amazonaws.com');
  if (!key) throw new RangeError('--target needs a key: set FANFARE_API_KEY');
  return { url, key };
}
