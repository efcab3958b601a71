/**
 * Ids of destinations. Those of the catalog are plain names; what belongs to a person is `<person>.<destination>`, by
 * the destination of the catalog that it goes through, or `<person>.inbox`. No name holds a dot, so it reads both ways.
 */
const NAME = '[a-z0-9][a-z0-9_-]{0,62}';

export const DESTINATION_ID = new RegExp(`^${NAME}(?:\\.${NAME})?$`);

/** Names the in-app inbox of a person; no person has an address through a destination of this name. */
export const INBOX = 'inbox';

export function personalId(person: string, through: string): string {
  return `${person}.${through}`;
}

/** The destination of the catalog that one leads through: itself, unless it belongs to a person. */
export function throughOf(destination: string): string {
  return destination.slice(destination.indexOf('.') + 1);
}

/** Whose it is; absent: nobody's, it stands in the catalog. */
export function personOf(destination: string): string | undefined {
  const dot = destination.indexOf('.');
  return dot < 0 ? undefined : destination.slice(0, dot);
}

export function isInbox(destination: string): boolean {
  return destination.endsWith(`.${INBOX}`);
}
