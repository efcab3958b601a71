import { OPERATIONS } from '../../lib/core/operations.ts';
import { PROBLEMS } from '../../lib/core/problem.ts';
import { code, table } from './table.ts';

export function apiTables(): Record<string, string> {
  return { endpoints: endpoints(), problems: problems() };
}

function endpoints(): string {
  return table(
    ['endpoint', 'scope', 'query', 'body', 'answers', ''],
    Object.entries(OPERATIONS).map(([key, { about, scope, query = [], bodies = [], statuses }]) => [
      code(key),
      scope ?? '',
      query.map(code).join(', '),
      bodies.join(' or '),
      statuses.join(', '),
      about,
    ]),
  );
}

function problems(): string {
  return table(
    ['status', 'type', 'title'],
    Object.entries(PROBLEMS).map(([slug, { status, title }]) => [
      String(status),
      code(`/problems/${slug}`),
      title,
    ]),
  );
}
