import { EVENT_MEMBERS, LANES } from '../event.ts';
import { nearest } from '../nearest.ts';
import { type Formula, newLeaf } from '../pattern/formula.ts';
import { exact } from '../pattern/matcher.ts';
import { DEFAULT_PRIORITY, PRIORITIES, PRIORITY_OF, type Priority } from '../priority.ts';
import { SEVERITIES } from '../severity.ts';

/** What an expression asks about: any value, or one of a list of words, from the least on. */
export type Field =
  | { readonly kind: 'value'; readonly path: readonly string[] }
  | {
      readonly kind: 'words';
      readonly words: readonly string[];
      readonly ranked: boolean;
      readonly among: Among;
    };

/** True of an event whose word is one of these; `wants` as for a leaf. */
type Among = (words: readonly string[], wants: unknown) => Formula;

/** Other names for members of an event, and what lies in its data by custom. */
export const ALIASES: Readonly<Record<string, readonly string[]>> = {
  type: ['topic'],
  title: ['data', 'title'],
  text: ['data', 'text'],
  message: ['data', 'text'],
  status: ['data', 'status'],
  tags: ['data', 'tags'],
  labels: ['data', 'labels'],
  annotations: ['data', 'annotations'],
  metadata: ['data'],
};

const RANKED: Readonly<Record<string, Field>> = {
  severity: words([...SEVERITIES].toReversed(), true, (among, wants) => is('severity', among, wants)),
  priority: words([...PRIORITIES].toReversed(), true, priorityAmong),
  lane: words(LANES, false, (among, wants) => is('lane', among, wants)),
};

/** The names that an expression may begin a field with. */
export const FIELDS: readonly string[] = [...EVENT_MEMBERS, 'priority', ...Object.keys(ALIASES)];

/** Those that hold members of their own. */
const OPEN = new Set(['data', 'labels', 'annotations', 'metadata']);
/** Those that may hold a value or members. */
const EITHER = new Set(['title', 'text', 'message', 'status', 'tags']);

/** Reads the path of a field; answers what is wrong with it as a sentence. */
export function readField(path: readonly string[]): Field | { readonly fault: string } {
  const [first = '', ...rest] = path;
  if (!FIELDS.includes(first)) return { fault: `an event has no such field; ${nearest(first, FIELDS)}` };
  if (OPEN.has(first) && rest.length === 0) return { fault: `name a member of it, as in ${first}.NAME` };
  if (!OPEN.has(first) && !EITHER.has(first) && rest.length > 0) return { fault: `${first} has no members` };
  const ranked = Object.hasOwn(RANKED, first) ? RANKED[first] : undefined;
  if (ranked) return ranked;
  const start = Object.hasOwn(ALIASES, first) ? ALIASES[first]! : [first];
  return { kind: 'value', path: [...start, ...rest] };
}

function words(list: readonly string[], ranked: boolean, among: Among): Field {
  return { kind: 'words', words: list, ranked, among };
}

function is(member: string, among: readonly string[], wants: unknown, mayBeAbsent = false): Formula {
  return newLeaf({ path: [member], wants, mayBeAbsent }, among.map(exact));
}

/** Told by lane, what the topic said, and severity, as in `priorityOf`. */
function priorityAmong(among: readonly string[], wants: unknown): Formula {
  const isAmong = (priority: Priority): boolean => among.includes(priority);
  const urgent = is('lane', ['urgent'], wants);
  const severities = SEVERITIES.filter((severity) => isAmong(PRIORITY_OF[severity]));
  const bySeverity = is('severity', severities, wants, isAmong(DEFAULT_PRIORITY));
  const unsaid = is('priority', [], wants, true);
  const other: Formula = {
    kind: 'any',
    of: [is('priority', among, wants), { kind: 'all', of: [unsaid, bySeverity] }],
  };
  return isAmong('urgent')
    ? { kind: 'any', of: [urgent, other] }
    : { kind: 'all', of: [{ kind: 'not', of: urgent }, other] };
}
