import { escapeSlack, escapeSlackWithLinks } from './escape.ts';
import { LINK_WORDS, footerOf, headlineOf, linkOf } from './look.ts';
import type { Notification } from './notification.ts';
import { split, truncate } from './text.ts';

/** docs.slack.dev/reference/block-kit: header block 150, text object 3,000. */
const MAX_HEADER = 150;
const MAX_SECTION = 3_000;
/** All blocks together may hold about 13,200 characters (slackapi/bolt-js#2509). */
export const MAX_SLACK_TEXT = 10_000;
const MAX_LINK = 2_000;
const MAX_FOOTER = 900;

interface SlackMessage {
  readonly text: string;
  readonly blocks: readonly object[];
  readonly unfurl_links: boolean;
}

/** A notification in Slack's Block Kit, the same for webhooks and the Web API. */
export function slackMessage(notification: Notification): SlackMessage {
  return { text: fallbackOf(notification), blocks: blocksOf(notification), unfurl_links: false };
}

/** What a phone shows; blocks take its place in the channel. */
function fallbackOf(notification: Notification): string {
  return truncate(escapeSlack(`${headlineOf(notification)}\n${notification.text}`.trim()), MAX_SECTION);
}

function blocksOf(notification: Notification): object[] {
  const header = truncate(escapeSlack(headlineOf(notification)), MAX_HEADER);
  const sections = split(truncate(escapeSlackWithLinks(notification.text), MAX_SLACK_TEXT), MAX_SECTION);
  const acknowledge = slackLink(notification.links?.acknowledge, LINK_WORDS.acknowledge);
  const link = slackLink(linkOf(notification), 'Open');
  const footer = truncate(escapeSlack(footerOf(notification)), MAX_FOOTER);
  return [
    { type: 'header', text: { type: 'plain_text', text: header, emoji: true } },
    ...sections.map((text) => ({ type: 'section', text: verbatim(text) })),
    {
      type: 'context',
      // Links and no buttons: these ask the app's server first, which an incoming webhook does not have.
      elements: [verbatim([acknowledge, link, footer].filter(Boolean).join(' · '))],
    },
  ];
}

function slackLink(url: string | undefined, word: string): string {
  const link = escapeSlack(url?.replaceAll('|', '%7C') ?? '');
  return link && link.length <= MAX_LINK ? `<${link}|${word}>` : '';
}

/** Slack is to read only what we wrote for it, and to guess no names or channels from plain text. */
function verbatim(text: string): object {
  return { type: 'mrkdwn', text, verbatim: true };
}
