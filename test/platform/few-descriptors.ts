import { type Outcome, outcomeOf } from '../../lib/core/outcome.ts';
import { createHttp } from '../../lib/platform/http.ts';
import { readLocalHosts } from '../../lib/platform/local-hosts.ts';

/*
 * A process of its own that posts to all its local hosts at once, then to the first of them, and prints what came
 * of it. It is started with fewer file descriptors than that takes.
 */
const hosts = readLocalHosts();
const { send } = createHttp({ localHosts: hosts });

async function post(host: string): Promise<Outcome> {
  const call = { method: 'POST', url: `http://${host}/`, headers: {}, body: 'x' };
  return outcomeOf(await send(call, { timeoutMs: 5_000, secrets: [] }), Date.now());
}

const atOnce = await Promise.all(hosts.map(post));
const afterwards = await post(hosts[0]!);
console.log(JSON.stringify({ atOnce, afterwards }));
// Connections that are kept must not keep the process.
process.exit();
