import type { EntryInput } from '../../core/catalog-input.ts';
import { INBOX } from '../../core/destination-id.ts';
import { token } from '../../core/json.ts';
import type { ProblemIssue } from '../../core/problem.ts';

/** Channels that a template speaks for, wherever it names them. */
export function checkTemplate(
  { body: { channels, locales = {} }, pointer }: EntryInput<'template'>,
  { channels: deployed }: { readonly channels: ReadonlyMap<string, unknown> },
): ProblemIssue[] {
  const known = [...deployed.keys(), INBOX];
  const places = [
    { names: Object.keys(channels ?? {}), at: pointer },
    ...Object.entries(locales).map(([name, one]) => {
      return { names: Object.keys(one.channels ?? {}), at: `${pointer}/locales/${token(name)}` };
    }),
  ];
  const detail = `there is no such channel; the channels are ${known.join(', ')}`;
  return places.flatMap(({ names, at }) =>
    names
      .filter((name) => !known.includes(name))
      .map((name) => ({ pointer: `${at}/channels/${token(name)}`, code: 'oneOf', detail })),
  );
}
