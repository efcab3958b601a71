import type { OutboundRequest } from '../../lib/channel.ts';

/** Limits of the providers that a request exceeds. */
export function sizesOf(channel: string, request: OutboundRequest): string[] {
  if (request.transport === 'smtp') return request.subject.length > 250 ? ['subject'] : [];
  const body = JSON.parse(request.body) as Json;
  switch (channel) {
    case 'slack': {
      const blocks = body['blocks'] as {
        type: string;
        text?: { text: string };
        elements?: { text: string }[];
      }[];
      const texts = blocks.flatMap((block) =>
        [block.text?.text ?? [], block.elements?.map(({ text }) => text) ?? []].flat(),
      );
      return [
        ...over('text', body['text'], 40_000, 1),
        ...over('header', blocks[0]?.text?.text, 150, 1),
        ...texts.flatMap((text) => over('section', text, 3_000, 1)),
        ...over('total', texts.join(''), 13_200),
        ...(blocks.length > 50 ? ['blocks'] : []),
      ];
    }
    case 'discord': {
      const [embed = {}] = body['embeds'] as Json[];
      const { text: footer } = embed['footer'] as { text: string };
      return [
        ...over('title', embed['title'], 256, 1),
        ...over('description', embed['description'], 4_096),
        ...over('footer', footer, 2_048),
        ...over('total', `${String(embed['title'])}${String(embed['description'])}${footer}`, 6_000),
      ];
    }
    case 'telegram':
      return over('text', body['text'], 4_096, 1);
    case 'line': {
      const [message = {}] = body['messages'] as Json[];
      return over('text', message['text'], 5_000, 1);
    }
    case 'pagerduty': {
      const { summary, source } = body['payload'] as Json;
      return [
        ...over('summary', summary, 1_024, 1),
        ...over('source', source, 255, 1),
        ...over('dedup_key', body['dedup_key'], 255, 1),
        ...(Buffer.byteLength(request.body) > 512_000 ? ['event'] : []),
      ];
    }
    case 'email':
      return request.body.length > 10_000_000 ? ['mail'] : [];
    default:
      return request.body.length > 262_144 ? ['payload'] : [];
  }
}

type Json = Readonly<Record<string, unknown>>;

/** What in a request would mention, link or format at the will of its text. */
export function effectsOf(channel: string, request: OutboundRequest): string[] {
  if (request.transport === 'smtp') return mail(request.subject, request.html);
  const body = JSON.parse(request.body) as Json;
  switch (channel) {
    case 'slack': {
      const all = JSON.stringify([body['text'], body['blocks']]);
      const ours = /<https:\/\/shop\.example\.com[^<>|]*\|Open>|<https?:\/\/[^<>|\s]*>/g;
      return /[<>]|"verbatim":false/.exec(all.replace(ours, '')) ?? [];
    }
    case 'discord': {
      const [embed = {}] = body['embeds'] as Json[];
      const shown = `${String(embed['title'])} ${String(embed['description'])}`;
      const bare = shown.replace(/https?:\/\/[^\s<>()[\]|*~`\\]+/g, '').replace(/\\[^\sA-Za-z0-9]/g, '');
      const pings = JSON.stringify(body['allowed_mentions']) === '{"parse":[]}' ? [] : ['pings'];
      return [...pings, ...(/[*_~`|<>[\]#@]/.exec(bare) ?? [])];
    }
    case 'telegram': {
      const text = String(body['text']);
      const mention = /(?<!\w)@\w/.exec(text) ?? [];
      return [
        ...mention,
        ...tagsIn(text).filter(
          (tag) => !/^<(\/?[bi]|\/a|a href="https:\/\/shop\.example\.com[^"<>]*")>$/.test(tag),
        ),
      ];
    }
    case 'email': {
      const { Simple } = body['Content'] as {
        Simple: { Subject: { Data: string }; Body: { Html: { Data: string } } };
      };
      return mail(Simple.Subject.Data, Simple.Body.Html.Data);
    }
    default:
      return Object.values(request.transport === 'http' ? request.headers : {}).filter((value) =>
        /[\r\n]/.test(value),
      );
  }
}

function tagsIn(html: string): string[] {
  return html.match(/<[^<>]*>?|>/g) ?? [];
}

function over(name: string, text: unknown, max: number, min = 0): string[] {
  return typeof text === 'string' && text.length <= max && text.trim().length >= min ? [] : [name];
}

function mail(subject: string, html: string): string[] {
  const ours =
    /^<(\/?(div|p|h2|a)|(div|p|h2) style="[^"<>]*"|a href="https:\/\/shop\.example\.com[^"<>]*")>$/;
  return [...(/[\r\n]/.test(subject) ? ['header'] : []), ...tagsIn(html).filter((tag) => !ours.test(tag))];
}
