import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ACCOUNT } from './aws-names.ts';
import type { Access } from './dynamo-call.ts';
import type { Forwarded } from './forward.ts';

/** An error as the JSON protocols of AWS spell it. */
export function refusal(type: string, message: string, status = 400): Forwarded {
  return {
    status,
    headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amzn-errortype': type },
    body: Buffer.from(JSON.stringify({ __type: type, message })),
  };
}

/** The refusal of a call that no policy allows, in the words of IAM. */
export function accessDenied(caller: string, { action, resource }: Access): Forwarded {
  const user = `arn:aws:sts::${ACCOUNT}:assumed-role/${caller}`;
  return refusal(
    'AccessDeniedException',
    `User: ${user} is not authorized to perform: ${action} on resource: ${resource} because no identity-based policy allows the ${action} action`,
  );
}

/** SSM `GetParameters`, answered from the local secrets. */
export function parametersAnswer(
  body: Buffer,
  valueOf: (name: string) => string | undefined = () => undefined,
): Forwarded {
  const { Names = [] }: { Names?: readonly string[] } = JSON.parse(body.toString());
  const Parameters = Names.flatMap((Name) => {
    const Value = valueOf(Name);
    return Value === undefined ? [] : [{ Name, Value, Type: 'SecureString', Version: 1 }];
  });
  const InvalidParameters = Names.filter((name) => valueOf(name) === undefined);
  return {
    status: 200,
    headers: { 'content-type': 'application/x-amz-json-1.1' },
    body: Buffer.from(JSON.stringify({ Parameters, InvalidParameters })),
  };
}

/** S3 `PutObject`: a bucket is a folder, an object a file in it. */
export function objectAnswer(path: string, body: Buffer, folder: string | undefined): Forwarded {
  if (folder === undefined) return refusal('ServiceUnavailable', 's3 is not running', 503);
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, body);
  return { status: 200, headers: {}, body: Buffer.alloc(0) };
}
