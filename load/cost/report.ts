import { PRICES } from '../../lib/core/prices.ts';
import type { ChannelUsage } from './channels.ts';
import { columns, money } from './columns.ts';
import { type Count, HOPS, dollarsPerMillion, perDelivery, perMillion } from './count.ts';
import { type Fixed, NOT_LINEAR, monthOf } from './month.ts';
import { WEBHOOKS } from './naive-env.ts';
import { PUBLISHED, perMillionDeliveries } from './published.ts';
import { PROFILES, type ProfileName } from './run.ts';
import { type ByPart, PART_NAMES, dollarsOf, scaled, totalOf } from './usage.ts';

/** All that was counted. */
export interface Counted {
  readonly profiles: Readonly<
    Partial<Record<ProfileName, { readonly fanfare: Count; readonly naive: Count }>>
  >;
  readonly channels: ChannelUsage;
  readonly fixed: Fixed;
}

/** Everything as lines of text; `volume`: deliveries of a month. */
export function reportLines({ profiles, channels, fixed }: Counted, volume: number | undefined): string[] {
  const counted = Object.entries(profiles) as [ProfileName, { fanfare: Count; naive: Count }][];
  return [
    `Dollars for a million deliveries, by list prices of ${PRICES.region}, ${PRICES.at}, without free tiers.`,
    `An event goes to ${WEBHOOKS.length} webhooks. Counted in runs of the local stack, both stacks in turn; warm functions.`,
    ...counted.flatMap(([name, { fanfare, naive }]) => ['', ...profileLines(name, fanfare, naive)]),
    '',
    'Channels: a delivery that goes alone, and its part of an event that goes to one destination only',
    ...columns(channelTable(channels)),
    '',
    `Others, as published, for deliveries of events with ${WEBHOOKS.length} destinations each (sources in load/cost/published.ts)`,
    ...columns(publishedTable(counted)),
    '',
    `A month without a single event: $${money(fixed.idle)}, by the template of the lean stack`,
    ...Object.entries(fixed.by).map(([type, price]) => `  ${type}  ${money(price)}`),
    `With the first delivery come series of metrics: $${money(fixed.series)} a month`,
    ...(volume === undefined ? [] : ['', ...monthLines(counted, fixed, volume)]),
  ];
}

function profileLines(name: ProfileName, fanfare: Count, naive: Count): string[] {
  const { events, batch } = PROFILES[name];
  const whole = dollarsPerMillion(fanfare);
  const sides = [
    ['all', fanfare],
    ['naive stack', naive],
  ] as const;
  return [
    `${name}: ${events} events, ${batch === 1 ? 'one' : batch} to a post`,
    ...columns([
      ['', ...PART_NAMES, 'sum', 'share'],
      ...HOPS.map((hop) => {
        const spent = perMillion(fanfare, hop);
        return line(hop, cells(spent), share(totalOf(spent), whole));
      }),
      ...sides.map(([label, count]) => line(label, cells(perMillion(count)))),
      ...sides.map(([label, count]) => {
        const used = perDelivery(count);
        return line(
          `units of ${label}`,
          PART_NAMES.map((part) => unit(used[part])),
        );
      }),
    ]),
    `The naive stack costs ${(dollarsPerMillion(naive) / whole).toFixed(2)} times as much.`,
  ];
}

/** Dollars part by part, and their sum. */
function cells(spent: ByPart): string[] {
  return [...PART_NAMES.map((part) => money(spent[part])), money(totalOf(spent))];
}

function share(part: number, whole: number): string {
  return `${((part / whole) * 100).toFixed(0)} %`;
}

function line(label: string, values: readonly string[], ...more: readonly string[]): string[] {
  return [label, ...values, ...more];
}

function dollars(used: ByPart): ByPart {
  return scaled(dollarsOf(used), 1e6);
}

function channelTable({ event, byChannel }: ChannelUsage): string[][] {
  const before = totalOf(dollars(event));
  return [
    ['', ...PART_NAMES, 'delivery', 'with event', 'share'],
    ...Object.entries(byChannel).map(([channel, used]) => {
      const own = totalOf(dollars(used));
      return line(channel, cells(dollars(used)), money(own + before), share(own, own + before));
    }),
    ['the event', ...cells(dollars(event))],
  ];
}

function publishedTable(
  counted: readonly (readonly [ProfileName, { readonly fanfare: Count }])[],
): string[][] {
  const times = (price: number): string[] =>
    counted.map(([, { fanfare }]) => ratio(price / dollarsPerMillion(fanfare)));
  return [
    ['', '$', ...counted.map(([name]) => `times ${name}`), 'as of'],
    ...PUBLISHED.map((one) => {
      const price = perMillionDeliveries(one, WEBHOOKS.length);
      return line(`${one.product} (${one.what})`, [money(price), ...times(price)], one.at);
    }),
  ];
}

function monthLines(
  counted: readonly (readonly [ProfileName, { readonly fanfare: Count; readonly naive: Count }])[],
  fixed: Fixed,
  volume: number,
): string[] {
  const rows = counted.map(([name, { fanfare, naive }]) => [
    name,
    money(monthOf(dollarsPerMillion(fanfare) / 1e6, volume, fixed)),
    money((dollarsPerMillion(naive) / 1e6) * volume),
  ]);
  return [
    `A month of ${volume.toLocaleString('en-US')} deliveries, in dollars: what was counted times the volume, and what is fixed`,
    ...columns([['', 'Fanfare', 'naive, without anything fixed'], ...rows]),
    'What is not linear:',
    ...NOT_LINEAR.map((why) => `- ${why}`),
  ];
}

function ratio(value: number): string {
  return value >= 10 ? value.toFixed(0) : value.toFixed(2);
}

function unit(value: number): string {
  if (value === 0) return '0';
  return value >= 10 ? value.toFixed(0) : Number(value.toPrecision(3)).toString();
}
