import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { Fanfare } from './constructs/fanfare.ts';
import type { Settings } from './settings.ts';

/** A stack that only uses the construct, and says where things are and what to do next. */
export class FanfareStack extends Stack {
  constructor(scope: Construct, settings: Settings, props?: StackProps) {
    super(scope, settings.stack, props);
    const fanfare = new Fanfare(this, 'Fanfare', settings);

    const output = (id: string, value: string): CfnOutput => new CfnOutput(this, id, { value });
    output('ApiUrl', fanfare.url);
    output(
      'Dashboard',
      `https://${this.region}.console.aws.amazon.com/cloudwatch/home?region=${this.region}#dashboards/dashboard/${fanfare.dashboard}`,
    );
    if (fanfare.domainTarget) output('DomainTarget', fanfare.domainTarget);
    if (fanfare.profiles) output('Profiles', fanfare.profiles);
    // Known here, while the quota of the account is not: a new one has as little as 10 (docs/deploying.md).
    output('Concurrency', `${fanfare.concurrency} function runs at a time, and those of the API`);
    output('Next', `npx fanfare init --stack ${this.stackName}`);
  }
}
