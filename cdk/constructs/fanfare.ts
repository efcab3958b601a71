import { Stack } from 'aws-cdk-lib';
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { ENV } from '../../lib/platform/env.ts';
import { acknowledge } from '../acknowledged.ts';
import type { BundleName } from '../functions.ts';
import { carriesMail, lanes } from '../lanes.ts';
import { permissions, secretsPath } from '../permissions.ts';
import type { Settings } from '../settings.ts';
import { watch } from '../watch.ts';
import { Alarms } from './alarms.ts';
import { BundledFunction } from './bundled-function.ts';
import { Consumer } from './consumer.ts';
import { Dashboard } from './dashboard.ts';
import { EveryMinute } from './every-minute.ts';
import { HttpApi } from './http-api.ts';
import { Profiles } from './profiles.ts';
import { State } from './state.ts';

const EVENTS = { bundle: 'fan-out', maxReceiveCount: 10, age: 'eventAge' } as const;
/** Retries are new messages; a hundred receives without a result are throttles or an accident. */
const DELIVER = { maxReceiveCount: 100, age: 'deliveryAge' } as const;

/** A message is given out anew for each attempt, each wait for a slot and each look at a held group: 1,000 is the most. */
const DELIVER_ORDERED = {
  bundle: 'deliver-ordered',
  maxReceiveCount: 1_000,
  age: 'deliveryAge',
  // Its retries wait in the queue: half a day is no sign that it does not keep up.
  ageSeconds: 43_200,
} as const;

/** The queues of ordered topics. */
function orderedPair(scope: Construct, prefix: string, concurrency: number) {
  const common = { prefix, concurrency, fifo: true };
  return {
    events: new Consumer(scope, 'EventsOrdered', { ...EVENTS, bundle: 'fan-out-ordered', ...common }),
    deliver: new Consumer(scope, 'DeliverOrdered', { ...DELIVER_ORDERED, ...common }),
  };
}

/**
 * The whole of Fanfare: put it into a stack of your own, or use `FanfareStack`. Ids below it are frozen,
 * since CloudFormation knows tables, queues and the API by them.
 */
export class Fanfare extends Construct {
  /** Base URL of the API, without a trailing slash. */
  readonly url: string;
  /** With a domain of one's own: what its DNS record has to point at. */
  readonly domainTarget: string | undefined;
  /** Name of the dashboard. */
  readonly dashboard: string;
  /** With `sampling`: name of the bucket of profiles. */
  readonly profiles: string | undefined;
  /** Most function runs at a time that the queues ask for; those of the API come on top. */
  readonly concurrency: number;

  constructor(scope: Construct, id: string, settings: Settings) {
    super(scope, id);
    const { stackName } = Stack.of(this);
    const name = id === 'Fanfare' ? stackName : `${stackName}-${id}`;
    const { concurrency } = settings;
    const state = new State(this, 'State', settings.tables);
    const alarms = new Alarms(this, 'Alarms', name, settings);
    const api = new HttpApi(this, 'HttpApi', name, settings);
    const profiles = settings.sampling && new Profiles(this, 'Profiles', settings.sampling);

    const events = new Consumer(this, 'Events', { ...EVENTS, prefix: name, concurrency: concurrency.events });
    const eventsUrgent = new Consumer(this, 'EventsUrgent', {
      ...EVENTS,
      prefix: name,
      concurrency: concurrency.eventsUrgent,
    });
    const deliver = lanes(settings).map((lane) => ({
      lane,
      consumer: new Consumer(this, lane.id, { ...DELIVER, ...lane, prefix: name }),
    }));
    const ordered = settings.ordered ? orderedPair(this, name, concurrency.ordered) : undefined;
    const consumers = [
      events,
      eventsUrgent,
      ...deliver.map(({ consumer }) => consumer),
      ...(ordered ? [ordered.events, ordered.deliver] : []),
    ];

    const queueUrls = Object.fromEntries(
      deliver.map(({ lane, consumer }) => [lane.key, consumer.queue.queueUrl]),
    );
    const environment = {
      [ENV.stack]: name,
      [ENV.catalogTable]: state.catalog.tableName,
      [ENV.ledgerTable]: state.ledger.tableName,
      [ENV.limitsTable]: state.limits.tableName,
      [ENV.eventsQueue]: events.queue.queueUrl,
      [ENV.eventsUrgentQueue]: eventsUrgent.queue.queueUrl,
      [ENV.maxEventAgeSeconds]: String(settings.maxEventAgeSeconds),
      [ENV.channels]: settings.channels.join(),
      [ENV.deliverQueues]: Stack.of(this).toJsonString(queueUrls),
      [ENV.secretsPath]: secretsPath(name),
      [ENV.logLevel]: settings.logLevel,
      [ENV.observability]: settings.observability,
      [ENV.apiUrl]: api.url,
      ...(ordered && {
        [ENV.eventsOrderedQueue]: ordered.events.queue.queueUrl,
        [ENV.deliverOrderedQueue]: ordered.deliver.queue.queueUrl,
      }),
    };
    const may = permissions({
      name,
      catalog: state.catalog.tableArn,
      ledger: state.ledger.tableArn,
      limits: state.limits.tableArn,
      events: [events, eventsUrgent].map(({ queue }) => queue.queueArn),
      deliver: deliver.map(({ consumer }) => consumer.queue.queueArn),
      deadLetters: consumers.map((consumer) => consumer.deadLetters.queueArn),
      ...(ordered && {
        ordered: {
          events: ordered.events.queue.queueArn,
          deliver: ordered.deliver.queue.queueArn,
        },
      }),
    });
    const common = { settings, environment, profiles };
    const deploy = (as: string, bundle: BundleName, allow: readonly PolicyStatement[], loops = false) =>
      new BundledFunction(this, as, { label: as, bundle, ...common, allow, loops });

    const ingest = deploy('Ingest', 'ingest', may.ingest);
    const manage = deploy('Manage', 'manage', may.manage);
    api.route(ingest.function, manage.function);
    const fanOut = [events, eventsUrgent].map((consumer) =>
      consumer.run({ ...common, alarms, allow: may.fanOut(consumer.queue.queueArn) }),
    );
    const senders = deliver.map(({ lane, consumer }) =>
      consumer.run({
        ...common,
        alarms,
        allow: [...may.deliver, ...(lane.mail ? may.mail : [])],
      }),
    );
    const inOrder = ordered
      ? [
          ordered.events.run({ ...common, alarms, allow: may.fanOutOrdered }),
          ordered.deliver.run({
            ...common,
            alarms,
            allow: [...may.deliverOrdered, ...(carriesMail(settings.channels) ? may.mail : [])],
          }),
        ]
      : [];
    const deadLetters = deploy('DeadLetters', 'dead-letters', may.deadLetters);
    for (const consumer of consumers) consumer.runDeadLetters(deadLetters, concurrency.deadLetters);
    const timers = deploy('Timers', 'timers', may.timers, true);
    new EveryMinute(this, 'EveryMinute', timers.function);

    watch(this, {
      name,
      settings,
      alarms,
      api,
      state,
      ingest,
      manage,
      timers,
      deadLetters,
      readers: [...fanOut, ...senders, ...inOrder],
    });
    acknowledge(this, name);
    this.concurrency = consumers.reduce((sum, one) => sum + one.concurrency + concurrency.deadLetters, 0);
    this.url = api.url;
    this.profiles = profiles?.name;
    this.domainTarget = api.domainTarget;
    this.dashboard = new Dashboard(this, 'Dashboard', {
      service: name,
      settings,
      alarms,
      api,
      consumers,
    }).name;
  }
}
