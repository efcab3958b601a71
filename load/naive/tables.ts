/** Tables of Powertools' idempotency and of the limiter, as these packages want them. */
export const NAIVE_TABLES = {
  idempotency: { name: 'naive-idempotency', hash: 'id', indexes: [], ttl: 'expiration' },
  limits: { name: 'naive-limits', hash: 'key', indexes: [], ttl: 'expire' },
} as const;
