import { type Refusal, isRecord, listOf } from './provider.ts';

/** Sizes in UTF-16 units. Source: docs.discord.com, Execute Webhook and Embed Limits. */
const MESSAGE_SIZES = {
  content: 2_000,
  username: 80,
  embeds: 10,
  title: 256,
  description: 4_096,
  fields: 25,
  fieldName: 256,
  fieldValue: 1_024,
  footer: 2_048,
  author: 256,
  total: 6_000,
} as const;

interface Problem {
  readonly path: readonly (string | number)[];
  readonly code: string;
  readonly message: string;
}

type Problems = Problem[];

/** Discord's refusal of a message, `undefined` when it would be posted. */
export function checkMessage(body: Readonly<Record<string, unknown>>): Refusal | undefined {
  const problems: Problems = [];
  checkString(body['content'], ['content'], MESSAGE_SIZES.content, problems);
  checkString(body['username'], ['username'], MESSAGE_SIZES.username, problems);
  const embeds = listOf(body['embeds']);
  if (embeds.length > MESSAGE_SIZES.embeds) {
    problems.push({
      path: ['embeds'],
      code: 'BASE_TYPE_MAX_LENGTH',
      message: 'Must be 10 or fewer in length.',
    });
  }
  embeds.forEach((embed, i) => checkEmbed(embed, ['embeds', i], problems));
  if (embeds.reduce((sum: number, embed) => sum + embedLength(embed), 0) > MESSAGE_SIZES.total) {
    const message = `Embed size exceeds maximum size of ${MESSAGE_SIZES.total}`;
    problems.push({ path: ['embeds'], code: 'MAX_EMBED_SIZE_EXCEEDED', message });
  }
  const [first] = problems;
  if (first) {
    const why = `${first.path.join('.')}: ${first.message}`;
    return { why, answer: { status: 400, body: formErrors(problems) } };
  }
  const empty = embeds.length === 0 && (typeof body['content'] !== 'string' || body['content'].trim() === '');
  if (!empty) return undefined;
  const answer = { status: 400, body: { message: 'Cannot send an empty message', code: 50_006 } };
  return { why: 'the message is empty', answer };
}

function checkEmbed(embed: unknown, path: Problem['path'], problems: Problems): void {
  if (!isRecord(embed)) {
    problems.push({
      path,
      code: 'MODEL_TYPE_CONVERT',
      message: 'Only dictionaries may be used in a ModelType',
    });
    return;
  }
  checkString(embed['title'], [...path, 'title'], MESSAGE_SIZES.title, problems);
  checkString(embed['description'], [...path, 'description'], MESSAGE_SIZES.description, problems);
  checkUrl(embed['url'], [...path, 'url'], problems);
  checkColor(embed['color'], [...path, 'color'], problems);
  checkTimestamp(embed['timestamp'], [...path, 'timestamp'], problems);
  if (isRecord(embed['footer'])) {
    checkString(embed['footer']['text'], [...path, 'footer', 'text'], MESSAGE_SIZES.footer, problems);
  }
  if (isRecord(embed['author'])) {
    checkString(embed['author']['name'], [...path, 'author', 'name'], MESSAGE_SIZES.author, problems);
  }
  const fields = listOf(embed['fields']);
  if (fields.length > MESSAGE_SIZES.fields) {
    const message = `Must be ${MESSAGE_SIZES.fields} or fewer in length.`;
    problems.push({ path: [...path, 'fields'], code: 'BASE_TYPE_MAX_LENGTH', message });
  }
  fields.forEach((field, i) => {
    const { name, value } = isRecord(field) ? field : {};
    checkRequired(name, [...path, 'fields', i, 'name'], MESSAGE_SIZES.fieldName, problems);
    checkRequired(value, [...path, 'fields', i, 'value'], MESSAGE_SIZES.fieldValue, problems);
  });
}

function checkRequired(value: unknown, path: Problem['path'], max: number, problems: Problems): void {
  if (typeof value === 'string' && value.trim() !== '') return checkString(value, path, max, problems);
  problems.push({ path, code: 'BASE_TYPE_REQUIRED', message: 'This field is required' });
}

function checkString(value: unknown, path: Problem['path'], max: number, problems: Problems): void {
  if (value === undefined || value === null) return;
  if (typeof value !== 'string') {
    problems.push({
      path,
      code: 'STRING_TYPE_CONVERT',
      message: `Could not interpret "${JSON.stringify(value)}" as string.`,
    });
  } else if (value.length > max) {
    problems.push({ path, code: 'BASE_TYPE_MAX_LENGTH', message: `Must be ${max} or fewer in length.` });
  }
}

function checkUrl(value: unknown, path: Problem['path'], problems: Problems): void {
  if (value === undefined || value === null) return;
  if (typeof value === 'string' && URL.canParse(value) && /^https?:/i.test(value)) return;
  problems.push({ path, code: 'URL_TYPE_INVALID_URL', message: 'Not a well formed URL.' });
}

function checkColor(value: unknown, path: Problem['path'], problems: Problems): void {
  if (value === undefined || value === null) return;
  if (Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 0xff_ff_ff) return;
  problems.push({
    path,
    code: 'NUMBER_TYPE_MAX',
    message: 'int value should be less than or equal to 16777215.',
  });
}

function checkTimestamp(value: unknown, path: Problem['path'], problems: Problems): void {
  if (value === undefined || value === null) return;
  if (typeof value === 'string' && !Number.isNaN(Date.parse(value))) return;
  problems.push({ path, code: 'DATE_TIME_TYPE_PARSE', message: `Could not parse ${JSON.stringify(value)}.` });
}

/** What counts towards the 6,000: title, description, field names and values, footer, author. */
function embedLength(embed: unknown): number {
  if (!isRecord(embed)) return 0;
  const { title, description, footer, author } = embed;
  const texts = [title, description, isRecord(footer) && footer['text'], isRecord(author) && author['name']];
  for (const field of listOf(embed['fields'])) if (isRecord(field)) texts.push(field['name'], field['value']);
  return texts.reduce((sum: number, text) => sum + (typeof text === 'string' ? text.length : 0), 0);
}

interface ErrorTree {
  [key: string]: ErrorTree | { code: string; message: string }[];
}

/** Discord nests its errors along the path: `errors.embeds.0.title._errors`. */
function formErrors(problems: Problems): unknown {
  const errors: ErrorTree = {};
  for (const { path, code, message } of problems) {
    let place = errors;
    for (const key of path) {
      const next = place[key];
      place = next === undefined || Array.isArray(next) ? (place[key] = {}) : next;
    }
    const others = Array.isArray(place['_errors']) ? place['_errors'] : [];
    place['_errors'] = [...others, { code, message }];
  }
  return { message: 'Invalid Form Body', code: 50_035, errors };
}
