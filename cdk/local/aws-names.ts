import type { Lookup, Resource, Template } from './intrinsics.ts';
import { resolve } from './intrinsics.ts';

export const ACCOUNT = '000000000000';
export const REGION = 'us-east-1';

/** Addresses of the running stack that the template refers to. */
export interface Addresses {
  /** Base URL of the HTTP API, no trailing slash. */
  readonly apiUrl: string;
  /** Base of queue URLs, no trailing slash. */
  readonly queueBase: string;
}

/** ARN of a resource of this account. */
export function arn(service: string, resource: string): string {
  return `arn:aws:${service}:${REGION}:${ACCOUNT}:${resource}`;
}

export const queueArn = (name: string): string => arn('sqs', name);
export const tableArn = (name: string): string => arn('dynamodb', `table/${name}`);
export const objectArn = (path: string): string => `arn:aws:s3:::${path}`;
export const functionArn = (name: string): string => arn('lambda', `function:${name}`);

/** A route as Lambda sees it call: `$default` has no method, one part less than others. */
export function routeArn(apiId: string, key: string): string {
  return arn('execute-api', `${apiId}/$default/${key.replace(' ', '')}`);
}

export function queueUrl(base: string, name: string): string {
  return `${base}/${ACCOUNT}/${name}`;
}

/** The last part of an ARN or a queue URL. */
export function lastName(text: string): string {
  return text.slice(Math.max(text.lastIndexOf('/'), text.lastIndexOf(':')) + 1);
}

/** Properties that give a resource a name of its own; without one it is called by its logical id. */
const NAME_PROPERTY: Readonly<Record<string, string>> = {
  'AWS::SQS::Queue': 'QueueName',
  'AWS::DynamoDB::GlobalTable': 'TableName',
  'AWS::DynamoDB::Table': 'TableName',
  'AWS::Lambda::Function': 'FunctionName',
  'AWS::IAM::Role': 'RoleName',
  'AWS::Logs::LogGroup': 'LogGroupName',
  'AWS::SNS::Topic': 'TopicName',
  'AWS::S3::Bucket': 'BucketName',
};

/** What the resources of a template are called on this machine: the local answer to `Ref` and `Fn::GetAtt`. */
export function createLookup(template: Template, stackName: string, addresses: Addresses): Lookup {
  const pseudo: Readonly<Record<string, string>> = {
    'AWS::Region': REGION,
    'AWS::AccountId': ACCOUNT,
    'AWS::Partition': 'aws',
    'AWS::URLSuffix': 'amazonaws.com',
    'AWS::StackName': stackName,
    'AWS::StackId': arn('cloudformation', `stack/${stackName}/local`),
  };
  const lookup: Lookup = (id, attribute) => {
    const resource = template.Resources[id];
    if (!resource) return attribute ? undefined : pseudo[id];
    return attribute
      ? attributeOf(resource, physicalName(id, resource, lookup), attribute)
      : refOf(id, resource);
  };
  const refOf = (id: string, resource: Resource): string => {
    const name = physicalName(id, resource, lookup);
    if (resource.Type === 'AWS::SQS::Queue') return queueUrl(addresses.queueBase, name);
    return resource.Type === 'AWS::SNS::Topic' ? arn('sns', name) : name;
  };
  const attributeOf = ({ Type }: Resource, name: string, attribute: string): string | undefined => {
    const attributes: Readonly<Record<string, string>> = {
      'AWS::SQS::Queue.Arn': queueArn(name),
      'AWS::SQS::Queue.QueueName': name,
      'AWS::SQS::Queue.QueueUrl': queueUrl(addresses.queueBase, name),
      'AWS::DynamoDB::GlobalTable.Arn': tableArn(name),
      'AWS::DynamoDB::Table.Arn': tableArn(name),
      'AWS::Lambda::Function.Arn': functionArn(name),
      'AWS::IAM::Role.Arn': `arn:aws:iam::${ACCOUNT}:role/${name}`,
      'AWS::Logs::LogGroup.Arn': arn('logs', `log-group:${name}:*`),
      'AWS::S3::Bucket.Arn': objectArn(name),
      'AWS::SNS::Topic.TopicArn': arn('sns', name),
      'AWS::SNS::Topic.TopicName': name,
      'AWS::ApiGatewayV2::Api.ApiEndpoint': addresses.apiUrl,
      'AWS::ApiGatewayV2::Api.ApiId': name,
    };
    return attributes[`${Type}.${attribute}`];
  };
  return lookup;
}

export function physicalName(id: string, { Type, Properties }: Resource, lookup: Lookup): string {
  const property = NAME_PROPERTY[Type];
  const given = property === undefined ? undefined : resolve(Properties?.[property], lookup);
  return typeof given === 'string' ? given : id;
}
