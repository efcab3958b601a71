import { type Night, type Told, liveThroughNight } from '../../test/simulation/night.ts';
import type { Terminal } from './terminal.ts';

/** What the night must have brought: who got how many messages of which kind. */
const EXPECTED: readonly (readonly [
  Told['destination'],
  Told['what'],
  (count: number) => boolean,
  string,
])[] = [
  ['incidents', 'posts', (count) => count === 1, 'one message about the incident'],
  ['incidents', 'edits', (count) => count >= 3, 'edited as alerts join and end'],
  ['on-call', 'pages', (count) => count === 1, 'one page after five minutes, and none once Ada has it'],
  ['on-call', 'resolves', (count) => count === 1, 'the page is closed when all is over'],
  ['team-b', 'posts', (count) => count === 0, 'nothing to the team whose channel is silenced'],
  ['jane', 'mails', (count) => count === 1, 'one digest to Jane, in the morning'],
];

/** `fanfare demo incident`: a night under a virtual clock, as a timeline; 0 when it went as it should. */
export async function demoIncident(terminal: Terminal): Promise<number> {
  terminal.say('a night of the product under a virtual clock (UTC; Berlin is an hour ahead) ...\n');
  const night = await liveThroughNight();
  for (const line of linesOf(night)) terminal.say(line);
  terminal.say('');
  const verdicts = EXPECTED.map(([destination, what, holds, about]) => {
    const count = night.told.filter((one) => one.destination === destination && one.what === what).length;
    return { line: `${holds(count) ? 'ok ' : 'NOT'} ${about} (${count})`, isKept: holds(count) };
  });
  for (const { line } of verdicts) terminal.say(line);
  return verdicts.every(({ isKept }) => isKept) ? 0 : 1;
}

function linesOf({ told, happened }: Night): string[] {
  const lines = [
    ...happened.map(({ atMs, what }) => ({ atMs, text: what })),
    ...told.map(({ atMs, destination, what, title }) => ({
      atMs,
      text: `    ${destination.padEnd(10)} ${what.padEnd(9)} ${title}`,
    })),
  ];
  return lines
    .toSorted((a, b) => a.atMs - b.atMs)
    .map(({ atMs, text }) => `${new Date(atMs).toISOString().slice(11, 19)}  ${text}`);
}
