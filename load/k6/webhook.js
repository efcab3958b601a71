/* global __ENV */
import http from 'k6/http';
import exec from 'k6/execution';
import { check } from 'k6';
import { alertmanager, event } from './payload.js';

/*
 * Steady posts to a deployed stack, where one machine with the driver is not enough:
 *
 *     k6 run -e API_URL=https://abc.execute-api.eu-central-1.amazonaws.com -e API_KEY=fan_live_... \
 *       -e RATE=1000 -e MINUTES=10 -e ALERTS=1 load/k6/webhook.js
 */
const { API_URL, API_KEY, RATE = '100', MINUTES = '1', ALERTS = '1', KIND = 'webhook' } = __ENV;

export const options = {
  scenarios: {
    steady: {
      executor: 'constant-arrival-rate',
      exec: 'post',
      rate: Number(RATE),
      timeUnit: '1s',
      duration: `${MINUTES}m`,
      preAllocatedVUs: Math.max(10, Number(RATE)),
    },
  },
  thresholds: {
    http_req_failed: ['rate<0.0001'],
    http_req_duration: ['p(95)<500', 'p(99)<1000'],
    checks: ['rate>0.9999'],
    // An iteration that finds no free VU is left out: times would then be those of the others.
    dropped_iterations: ['count<1'],
  },
};

const run = Date.now().toString(36);

export function post() {
  const n = `${run}-${exec.scenario.iterationInTest}`;
  const [path, body] =
    KIND === 'events' ? ['/v1/events', event(n)] : ['/webhook', alertmanager(n, Number(ALERTS))];
  const headers = { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json' };
  const reply = http.post(`${API_URL}${path}`, JSON.stringify(body), { headers });
  check(reply, { 'is accepted': ({ status }) => status === 202 });
}
