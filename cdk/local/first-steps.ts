import { setTimeout as sleep } from 'node:timers/promises';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { hashSecret, parseApiKey } from '../../lib/core/api-key.ts';
import { SCOPES } from '../../lib/core/catalog.ts';
import { createCredentialWriter } from '../../lib/stores/credential-writer.ts';
import { applyCatalog } from '../cli/apply.ts';
import { createApiClient } from '../cli/api-client.ts';
import { formatIssue } from '../cli/catalog-file.ts';
import { fillLocalSecrets } from '../cli/local-secrets.ts';
import { type LocalState, moveUrls } from './local-state.ts';

const TENANT = 'default';

/** Lets the holder of the key in: writes its hash into the catalog table, where `fanfare init` puts it on AWS. */
export async function admit(
  apiKey: string,
  { client, table }: { client: DynamoDBClient; table: string },
): Promise<void> {
  const key = parseApiKey(apiKey);
  if (!key) throw new Error('the API key in .fanfare/state.json is damaged: remove that file');
  const writer = createCredentialWriter({ client, name: table, wait: (ms) => sleep(ms) });
  await writer.putKey(key.id, {
    tenant: TENANT,
    hash: hashSecret(key.secret),
    scopes: SCOPES,
    createdAt: Date.now(),
  });
}

export interface CatalogOptions {
  readonly apiUrl: string;
  readonly apiKey: string;
  readonly twinUrl: string;
  readonly smtpUrl: string;
  readonly secretsFile: string;
  /** Applied in any case; without it `fallback` is, when the tenant has no catalog yet. */
  readonly file?: string | undefined;
  readonly fallback: string;
  /** Where the twin was the last time: entries may name it. */
  readonly before: Pick<LocalState, 'twinUrl' | 'smtpUrl'>;
}

/** Sees to it that there is a catalog and that its secret references have values. */
export async function provideCatalog(options: CatalogOptions): Promise<void> {
  const { apiUrl, apiKey, twinUrl, smtpUrl, secretsFile } = options;
  const call = createApiClient(options);
  const { status, body, headers } = await call('GET', '/v1/catalog');
  if (status !== 200) throw new Error(`GET /v1/catalog answered ${status}: ${JSON.stringify(body)}`);
  const text = JSON.stringify(body);
  const moved = moveUrls(text, options.before, options);
  const catalog: Readonly<Record<string, unknown>> = JSON.parse(moved);
  const isEmpty = listLength(catalog['destinations']) + listLength(catalog['routes']) === 0;
  const file = options.file ?? (isEmpty ? options.fallback : undefined);
  if (file === undefined) {
    if (moved !== text)
      await call('PUT', '/v1/catalog?dryRun=false', catalog, { 'if-match': headers.get('etag') ?? '' });
    await fillLocalSecrets({ catalog, file: secretsFile, twinUrl, smtpUrl });
    return;
  }
  const applied = await applyCatalog({
    file,
    apiUrl,
    apiKey,
    variables: { ...process.env, API_URL: apiUrl, TWIN_URL: twinUrl, SMTP_URL: smtpUrl },
    prune: true,
    local: { twinUrl, smtpUrl, file: secretsFile },
  });
  if (!applied.ok) throw new Error(applied.issues.map((issue) => formatIssue(file, issue)).join('\n'));
}

function listLength(value: unknown): number {
  return Array.isArray(value) ? value.length : 0;
}
