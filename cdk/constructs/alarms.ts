import { Duration, Stack } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, type IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Effect, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import { ALARMS, type AlarmKind, type AlarmName, anchor } from '../alarms.ts';
import type { Settings } from '../settings.ts';

/** Path of the runbook in the repository; an alarm's description ends in one of its headings. */
export const RUNBOOK = 'docs/runbook.md';

export interface AlarmOptions {
  /** What it is about, in the alarm's name: a queue, a function, a channel. */
  readonly of?: string;
  readonly metric: (options: { period: Duration }) => IMetric;
  /** Replaces the threshold of the kind, for values that depend on what is watched. */
  readonly threshold?: number;
}

/**
 * The alarms and the topic they speak through, which has nothing to do with the product's own channels:
 * whoever watches the watchman must not depend on him.
 */
export class Alarms extends Construct {
  readonly all: Alarm[] = [];
  readonly topic: Topic;
  private readonly level: Settings['observability'];
  private readonly prefix: string;

  constructor(scope: Construct, id: string, prefix: string, settings: Settings) {
    super(scope, id);
    this.level = settings.observability;
    this.prefix = prefix;
    // No KMS key: CloudWatch cannot publish to a topic under the AWS-managed one.
    this.topic = new Topic(this, 'Topic', { enforceSSL: true });
    // A topic policy replaces the default one, so CloudWatch has to be let in by name.
    this.topic.addToResourcePolicy(
      new PolicyStatement({
        effect: Effect.ALLOW,
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [this.topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    );
    if (settings.alarmAddress) this.topic.addSubscription(new EmailSubscription(settings.alarmAddress));
  }

  /** Adds an alarm of a kind below `scope`; kinds of level `full` only where the settings ask for them. */
  add(scope: Construct, name: AlarmName, { of, metric, threshold }: AlarmOptions): void {
    const kind: AlarmKind = ALARMS[name];
    if (kind.level === 'full' && this.level !== 'full') return;
    const id = name.charAt(0).toUpperCase() + name.slice(1);
    const alarm = new Alarm(scope, `${of ?? ''}${id}Alarm`, {
      alarmName: [this.prefix, of, name].filter(Boolean).join('-'),
      alarmDescription: `${kind.heading}${of ? ` (${of})` : ''}. See ${RUNBOOK}#${anchor(kind.heading)}`,
      metric: metric({ period: Duration.seconds(kind.periodSeconds) }),
      threshold: threshold ?? kind.threshold,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods: kind.of ?? kind.points,
      datapointsToAlarm: kind.points,
      treatMissingData: kind.silence === 'fine' ? TreatMissingData.NOT_BREACHING : TreatMissingData.IGNORE,
    });
    alarm.addAlarmAction(new SnsAction(this.topic));
    this.all.push(alarm);
  }
}
