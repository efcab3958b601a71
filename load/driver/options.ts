import { parseArgs } from 'node:util';
import { NoScenario, findScenario } from './find-scenario.ts';
import type { Scale, Scenario } from './scenario.ts';

export const USAGE = `npm run load -- SCENARIO [--scale RATE[,TIME]] [--target URL] [--json FILE] [--html FILE] [--seed N]

Sends load at the times that a scenario says, whatever becomes of it, and holds what was reached against its criteria.
  SCENARIO       a name or a row of --list, or a file of your own that ends in .json
  --scale        shares of the full rate and time, such as 0.01 or 0.01,0.1; 1 is full scale, and without it the
                 scale is the one that fits the local stack on two cores
  --target URL   a deployed stack, with the key in FANFARE_API_KEY; else a local stack is started for the run
  --json FILE    writes all figures
  --html FILE    writes a report with charts
  --seed N       begin of the chance that picks flows (1)
  --list         all scenarios

Exit code 0: every criterion that could be measured is met. 1: one is missed, or the run did not come to its end.
2: wrong options, or no such scenario.`;

export interface Options {
  readonly scenario: Scenario;
  readonly scale: Scale;
  readonly seed: number;
  readonly target: { readonly url: string; readonly key: string } | undefined;
  readonly json: string | undefined;
  readonly html: string | undefined;
}

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
  const scenario = findScenario(wanted);
  const seed = Number(values.seed);
  if (!Number.isInteger(seed) || seed < 0)
    throw new RangeError(`--seed takes a whole number, not ${values.seed}`);
  const { json, html } = values;
  return {
    scenario,
    scale: readScale(values.scale, scenario.here),
    seed,
    target: readTarget(values.target, env['FANFARE_API_KEY']),
    json,
    html,
  };
}

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
