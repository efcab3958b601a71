import { readFile } from 'node:fs/promises';
import type { Plugin } from 'esbuild';

/**
 * `import 'node:http'` in an ES module builds the namespace of a module whose lazy getters load all of Node's
 * undici: 40 to 50 ms at each cold start (nodejs/node#59686). This hands out the few members in use instead.
 */
export const httpShim: Plugin = {
  name: 'http-shim',
  setup(build) {
    build.onResolve({ filter: /^(node:)?(http|https|http2)$/ }, ({ path }) => ({
      path: path.replace('node:', ''),
      namespace: 'http-shim',
    }));
    build.onLoad({ filter: /.*/, namespace: 'http-shim' }, ({ path }) => ({
      loader: 'js',
      contents: path === 'http2' ? lazily('node:http2') : members(`node:${path}`),
    }));
  },
};

function members(module: string): string {
  const names = ['request', 'get', 'Agent', 'globalAgent', 'STATUS_CODES'];
  return `const m = process.getBuiltinModule('${module}');
module.exports = { ${names.map((name) => `${name}: m.${name}`).join(', ')} };`;
}

function lazily(module: string): string {
  return `module.exports = new Proxy({}, { get: (_, name) => process.getBuiltinModule('${module}')[name] });`;
}

/**
 * Lambda supplies credentials in the environment and nowhere else; the SDK's chain of a dozen other sources
 * costs 130 KB and 16 ms.
 */
export const environmentCredentials: Plugin = {
  name: 'environment-credentials',
  setup(build) {
    build.onResolve({ filter: /^@aws-sdk\/credential-provider-node$/ }, () => ({
      path: 'environment-credentials',
      namespace: 'environment-credentials',
    }));
    build.onLoad({ filter: /.*/, namespace: 'environment-credentials' }, () => ({
      loader: 'js',
      contents: `export const defaultProvider = () => async () => {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: sessionToken } = process.env;
  if (!accessKeyId || !secretAccessKey) throw new Error('AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set');
  return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) };
};`,
    }));
  },
};

/**
 * Leaves out of the SDK what DynamoDB and SQS have no use for: event streams, loaded on demand by services
 * that stream, and all of a client's package.json but the version it reports.
 */
export const leanSdk: Plugin = {
  name: 'lean-sdk',
  setup(build) {
    build.onResolve({ filter: /^@smithy\/core\/event-streams$/ }, () => ({ path: 'event-streams', namespace: 'lean-sdk' }));
    build.onLoad({ filter: /^event-streams$/, namespace: 'lean-sdk' }, () => ({ loader: 'js', contents: 'export {};' }));
    build.onLoad({ filter: /@aws-sdk\/client-[a-z]+\/package\.json$/ }, async ({ path }) => {
      const { version } = JSON.parse(await readFile(path, 'utf8')) as { version: string };
      return { loader: 'json', contents: JSON.stringify({ version }) };
    });
  },
};
