import { MAX_UNSUBSCRIBED } from './name-input.ts';
import { type Person, refuses } from './recipient.ts';

/** How a person stands to what a link names. */
export interface Standing {
  /** They hear nothing of any of it. */
  readonly isRefused: boolean;
  /** Something of it they have refused by its name. */
  readonly isUndoable: boolean;
}

export function standingOf(person: Person, topics: readonly string[]): Standing {
  const { unsubscribed = [] } = person;
  return {
    isRefused: topics.every((topic) => refuses(person, topic, undefined)),
    isUndoable: topics.some((topic) => unsubscribed.includes(topic)),
  };
}

/** The person with these topics refused, too. `undefined`: nothing is to change; `full`: there is no room for more. */
export function withRefused(person: Person, topics: readonly string[]): Person | 'full' | undefined {
  const { unsubscribed = [] } = person;
  const more = topics.filter((topic) => !refuses(person, topic, undefined));
  if (more.length === 0) return undefined;
  if (unsubscribed.length + more.length > MAX_UNSUBSCRIBED) return 'full';
  return { ...person, unsubscribed: [...unsubscribed, ...more] };
}

/** The person with these topics refused no more by their names. `undefined`: nothing is to change. */
export function withoutRefused(person: Person, topics: readonly string[]): Person | undefined {
  const { unsubscribed = [], ...rest } = person;
  const left = unsubscribed.filter((topic) => !topics.includes(topic));
  if (left.length === unsubscribed.length) return undefined;
  return left.length > 0 ? { ...rest, unsubscribed: left } : rest;
}
