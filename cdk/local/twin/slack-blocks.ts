import { isRecord, listOf } from './provider.ts';

/**
 * Sizes of Block Kit in UTF-16 units, the strictest way to count. Sources: docs.slack.dev reference/block-kit
 * (blocks, composition objects); the total is undocumented, seen in slackapi/bolt-js#2509.
 */
export const BLOCK_SIZES = {
  blocks: 50,
  sectionText: 3_000,
  fields: 10,
  fieldText: 2_000,
  headerText: 150,
  contextElements: 10,
  contextText: 2_000,
  markdownText: 12_000,
  actionElements: 25,
  buttonText: 75,
  url: 3_000,
  altText: 2_000,
  blockId: 255,
  total: 13_200,
} as const;

type Problems = string[];
type Check = (block: Readonly<Record<string, unknown>>, at: string, problems: Problems) => void;

const CHECKS: Readonly<Record<string, Check>> = {
  section(block, at, problems) {
    const fields = listOf(block['fields']);
    if (block['text'] === undefined && fields.length === 0)
      problems.push(`must define either text or fields [${at}]`);
    if (block['text'] !== undefined)
      checkText(block['text'], `${at}/text`, BLOCK_SIZES.sectionText, problems);
    checkCount(fields, `${at}/fields`, BLOCK_SIZES.fields, problems);
    fields.forEach((field, i) => checkText(field, `${at}/fields/${i}`, BLOCK_SIZES.fieldText, problems));
    if (isRecord(block['accessory'])) checkElement(block['accessory'], `${at}/accessory`, problems);
  },
  header(block, at, problems) {
    checkText(block['text'], `${at}/text`, BLOCK_SIZES.headerText, problems);
    if (isRecord(block['text']) && block['text']['type'] !== 'plain_text') {
      problems.push(`must be plain_text [${at}/text/type]`);
    }
  },
  context(block, at, problems) {
    const elements = listOf(block['elements']);
    if (elements.length === 0) problems.push(`must have elements [${at}/elements]`);
    checkCount(elements, `${at}/elements`, BLOCK_SIZES.contextElements, problems);
    elements.forEach((element, i) => checkElement(element, `${at}/elements/${i}`, problems));
  },
  actions(block, at, problems) {
    const elements = listOf(block['elements']);
    if (elements.length === 0) problems.push(`must have elements [${at}/elements]`);
    checkCount(elements, `${at}/elements`, BLOCK_SIZES.actionElements, problems);
    elements.forEach((element, i) => checkElement(element, `${at}/elements/${i}`, problems));
  },
  markdown: (block, at, problems) =>
    checkString(block['text'], `${at}/text`, BLOCK_SIZES.markdownText, problems),
  image: (block, at, problems) => checkElement(block, at, problems),
  divider: () => {},
  rich_text: (block, at, problems) => {
    if (!Array.isArray(block['elements'])) problems.push(`must have elements [${at}/elements]`);
  },
  input: (_block, at, problems) => void problems.push(`is not allowed in a message [${at}/type]`),
};

/** What is wrong with these blocks, one line each with its JSON pointer; empty when Slack would take them. */
export function checkBlocks(value: unknown, at = '/blocks'): Problems {
  const problems: Problems = [];
  if (!Array.isArray(value)) return [`must be an array [${at}]`];
  checkCount(value, at, BLOCK_SIZES.blocks, problems);
  value.forEach((block: unknown, i) => {
    const check = isRecord(block) && typeof block['type'] === 'string' ? CHECKS[block['type']] : undefined;
    if (!isRecord(block) || !check) return problems.push(`unsupported type [${at}/${i}/type]`);
    if (block['block_id'] !== undefined) {
      checkString(block['block_id'], `${at}/${i}/block_id`, BLOCK_SIZES.blockId, problems);
    }
    return check(block, `${at}/${i}`, problems);
  });
  return problems;
}

/** All characters people would read in the blocks: what Slack's hidden total counts. */
export function blocksLength(value: unknown): number {
  if (Array.isArray(value)) return value.reduce((sum: number, item: unknown) => sum + blocksLength(item), 0);
  if (!isRecord(value)) return 0;
  return Object.entries(value).reduce(
    (sum, [name, item]) =>
      sum + (name === 'text' && typeof item === 'string' ? item.length : blocksLength(item)),
    0,
  );
}

function checkElement(element: unknown, at: string, problems: Problems): void {
  if (!isRecord(element)) return void problems.push(`must be an object [${at}]`);
  switch (element['type']) {
    case 'image':
      if (element['slack_file'] === undefined)
        checkString(element['image_url'], `${at}/image_url`, BLOCK_SIZES.url, problems);
      return checkString(element['alt_text'], `${at}/alt_text`, BLOCK_SIZES.altText, problems);
    case 'button':
      checkText(element['text'], `${at}/text`, BLOCK_SIZES.buttonText, problems);
      if (element['url'] !== undefined) checkString(element['url'], `${at}/url`, BLOCK_SIZES.url, problems);
      return;
    case 'mrkdwn':
    case 'plain_text':
      return checkText(element, at, BLOCK_SIZES.contextText, problems);
    default:
      return;
  }
}

function checkText(value: unknown, at: string, max: number, problems: Problems): void {
  if (!isRecord(value)) return void problems.push(`must be a text object [${at}]`);
  if (value['type'] !== 'mrkdwn' && value['type'] !== 'plain_text') {
    problems.push(`must be mrkdwn or plain_text [${at}/type]`);
  }
  checkString(value['text'], `${at}/text`, max, problems);
}

function checkString(value: unknown, at: string, max: number, problems: Problems): void {
  if (typeof value !== 'string') problems.push(`must be a string [${at}]`);
  else if (value.length === 0) problems.push(`must be more than 0 characters [${at}]`);
  else if (value.length > max) problems.push(`must be less than ${max + 1} characters [${at}]`);
}

function checkCount(list: readonly unknown[], at: string, max: number, problems: Problems): void {
  if (list.length > max) problems.push(`no more than ${max} items allowed [${at}]`);
}
