import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import type { Change } from '../../lib/core/catalog-diff.ts';
import { type ApiAnswer, createApiClient, failureOf, problemOf } from './api-client.ts';
import { type CatalogFile, type FileIssue, formatIssue, parseCatalogFile } from './catalog-file.ts';
import { fillLocalSecrets, type FillOptions } from './local-secrets.ts';
import { findStack } from './stack-address.ts';
import { CommandError, type Terminal } from './terminal.ts';

export type ShownChange = Pick<Change, 'op' | 'kind' | 'id' | 'fields'>;

export interface ApplyOptions {
  /** Path of a `catalog.yaml`. */
  readonly file: string;
  readonly apiUrl: string;
  readonly apiKey: string;
  /** Values of `${NAME}`. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** Remove entries that the file does not name. */
  readonly prune: boolean;
  /** The local stack, whose secrets are filled in first. */
  readonly local?: Pick<FillOptions, 'file' | 'twinUrl' | 'smtpUrl'> | undefined;
  /** Sees what would change and decides; true when absent. */
  readonly confirm?: (changes: readonly ShownChange[]) => Promise<boolean>;
}

export type Applied =
  | { readonly ok: true; readonly changes: readonly ShownChange[]; readonly applied: boolean }
  | { readonly ok: false; readonly issues: readonly FileIssue[] };

/**
 * Makes the catalog of a stack equal to a file. Nothing is written when anything in the file is wrong.
 * Throws `CommandError` when the file or the API cannot be used at all.
 */
export async function applyCatalog(options: ApplyOptions): Promise<Applied> {
  const text = await readFile(options.file, 'utf8').catch(() => {
    throw new CommandError(`${options.file} cannot be read`);
  });
  const read = parseCatalogFile(text, options.variables);
  if (!read.ok) return read;
  const { catalog } = read.file;
  if (options.local) await fillLocalSecrets({ ...options.local, catalog });

  const call = createApiClient(options);
  const keep = options.prune ? '' : '&keep=true';
  const plan = await call<Plan>('PUT', `/v1/catalog?dryRun=true${keep}`, catalog);
  if (plan.status !== 200) return issuesOf(plan, read.file);
  const { changes } = plan.body;
  const wanted = changes.length > 0 && (await (options.confirm?.(changes) ?? true));
  if (!wanted) return { ok: true, changes, applied: false };

  const seen = plan.headers.get('etag') ?? '';
  const done = await call('PUT', `/v1/catalog?dryRun=false${keep}`, catalog, { 'if-match': seen });
  if (done.status !== 200) return issuesOf(done, read.file);
  return { ok: true, changes, applied: true };
}

interface Plan {
  readonly changes: readonly ShownChange[];
}

function issuesOf(answer: ApiAnswer, file: CatalogFile): Applied {
  const errors = answer.status === 422 ? (problemOf(answer)?.errors ?? []) : [];
  if (errors.length === 0) throw failureOf(answer);
  return { ok: false, issues: errors.map(file.issueOf) };
}

export const APPLY_USAGE = `fanfare apply FILE [--api URL --key KEY | --local] [--yes] [--dry-run] [--keep] [--no-wait]

Makes the catalog of a stack equal to FILE and shows what changes.
  --api, --key   a deployed stack; the key may stand in FANFARE_API_KEY instead
  --local        the stack on this machine (this is the default)
  --dry-run      only show what would change
  --keep         leave entries that FILE does not name
  --no-wait      do not wait until every function has it
  --yes          do not ask`;

/** `fanfare apply`: 0 when the catalog is as the file says, 1 otherwise. */
export async function apply(args: readonly string[], terminal: Terminal): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      api: { type: 'string' },
      key: { type: 'string' },
      local: { type: 'boolean' },
      yes: { type: 'boolean' },
      'dry-run': { type: 'boolean' },
      keep: { type: 'boolean' },
      'no-wait': { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  const [file, ...more] = positionals;
  if (values.help) return (terminal.say(APPLY_USAGE), 0);
  if (file === undefined || more.length > 0)
    throw new CommandError(`name one catalog file\n\n${APPLY_USAGE}`);
  if (values.local && values.api !== undefined) throw new CommandError('--local does not go with --api');

  const { apiUrl, apiKey, local } = await findStack(values, terminal);
  const result = await applyCatalog({
    file,
    apiUrl,
    apiKey,
    variables: { ...local?.variables, ...terminal.env },
    prune: !values.keep,
    local: local && {
      file: join(terminal.cwd, '.fanfare', 'secrets.json'),
      twinUrl: local.twinUrl,
      smtpUrl: local.variables['SMTP_URL'],
    },
    async confirm(changes) {
      for (const change of changes) terminal.say(formatChange(change));
      if (values['dry-run']) return false;
      if (values.yes || local) return true;
      const answer = await terminal.ask(`Apply ${changes.length} changes to ${apiUrl}?`);
      if (answer === undefined) throw new CommandError('nobody is here to say yes; add --yes');
      return answer;
    },
  });
  if (!result.ok) {
    for (const issue of result.issues)
      terminal.complain(formatIssue(relative(terminal.cwd, file) || file, issue));
    return 1;
  }
  if (result.applied && !values['no-wait']) {
    terminal.progress('applied; waiting until every function has it ...');
    await terminal.wait(IN_EFFECT_MS);
    terminal.progress('');
  }
  terminal.say(summaryOf(result, values));
  return result.applied || result.changes.length === 0 || values['dry-run'] ? 0 : 1;
}

/** Warm functions look at the catalog's version every 10 s. */
const IN_EFFECT_MS = 10_500;

const SIGNS = { create: '+', update: '~', delete: '-' } as const;

/** `~ destination ops (settings.webhookUrl)` */
export function formatChange({ op, kind, id, fields }: ShownChange): string {
  return `${SIGNS[op]} ${kind} ${id}${fields.length > 0 ? ` (${fields.join(', ')})` : ''}`;
}

function summaryOf(
  { changes, applied }: Extract<Applied, { ok: true }>,
  flags: { readonly 'dry-run'?: boolean; readonly 'no-wait'?: boolean },
): string {
  if (changes.length === 0) return 'The catalog is as the file says; nothing to do.';
  const counts = (['create', 'update', 'delete'] as const).map(
    (op) => changes.filter((change) => change.op === op).length,
  );
  const text = `${counts[0]} new, ${counts[1]} changed, ${counts[2]} removed`;
  if (applied) return `Applied: ${text}; in effect${flags['no-wait'] ? ' within 10 s' : ''}.`;
  return flags['dry-run'] ? `Would apply: ${text}.` : `Not applied: ${text}.`;
}
