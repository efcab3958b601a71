import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type TestTwin, testTwin } from './knock.ts';

const SEND = '/ses/v2/email/outbound-emails';
const SIGNED = {
  authorization: `AWS4-HMAC-SHA256 Credential=AKID/20261120/eu-west-1/ses/aws4_request, SignedHeaders=host;x-amz-date, Signature=${'a'.repeat(64)}`,
};

function mail(parts: object = {}) {
  return {
    FromEmailAddress: 'Fanfare <fanfare@example.com>',
    Destination: { ToAddresses: ['team@example.com'] },
    Content: {
      Simple: { Subject: { Data: 'Hi' }, Body: { Text: { Data: 'text' }, Html: { Data: '<b>html</b>' } } },
    },
    ...parts,
  };
}

describe('ses', () => {
  let twin: TestTwin;
  beforeAll(async () => {
    twin = await testTwin();
  });
  beforeEach(() => twin.call('DELETE', '/inbox.json'));
  afterAll(() => twin.close());

  test('takes a signed mail and gives it a MessageId', async () => {
    const heard = await twin.post(SEND, mail(), SIGNED);
    expect(heard.json).toEqual({ MessageId: expect.stringMatching(/^0100[\da-f-]+$/) });
    expect((await twin.inbox())[0]).toMatchObject({ channel: 'email', destination: 'team@example.com' });
  });

  test('refuses what is not signed', async () => {
    const heard = await twin.post(SEND, mail());
    expect(heard.status).toBe(403);
    expect(heard.headers.get('x-amzn-errortype')).toBe('MissingAuthenticationTokenException');
  });

  test('throttles by recipients, without Retry-After', async () => {
    const to = Array.from({ length: 7 }, (_, i) => `p${i}@example.com`);
    const send = () => twin.post(SEND, mail({ Destination: { ToAddresses: to } }), SIGNED);
    const heard = [await send(), await send(), await send()];

    expect(heard.map(({ status }) => status)).toEqual([200, 200, 400]);
    expect(heard[2]?.headers.get('x-amzn-errortype')).toBe('ThrottlingException');
    expect(heard[2]?.headers.get('retry-after')).toBeNull();
    expect(heard[2]?.json).toEqual({ message: 'Maximum sending rate exceeded.' });
  });

  test.each([
    ['no JSON', '{', 'not valid JSON'],
    ['nobody to send to', mail({ Destination: {} }), 'Destination'],
    [
      '51 recipients',
      mail({ Destination: { ToAddresses: Array.from({ length: 51 }, () => 'a@b.c') } }),
      'Recipient count',
    ],
    ['an address without a domain', mail({ FromEmailAddress: 'fanfare' }), "Missing final '@domain'"],
    [
      'an address with a line break',
      mail({ Destination: { ToAddresses: ['a@b.c\r\nBcc: d@e.f'] } }),
      "Missing final '@domain'",
    ],
    ['no content', mail({ Content: {} }), 'exactly one'],
    ['no subject', mail({ Content: { Simple: { Body: { Text: { Data: 'x' } } } } }), 'Subject'],
    [
      'a subject with a line break',
      mail({ Content: { Simple: { Subject: { Data: 'a\nb' }, Body: { Text: { Data: 'x' } } } } }),
      'CR or LF',
    ],
    ['no body', mail({ Content: { Simple: { Subject: { Data: 'x' }, Body: {} } } }), 'Body'],
  ])('refuses %s', async (_, body, words) => {
    const heard = await twin.post(SEND, body, SIGNED);
    expect([heard.status, heard.headers.get('x-amzn-errortype')]).toEqual([400, 'BadRequestException']);
    expect(heard.json.message).toContain(words);
  });
});
