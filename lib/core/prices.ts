/** List prices without a free tier, in dollars. */
export const PRICES = {
  at: '2026-11',
  region: 'us-east-1',
  /** aws.amazon.com/api-gateway/pricing: HTTP API, each started 512 KB. */
  httpRequest: 1.0e-6,
  /** aws.amazon.com/lambda/pricing: arm64, first tier. */
  invocation: 0.2e-6,
  gbSecond: 0.000_013_333_4,
  /** aws.amazon.com/sqs/pricing: standard queue and fair queue, each started 64 KB. */
  sqsRequest: 0.5e-6,
  /** The same, standard queue alone. */
  sqsStandardRequest: 0.4e-6,
  /** aws.amazon.com/dynamodb/pricing/on-demand. */
  writeUnit: 0.625e-6,
  readUnit: 0.125e-6,
  /** aws.amazon.com/cloudwatch/pricing: logs taken in. */
  logByte: 0.5e-9,
  /** aws.amazon.com/ec2/pricing/on-demand: data out to the internet. */
  egressByte: 0.09e-9,
} as const;
