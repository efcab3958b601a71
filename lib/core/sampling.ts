import { isObject } from './is-object.ts';

/** Which runs of a function are profiled, and where their profiles go. */
export interface Sampling {
  /** One run in so many, by chance: environments live for few runs, and counting would meet only the long-lived. */
  readonly oneIn: number;
  readonly bucket: string;
  /** What alarms call the function, and the bundle it runs: several run the same. */
  readonly label: string;
  readonly bundle: string;
}

const WORD = /^[\w-]+$/;
/** A bucket that CloudFormation names has no dots, which a certificate would not fit. */
const BUCKET = /^[a-z0-9-]{3,63}$/i;

/** `undefined` also for what cannot be read: no function stands still for want of being watched. */
export function parseSampling(text = ''): Sampling | undefined {
  const given = parsed(text);
  if (!isObject(given)) return undefined;
  const { oneIn, bucket, label, bundle } = given;
  if (typeof oneIn !== 'number' || !(oneIn >= 1)) return undefined;
  if (!fits(bucket, BUCKET) || !fits(label, WORD) || !fits(bundle, WORD)) return undefined;
  return { oneIn, bucket, label, bundle };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function fits(value: unknown, pattern: RegExp): value is string {
  return typeof value === 'string' && pattern.test(value);
}
