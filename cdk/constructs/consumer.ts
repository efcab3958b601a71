import { Aws, Duration, Stack } from 'aws-cdk-lib';
import { GraphWidget, type IWidget } from 'aws-cdk-lib/aws-cloudwatch';
import { EventSourceMapping, type IFunction } from 'aws-cdk-lib/aws-lambda';
import {
  DeduplicationScope,
  FifoThroughputLimit,
  Queue,
  QueueEncryption,
  RedrivePermission,
} from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { ENV } from '../../lib/platform/env.ts';
import type { AlarmName } from '../alarms.ts';
import { BUNDLES, type BundleName } from '../functions.ts';
import { consume } from '../grants.ts';
import { sumOf } from '../metrics.ts';
import type { Alarms } from './alarms.ts';
import { BundledFunction, type BundledFunctionProps } from './bundled-function.ts';

const BATCH_SIZE = 10;
/** Lets time-outs, throttles and retries of a batch pass before its messages show again (AWS: at least six). */
const VISIBILITY_TIMEOUTS = 6;

/** Its limit of calls counts by group, not by queue, at the same price (SQS developer guide, "High throughput for FIFO queues"). */
const HIGH_THROUGHPUT_FIFO = {
  fifo: true,
  deduplicationScope: DeduplicationScope.MESSAGE_GROUP,
  fifoThroughputLimit: FifoThroughputLimit.PER_MESSAGE_GROUP_ID,
};

export interface ConsumerProps {
  /** Prefix of the queue's name: the stack's name. */
  readonly prefix: string;
  readonly bundle: BundleName;
  /** Receives without a result before the dead-letter queue takes a message. */
  readonly maxReceiveCount: number;
  /** Most batches at a time. */
  readonly concurrency: number;
  /** Which alarm watches the oldest message. */
  readonly age: Extract<AlarmName, 'eventAge' | 'deliveryAge'>;
  /** Seconds at which it rings, where retries wait in the queue itself. */
  readonly ageSeconds?: number;
  /** Both queues keep the order of messages with the same group. */
  readonly fifo?: boolean;
}

export interface RunProps extends Pick<
  BundledFunctionProps,
  'settings' | 'environment' | 'profiles' | 'allow'
> {
  readonly alarms: Alarms;
}

/**
 * A queue and all that belongs to it: dead-letter queue, function, mapping, alarms, dashboard row. The
 * constructor makes the queues, `run` the rest, because functions know each other's queues.
 */
export class Consumer extends Construct {
  readonly queue: Queue;
  readonly deadLetters: Queue;
  readonly concurrency: number;
  private readonly props: ConsumerProps;

  constructor(scope: Construct, id: string, props: ConsumerProps) {
    super(scope, id);
    this.props = props;
    this.concurrency = props.concurrency;
    const secure = { encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true };
    // The two queues name each other; only a name that is known beforehand breaks the circle.
    const queueName = `${props.prefix}-${id}${props.fifo ? '.fifo' : ''}`;
    const arn = Stack.of(this).formatArn({
      service: 'sqs',
      resource: queueName,
      region: Aws.REGION,
      account: Aws.ACCOUNT_ID,
    });
    this.deadLetters = new Queue(this, 'DeadLetters', {
      ...secure,
      ...(props.fifo && { fifo: true }),
      retentionPeriod: Duration.days(14),
      visibilityTimeout: visibility('dead-letters'),
      redriveAllowPolicy: {
        redrivePermission: RedrivePermission.BY_QUEUE,
        sourceQueues: [Queue.fromQueueArn(this, 'Source', arn)],
      },
    });
    this.queue = new Queue(this, 'Queue', {
      ...secure,
      ...(props.fifo && HIGH_THROUGHPUT_FIFO),
      queueName,
      retentionPeriod: Duration.days(7),
      visibilityTimeout: visibility(props.bundle),
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: props.maxReceiveCount },
      redriveAllowPolicy: { redrivePermission: RedrivePermission.DENY_ALL },
    });
  }

  /** Adds the function that reads the queue, with its mapping and alarms. */
  run({ environment, allow, alarms, ...common }: RunProps): BundledFunction {
    const { bundle, age, ageSeconds } = this.props;
    const bundled = new BundledFunction(this, 'Function', {
      label: this.node.id,
      bundle,
      ...common,
      environment: { ...environment, [ENV.ownQueue]: this.queue.queueUrl },
      allow: [consume(this.queue.queueArn), ...allow],
      loops: true,
    });
    read(this, 'Mapping', this.queue, bundled.function, this.concurrency);
    const of = this.node.id;
    const most = { statistic: 'Maximum' };
    alarms.add(this, age, {
      of,
      metric: (o) => this.queue.metricApproximateAgeOfOldestMessage({ ...most, ...o }),
      ...(ageSeconds !== undefined && { threshold: ageSeconds }),
    });
    alarms.add(this, 'deadLettersHeld', {
      of,
      metric: (o) =>
        sumOf(
          [
            this.deadLetters.metricApproximateNumberOfMessagesVisible({ ...most, ...o }),
            this.deadLetters.metricApproximateNumberOfMessagesNotVisible({ ...most, ...o }),
          ],
          o,
        ),
    });
    alarms.add(this, 'inFlight', {
      of,
      metric: (o) => this.queue.metricApproximateNumberOfMessagesNotVisible({ ...most, ...o }),
    });
    return bundled;
  }

  /** Reads the dead letters with a function that serves several consumers. */
  runDeadLetters(bundled: BundledFunction, maxConcurrency: number): void {
    read(this, 'DeadLettersMapping', this.deadLetters, bundled.function, maxConcurrency);
  }

  /** The row of the dashboard: how much waits, how long, and what was given up. */
  widget(): IWidget {
    const options = { statistic: 'Maximum' };
    return new GraphWidget({
      title: this.node.id,
      width: 8,
      left: [
        this.queue.metricApproximateNumberOfMessagesVisible({ ...options, label: 'waiting' }),
        this.deadLetters.metricApproximateNumberOfMessagesVisible({ ...options, label: 'dead letters' }),
      ],
      right: [this.queue.metricApproximateAgeOfOldestMessage({ ...options, label: 'oldest, s' })],
    });
  }
}

function visibility(bundle: BundleName): Duration {
  return Duration.seconds(VISIBILITY_TIMEOUTS * BUNDLES[bundle].timeoutSeconds);
}

/** Partial batch responses, no batching window, and a cap that, unlike reserved concurrency, never throttles. */
function read(scope: Construct, id: string, queue: Queue, target: IFunction, maxConcurrency: number): void {
  new EventSourceMapping(scope, id, {
    target,
    eventSourceArn: queue.queueArn,
    batchSize: BATCH_SIZE,
    reportBatchItemFailures: true,
    maxConcurrency,
  });
}
