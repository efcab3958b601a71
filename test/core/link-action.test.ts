import { describe, expect, test } from 'vitest';
import type { LinkPurpose } from '../../lib/core/link.ts';
import { readLinkAction } from '../../lib/core/link-action.ts';
import { ProblemError } from '../../lib/core/problem.ts';

const FORM = 'application/x-www-form-urlencoded';
const PARTS = 'multipart/form-data; boundary=X';
const part = (name: string, value: string) =>
  `--X\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n--X--\r\n`;

function read(purpose: LinkPurpose, type: string | undefined, body: string, more = {}): string {
  try {
    const headers = { ...(type !== undefined && { 'content-type': type }), ...more };
    return readLinkAction(purpose, { headers, body: Buffer.from(body) });
  } catch (error) {
    return error instanceof ProblemError ? `${error.problem.status} ${error.problem.slug}` : String(error);
  }
}

describe('what is posted to a link', () => {
  test.each<[LinkPurpose, string | undefined, string, string]>([
    ['unsubscribe', FORM, 'List-Unsubscribe=One-Click', 'unsubscribe'],
    ['unsubscribe', `${FORM}; charset=UTF-8`, 'List-Unsubscribe=One-Click', 'unsubscribe'],
    ['unsubscribe', PARTS, part('List-Unsubscribe', 'One-Click'), 'unsubscribe'],
    ['unsubscribe', PARTS, part('List-Unsubscribe', 'One-Click').replaceAll('\r', ''), 'unsubscribe'],
    ['unsubscribe', FORM, 'action=unsubscribe', 'unsubscribe'],
    ['unsubscribe', FORM, 'action=undo', 'undo'],
    ['acknowledge', FORM, 'action=acknowledge', 'acknowledge'],
    ['acknowledge', FORM, 'action=unsubscribe', '422 validation'],
    ['acknowledge', FORM, 'List-Unsubscribe=One-Click', '422 validation'],
    ['unsubscribe', FORM, 'action=acknowledge', '422 validation'],
    ['unsubscribe', FORM, '', '422 validation'],
    ['unsubscribe', FORM, 'List-Unsubscribe=Two-Clicks', '422 validation'],
    ['unsubscribe', PARTS, part('Other', 'One-Click'), '422 validation'],
    ['unsubscribe', PARTS, part('action', 'undo'), '422 validation'],
    ['unsubscribe', PARTS, '\0'.repeat(4_096), '422 validation'],
    ['unsubscribe', undefined, '', '415 unsupported-media-type'],
    ['unsubscribe', 'application/json', '{"action":"unsubscribe"}', '415 unsupported-media-type'],
    ['unsubscribe', 'text/plain', 'List-Unsubscribe=One-Click', '415 unsupported-media-type'],
    ['unsubscribe', FORM, 'x'.repeat(4_097), '413 payload-too-large'],
  ])('%s %s %j', (purpose, type, body, expected) => {
    expect(read(purpose, type, body)).toBe(expected);
  });

  test('is not unpacked', () => {
    expect(read('unsubscribe', FORM, 'x', { 'content-encoding': 'gzip' })).toBe('415 unsupported-encoding');
  });
});
