import type { Catalog, Template, Wording } from './catalog.ts';
import { completeEvent } from './event-input.ts';
import type { Event } from './event.ts';
import { MAX_TEXT_BYTES, MAX_TITLE_BYTES } from './render.ts';
import { compileRoutes } from './route.ts';
import { compilePath, compileTemplate, pathsOf } from './template.ts';
import { type TextUnit, lengthOf } from './text.ts';
import { compileTerms } from './terms.ts';

/** An event of a topic, for example. */
export type Sample = Pick<Event, 'topic' | 'source' | 'subject' | 'severity' | 'dedupeKey' | 'data'>;

/** What is wrong when a template meets a sample that routes lead to it. */
export interface Misfit {
  readonly template: string;
  /** Place of the text in the template, a JSON pointer. */
  readonly at: string;
  readonly topic: string;
  /** Place of the sample among those of its topic. */
  readonly sample: number;
  /** The route that leads it there. */
  readonly route: string;
  readonly code: 'unknown' | 'invalid' | 'tooLong';
  readonly detail: string;
}

/** The longest text that a channel takes whole; `undefined`: it sets no bound. */
export type BudgetOf = (channel: string) => { readonly max: number; readonly unit: TextUnit } | undefined;

type Fault = Pick<Misfit, 'code' | 'detail'>;

interface Templates extends Pick<Catalog, 'topics' | 'routes' | 'templates'> {
  /** `undefined`: there is no such destination. */
  readonly channelOf: (destination: string) => string | undefined;
}

/**
 * Renders every text of the templates that the samples of topics are routed to, for each channel and language. A text
 * must name nothing that a sample has not, say something, and fit where it goes.
 */
export function misfitsOf(catalog: Templates, budgetOf: BudgetOf): Misfit[] {
  const { topics, routes, templates, channelOf } = catalog;
  const termsOf = compileTerms(topics);
  const samples = topics.flatMap(({ id, samples: own = [] }) =>
    own.map((sample, index) => ({
      topic: id,
      sample: index,
      event: completeEvent(sample, 'sample', 0, termsOf),
    })),
  );
  if (samples.length === 0) return [];
  const matchesOf = compileRoutes(routes);
  return samples.flatMap(({ event, ...of }) =>
    matchesOf(event).flatMap(({ route = '', template: name = '', destinations: to }) => {
      const template = templates.get(name);
      const channels = to.flatMap((id) => channelOf(id) ?? []);
      const texts = template ? textsOf(template) : [];
      return texts.flatMap(({ at, ...text }) =>
        faultsOf(text, event, channels, budgetOf).map((fault) =>
          Object.assign({ template: name, at, route }, of, fault),
        ),
      );
    }),
  );
}

interface Text {
  readonly at: string;
  readonly member: keyof Wording;
  readonly text: string;
  /** The only channel that shows it. */
  readonly channel?: string;
  /** Channels that show another text in its place. */
  readonly except: readonly string[];
}

function textsOf({ locales = {}, ...root }: Omit<Template, 'id'>): Text[] {
  const texts: Text[] = [];
  const levels = [
    ['', root] as const,
    ...Object.entries(locales).map(([name, one]) => [`/locales/${name}`, one] as const),
  ];
  for (const [at, { channels = {}, ...plain }] of levels)
    for (const member of ['title', 'text'] as const) {
      const except: string[] = [];
      for (const [channel, { [member]: text }] of Object.entries(channels)) {
        if (text === undefined) continue;
        texts.push({ at: `${at}/channels/${channel}/${member}`, member, text, channel, except: [] });
        except.push(channel);
      }
      const text = plain[member];
      if (text !== undefined) texts.push({ at: `${at}/${member}`, member, text, except });
    }
  return texts;
}

function faultsOf(
  { text, member, channel, except }: Omit<Text, 'at'>,
  event: Event,
  channels: readonly string[],
  budgetOf: BudgetOf,
): Fault[] {
  const absent = pathsOf(text).filter((path) => compilePath(path)(event) === undefined);
  if (absent.length > 0)
    return absent.map((path) => ({ code: 'unknown', detail: `the sample has no ${path}` }));
  const shown = compileTemplate(text)(event);
  if (shown.trim() === '') return [{ code: 'invalid', detail: 'nothing is left of it' }];
  const most = member === 'title' ? MAX_TITLE_BYTES : MAX_TEXT_BYTES;
  if (Buffer.byteLength(JSON.stringify(shown)) > most)
    return [{ code: 'tooLong', detail: `it is longer than ${most} bytes` }];
  if (member === 'title') return [];
  const going = channel === undefined ? channels.filter((one) => !except.includes(one)) : [channel];
  return [...new Set(going)].flatMap((one): Fault[] => {
    const budget = budgetOf(one);
    if (!budget || lengthOf(shown, budget.unit) <= budget.max) return [];
    return [{ code: 'tooLong', detail: `it is longer than the ${budget.max} that ${one} takes` }];
  });
}
