import { personOf } from '../../../core/destination-id.ts';
import type { Link } from '../../../core/link.ts';
import type { LinkAction } from '../../../core/link-action.ts';
import type { LinkPage } from '../../../core/link-page.ts';
import { ProblemError, problem } from '../../../core/problem.ts';
import { type Person, isTeam } from '../../../core/recipient.ts';
import { standingOf, withRefused, withoutRefused } from '../../../core/unsubscribed.ts';
import { notFound } from '../endpoint.ts';
import type { RecipientsDeps } from '../recipients.ts';

export interface UnsubscribeDeps {
  readonly directory: Pick<RecipientsDeps['directory'], 'find' | 'put'>;
}

const TRIES = 5;

/** What a person would hear no more of, or hears no more of. `action`: what is done first; absent: nothing. */
export async function unsubscribePage(
  { tenant, destination, topics }: Link,
  action: LinkAction | undefined,
  deps: UnsubscribeDeps,
): Promise<LinkPage> {
  const id = personOf(destination) ?? destination;
  const person = await change(tenant, id, changeBy(action, topics), deps);
  const { isRefused, isUndoable } = standingOf(person, topics);
  if (!isRefused)
    return {
      title: 'Unsubscribe',
      lines: ['You would hear no more, by mail or otherwise, of:', ...topics.map(wordsOf)],
      button: { action: 'unsubscribe', label: 'Unsubscribe' },
    };
  return {
    title: 'You are unsubscribed',
    lines: ['You hear no more of:', ...topics.map(wordsOf)],
    ...(isUndoable && { button: { action: 'undo', label: 'Undo' } }),
  };
}

type Change = (person: Person) => Person | 'full' | undefined;

function changeBy(action: LinkAction | undefined, topics: readonly string[]): Change {
  if (action === undefined) return () => undefined;
  return (person) => (action === 'undo' ? withoutRefused(person, topics) : withRefused(person, topics));
}

/** Writes a change on what was read, again where somebody else was faster; answers the person as they are then. */
async function change(
  tenant: string,
  id: string,
  changed: Change,
  { directory }: UnsubscribeDeps,
): Promise<Person> {
  for (let tries = 0; tries < TRIES; tries++) {
    const found = await directory.find(tenant, id);
    if (!found || isTeam(found.recipient)) throw notFound();
    const person = changed(found.recipient);
    if (person === 'full')
      throw new ProblemError(problem('quota', 'There is no room for more: ask who sends the messages.'));
    if (!person) return found.recipient;
    if (await directory.put(tenant, person, found.etag)) return person;
  }
  throw new ProblemError(problem('unavailable', 'Try it again in a few seconds.'), { 'retry-after': '5' });
}

function wordsOf(topic: string): string {
  return topic.endsWith('.*') ? `${topic.slice(0, -2)}, and all below it` : topic;
}
