import { expect, test } from 'vitest';
import { isJson, mediaTypeOf } from '../../lib/core/media-type.ts';

test.each([
  ['application/json', true, undefined],
  ['application/json ; charset=utf-8', true, 'utf-8'],
  ['APPLICATION/JSON;CHARSET="UTF-8"', true, 'utf-8'],
  ['application/vnd.api+json', true, undefined],
  ['application/json; charset=utf-16', true, 'utf-16'],
  ['text/json', false, undefined],
  ['multipart/form-data; boundary=x', false, undefined],
  ['json', false, undefined],
  [undefined, false, undefined],
])('%s: JSON %s, charset %s', (header, json, charset) => {
  const media = mediaTypeOf(header);
  expect([isJson(media.type), media.charset]).toEqual([json, charset]);
});
