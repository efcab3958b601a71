import type { Rate } from './catalog.ts';

type Headers = Readonly<Record<string, string>>;

const HOUR_MS = 3_600_000;

/**
 * The slowest policy of `RateLimit-Policy`, as `"default";q=100;w=60` (draft-ietf-httpapi-ratelimit-headers-08 on) or
 * `100;w=60` (before). Policies that make no sense are passed over.
 */
export function policyRate(headers: Headers): Rate | undefined {
  const policies = (headers['ratelimit-policy'] ?? '').slice(0, 1_000).split(',');
  const rates = policies.flatMap((policy) => {
    const [name = '', ...rest] = policy.split(';').map((part) => part.trim());
    const valueOf = (key: string): string | undefined =>
      rest.find((part) => part.startsWith(`${key}=`))?.slice(key.length + 1);
    return statedRate(Number(valueOf('q') ?? name), Number(valueOf('w')) * 1_000) ?? [];
  });
  return rates.toSorted((a, b) => a.limit / a.perMs - b.limit / b.perMs)[0];
}

/**
 * The rate of a Discord bucket, which tells its window only in the reply to its first request: then it resets after
 * the whole of it (docs.discord.com/developers/topics/rate-limits, Header Format).
 */
export function bucketRate(headers: Headers): Rate | undefined {
  const limit = Number(headers['x-ratelimit-limit']);
  if (Number(headers['x-ratelimit-remaining']) !== limit - 1) return undefined;
  // In halves of a second: the time on the way differs each time, and a new value costs a write.
  return statedRate(limit, Math.ceil(Number(headers['x-ratelimit-reset-after']) * 2) * 500);
}

/** A rate that a provider may mean; anything else is junk. */
export function statedRate(limit: number, perMs: number): Rate | undefined {
  const fits =
    Number.isInteger(limit) && limit >= 1 && limit <= 1_000_000 && perMs >= 500 && perMs <= 24 * HOUR_MS;
  return fits && Number.isInteger(perMs) ? { limit, perMs } : undefined;
}
