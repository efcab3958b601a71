import { CommandError } from './terminal.ts';

/** What AWS or the SDK had to say, as a sentence instead of a stack trace. */
export function forPeople(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof CommandError) return error;
  if (error.name === 'CredentialsProviderError')
    return new CommandError('no AWS credentials found: set AWS_PROFILE, or sign in with "aws sso login"');
  if (error.message === 'Region is missing')
    return new CommandError('no AWS region found: add --region, or set AWS_REGION');
  return '$metadata' in error ? new CommandError(`AWS: ${error.name}: ${error.message}`) : error;
}
