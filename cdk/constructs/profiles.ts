import { CfnElement, Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { Sampling } from '../../lib/core/sampling.ts';
import { ENV } from '../../lib/platform/env.ts';
import type { BundleName } from '../functions.ts';
import { s3 } from '../grants.ts';

/** What a function is given beyond its own to have some of its runs profiled. */
interface Sampled {
  readonly environment: Readonly<Record<string, string>>;
  readonly allow: readonly PolicyStatement[];
}

/** The bucket of profiles: private, encrypted, empty again after a week. Only with the setting `sampling`. */
export class Profiles extends Construct {
  readonly name: string;
  private readonly bucket: Bucket;
  private readonly oneIn: number;

  constructor(scope: Construct, id: string, { oneIn }: Pick<Sampling, 'oneIn'>) {
    super(scope, id);
    this.oneIn = oneIn;
    this.bucket = new Bucket(this, 'Bucket', {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      lifecycleRules: [
        { expiration: Duration.days(7), abortIncompleteMultipartUploadAfter: Duration.days(1) },
      ],
      // CloudFormation deletes no bucket that holds anything; this one empties itself, and costs nothing then.
      removalPolicy: RemovalPolicy.RETAIN,
    });
    this.name = this.bucket.bucketName;
    Validations.of(this.bucket).acknowledge({
      id: 'AwsSolutions::AwsSolutions-S1',
      reason:
        'A log of who reads profiles for a week would outlive them; they hold names of functions and no data.',
    });
  }

  /** What a function needs for it: it may put profiles below its own name, and read none. */
  watch(scope: Construct, label: string, bundle: BundleName): Sampled {
    const sampling: Sampling = { oneIn: this.oneIn, bucket: this.name, label, bundle };
    Validations.of(scope).acknowledge({
      id: `AwsSolutions::AwsSolutions-IAM5[Resource::<${this.logicalId}.Arn>/${label}/*]`,
      reason: 'Names of profiles are made at run time; the function may put them below its own name only.',
    });
    return {
      environment: { [ENV.sampling]: Stack.of(this).toJsonString(sampling) },
      allow: [s3(['PutObject'], `${this.bucket.bucketArn}/${label}/*`)],
    };
  }

  private get logicalId(): string {
    const { defaultChild } = this.bucket.node;
    return CfnElement.isCfnElement(defaultChild) ? Stack.of(this).getLogicalId(defaultChild) : '';
  }
}
