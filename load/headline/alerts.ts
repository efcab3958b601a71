import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Side } from './interleave.ts';

interface Body {
  readonly alerts: readonly {
    readonly labels: Readonly<Record<string, string>>;
    readonly fingerprint: string;
  }[];
}

const FIXTURE = join(import.meta.dirname, '../../test/fixtures/alertmanager-firing-100.json');

/** What Alertmanager posts for so many alerts with eight labels each, some 55 KB for a hundred. */
export function alertsBody(count = 100): string {
  const body = JSON.parse(readFileSync(FIXTURE, 'utf8')) as Body;
  const alerts = Array.from({ length: count }, (_, n) => {
    const alert = body.alerts[n % body.alerts.length]!;
    const more = {
      cluster: 'eu-west-1a',
      namespace: 'production',
      pod: `checkout-7d9f8b6c5-${n}`,
      team: 'payments',
    };
    // Which alert it is, its fingerprint says.
    const fingerprint = n < body.alerts.length ? alert.fingerprint : n.toString(16).padStart(16, '0');
    return { ...alert, fingerprint, labels: { ...alert.labels, ...more } };
  });
  return JSON.stringify({ ...body, alerts });
}

/** The yard stick: the platform's own parser on that body. */
export function parsing(times: number): Side {
  const body = alertsBody();
  return { run: () => (JSON.parse(body) as Body).alerts.length / 100, times };
}
