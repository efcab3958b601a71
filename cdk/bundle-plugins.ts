import { readFile } from 'node:fs/promises';
import type { Plugin } from 'esbuild';
import { leanErrors } from './lean-errors.ts';

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
 * Leaves out of the SDK what finds nothing on Lambda, or what DynamoDB and SQS have no use for. Credentials
 * come from the environment alone: the chain of a dozen other sources costs 130 KB and 16 ms. Profiles in files
 * do not exist there, and must not be read on a developer's machine either, and the region is never asked of EC2.
 * Event streams (16 KB, and 2 KB that format the headers of their signatures) are loaded on demand by services that
 * stream. Endpoint discovery (8 KB) asks DynamoDB for endpoints nobody needs. A SHA-256 in
 * JavaScript (3 KB) stands in where Node has none, and the limiter of adaptive retries (3 KB) works only when a
 * function is told to use them. Error classes (11 KB) come from one function. Of its package.json a client reads the
 * version; of the partitions, what is said of their regions (3 KB) is their names, which rules by pattern find, too.
 * MD5 in JavaScript is for where Node has none, and dates in four notations are read by what Node has. Readers and
 * writers that follow a schema (12 KB) come to the same as `JSON` (lib/platform/lean-client.ts).
 */
export const leanSdk: Plugin = {
  name: 'lean-sdk',
  setup(build) {
    const replace = (filter: RegExp, contents: string): void => {
      const namespace = `lean-sdk:${filter.source}`;
      build.onResolve({ filter }, ({ path }) => ({ path, namespace }));
      build.onLoad({ filter: /.*/, namespace }, () => ({ loader: 'js', contents }));
    };
    replace(/^@aws-sdk\/credential-provider-node$/, ENVIRONMENT_CREDENTIALS);
    replace(/^@smithy\/core\/event-streams$/, 'export {};');
    replace(/\/loadSharedConfigFiles$/, NO_PROFILES);
    replace(/^@aws-sdk\/middleware-endpoint-discovery$/, NO_DISCOVERY);
    replace(/\/Sha256Js$/, 'export const Sha256Js = undefined;');
    replace(/\/DefaultRateLimiter$/, NO_LIMITER);
    replace(/\/HeaderFormatter$/, 'export class HeaderFormatter {}');
    replace(
      /\/getInstanceMetadataRegion$/,
      'export const getInstanceMetadataRegion = async () => undefined;',
    );
    replace(/\/Md5Js$/, 'export const Md5Js = undefined;');
    replace(/\/date-utils$/, DATES);
    replace(/\/JsonShapeSerializer2$/, SERIALIZER);
    replace(/\/JsonShapeDeserializer2$/, DESERIALIZER);
    replace(/^@aws-sdk\/dynamodb-codec$/, CODEC);
    build.onLoad({ filter: /\/lib\/aws\/partitions\.js$/ }, async ({ path }) => ({
      loader: 'js',
      contents: (await readFile(path, 'utf8')).replace(
        /"regions": \{(?:[^{}]|\{[^{}]*\})*\}/g,
        '"regions": {}',
      ),
    }));
    build.onLoad({ filter: /@aws-sdk\/client-[a-z]+\/dist-es\/models\/errors\.js$/ }, async ({ path }) => ({
      loader: 'js',
      contents: leanErrors(await readFile(path, 'utf8')),
    }));
    build.onLoad({ filter: /@aws-sdk\/client-[a-z]+\/package\.json$/ }, async ({ path }) => {
      const { version }: { version: string } = JSON.parse(await readFile(path, 'utf8'));
      return { loader: 'json', contents: JSON.stringify({ version }) };
    });
  },
};

const ENVIRONMENT_CREDENTIALS = `
export const defaultProvider = () => async () => {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: sessionToken } = process.env;
  if (!accessKeyId || !secretAccessKey) throw new Error('AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set');
  return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) };
};`;

const NO_DISCOVERY = `
export const NODE_ENDPOINT_DISCOVERY_CONFIG_OPTIONS = {
  environmentVariableSelector: () => undefined,
  configFileSelector: () => undefined,
  default: false,
};
export const resolveEndpointDiscoveryConfig = (config) => config;`;

const DATES = `
const read = (value) => {
  if (value === null || value === undefined) return undefined;
  const date = new Date(value);
  if (Number.isNaN(date.getTime())) throw new TypeError('no date: ' + value);
  return date;
};
export const dateToUtcString = (date) => date.toUTCString();
export const parseRfc3339DateTime = read;
export const parseRfc3339DateTimeWithOffset = read;
export const parseRfc7231DateTime = read;
export const parseEpochTimestamp = (value) =>
  value === null || value === undefined ? undefined : read(Math.round(Number(value.tag === 1 ? value.value : value) * 1000));
`;

const SERIALIZER = `
export class JsonShapeSerializer2 {
  setSerdeContext() {}
  write(_, value) { this.text = JSON.stringify(value); }
  flush() { return this.text; }
}`;

const DESERIALIZER = `
export class JsonShapeDeserializer2 {
  setSerdeContext() {}
  async read(_, data) { return JSON.parse(typeof data === 'string' ? data : Buffer.from(data).toString()); }
  readObject(_, value) { return value; }
}`;

const CODEC = `${SERIALIZER}${DESERIALIZER}
export class DynamoDBJsonCodec2 {
  setSerdeContext() {}
  createSerializer() { return new JsonShapeSerializer2(); }
  createDeserializer() { return new JsonShapeDeserializer2(); }
}`;

/** Adaptive retries are then standard ones. */
const NO_LIMITER = `
export class DefaultRateLimiter {
  async getSendToken() {}
  updateClientSendingRate() {}
}`;

const NO_PROFILES = `
export const CONFIG_PREFIX_SEPARATOR = '.';
export const loadSharedConfigFiles = async () => ({ configFile: {}, credentialsFile: {} });`;
