import type { Channel } from '../../channel.ts';
import type { Route, Template, Topic } from '../../core/catalog.ts';
import type { CatalogEntry, EntryKind } from '../../core/catalog-entry.ts';
import type { EntryInput } from '../../core/catalog-input.ts';
import type { ProblemIssue } from '../../core/problem.ts';
import { everyRoute } from '../../core/route-tree.ts';
import { type Misfit, misfitsOf } from '../../core/sample.ts';
import { closestEntry } from '../../core/topic.ts';

type Present = CatalogEntry | EntryInput;

/** Enough to see what is wrong. */
const MAX_MISFITS = 20;

/** A sample that another entry decides for would be looked for there. */
export function checkSampleTopics(
  { id, body, pointer }: EntryInput<'topic'>,
  catalog: readonly Present[],
): ProblemIssue[] {
  const decides = closestEntry(topicsOf(catalog));
  return (body.samples ?? []).flatMap(({ topic }, index) => {
    if (decides(topic)?.id === id) return [];
    const detail = `this entry does not decide for "${topic}"`;
    return [{ pointer: `${pointer}/samples/${index}/topic`, code: 'invalid', detail }];
  });
}

/** Templates and samples that do not fit each other once new entries are in, each told where it was given. */
export function checkSamples(
  inputs: readonly EntryInput[],
  catalog: readonly Present[],
  channels: ReadonlyMap<string, Channel>,
): ProblemIssue[] {
  if (!inputs.some(({ kind }) => kind === 'template' || kind === 'topic' || kind === 'route')) return [];
  const channelOf = new Map(
    catalog.flatMap((one) => (one.kind === 'destination' ? [[one.id, one.body.channel] as const] : [])),
  );
  const found = misfitsOf(
    {
      topics: topicsOf(catalog),
      routes: routesOf(catalog),
      templates: templatesOf(catalog),
      channelOf: (destination) => channelOf.get(destination),
    },
    (channel) => channels.get(channel)?.textBudget,
  );
  const issues = found.flatMap((misfit): ProblemIssue[] => {
    const pointer = placeOf(misfit, inputs);
    const { template, at, topic, sample, code, detail } = misfit;
    const which = `template "${template}" at ${at} with sample ${sample} of topic "${topic}"`;
    return pointer === undefined ? [] : [{ pointer, code, detail: `${which}: ${detail}` }];
  });
  return [...new Map(issues.map((one) => [`${one.pointer} ${one.detail}`, one])).values()].slice(
    0,
    MAX_MISFITS,
  );
}

/** The template, else the sample, else the route that brings them together; `undefined`: none of them is new. */
function placeOf(
  { template, at, topic, sample, route }: Misfit,
  inputs: readonly EntryInput[],
): string | undefined {
  const given = (kind: EntryKind, id: string) =>
    inputs.find((one) => one.kind === kind && one.id === id)?.pointer;
  const own = given('template', template);
  if (own !== undefined) return `${own}${at}`;
  const of = given('topic', topic);
  if (of !== undefined) return `${of}/samples/${sample}`;
  return inputs
    .flatMap((one) =>
      one.kind === 'route'
        ? everyRoute(one.body, one.pointer).filter(
            (within) => ('id' in within.route ? within.route.id : one.id) === route,
          )
        : [],
    )
    .map((one) => (one.route.template === undefined ? one.pointer : `${one.pointer}/template`))[0];
}

function topicsOf(catalog: readonly Present[]): Topic[] {
  return catalog.flatMap((one) => (one.kind === 'topic' ? { ...one.body, id: one.id } : []));
}

function routesOf(catalog: readonly Present[]): Route[] {
  const routes = catalog.flatMap((one) => (one.kind === 'route' ? { ...one.body, id: one.id } : []));
  return routes.toSorted((a, b) => a.order - b.order || (a.id < b.id ? -1 : 1));
}

function templatesOf(catalog: readonly Present[]): Map<string, Template> {
  const templates = catalog.flatMap((one) => (one.kind === 'template' ? { ...one.body, id: one.id } : []));
  return new Map(templates.map((one) => [one.id, one]));
}
