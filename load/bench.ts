import { parseArgs } from 'node:util';
import { routing } from './bench/routing.ts';

/*
 * What the parts cost, told by ratios of two sides that were timed in the same run, in turns: a time by itself says
 * more of the machine than of the code. Exit code 1 when a ratio is above its limit.
 *
 *     npm run bench -- routing
 */

const BENCHES = { routing };

const USAGE = `npm run bench -- [${Object.keys(BENCHES).join(' | ')}] [--routes 1000] [--rounds 200]

  routing    many routes against one, and against json-rules-engine and json-logic-js with the same rules`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    routes: { type: 'string', default: '1000' },
    rounds: { type: 'string', default: '200' },
    help: { type: 'boolean', default: false },
  },
});

const options = { routes: Number(values.routes), rounds: Number(values.rounds) };
const wanted = positionals.length > 0 ? positionals : Object.keys(BENCHES);
const unknown = wanted.filter((name) => !Object.hasOwn(BENCHES, name));

if (values.help) console.log(USAGE);
else if (
  unknown.length > 0 ||
  !Object.values(options).every((value) => Number.isInteger(value) && value > 0)
) {
  console.error(USAGE);
  process.exitCode = 2;
} else {
  for (const [name, bench] of Object.entries(BENCHES)) {
    if (!wanted.includes(name)) continue;
    const rows = await bench(options);
    console.log(name);
    console.table(
      rows.map(({ what, firstUs, secondUs, ratio, most, least }) => ({
        what,
        'first us': firstUs.toPrecision(3),
        'second us': secondUs.toPrecision(3),
        ratio: ratio.toPrecision(3),
        limit: [most && `<= ${most}`, least && `>= ${least}`].filter(Boolean).join(', '),
      })),
    );
    for (const { what, ratio, most = Infinity, least = 0 } of rows)
      if (ratio > most || ratio < least) {
        console.error(`${what}: ${ratio.toPrecision(3)} is not within its limit`);
        process.exitCode = 1;
      }
  }
}
