import type { Reply } from '../core/outcome.ts';
import type { AwsSend } from './aws.ts';

export interface StoredObject {
  readonly bucket: string;
  /** Letters, digits, `-`, `_`, `.`, `/`: of all services S3 alone signs a path as it is, and these need no escape. */
  readonly key: string;
  readonly body: string;
}

/** Puts JSON into a bucket of the function's own region. */
export function putObject(
  aws: AwsSend,
  { bucket, key, body }: StoredObject,
  timeoutMs: number,
): Promise<Reply> {
  const headers = { 'content-type': 'application/json' };
  return aws(
    { service: 's3', method: 'PUT', path: `/${bucket}/${key}`, headers, body },
    { timeoutMs, secrets: [] },
  );
}
