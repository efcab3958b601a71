import type { Channel } from '../../channel.ts';
import { parseAddress } from '../../core/address.ts';
import { type Destination, secretNames } from '../../core/catalog.ts';
import type { EntryInput } from '../../core/catalog-input.ts';
import type { ProblemIssue } from '../../core/problem.ts';
import { hostAndPort } from '../../core/url-guard.ts';
import { checkSettings, normalizeSettings, resolveSettings } from '../../settings.ts';

export interface DestinationDeps {
  readonly channels: ReadonlyMap<string, Channel>;
  /** Names of those that this stack delivers to: only they have their rights and their alarms. */
  readonly deployed: ReadonlySet<string>;
  /** Values by reference name; those without a value are absent. */
  readonly secrets: (tenant: string, names: readonly string[]) => Promise<ReadonlyMap<string, string>>;
  /** Whether a host name resolves to a private address. One that does not resolve is no error here. */
  readonly isPrivate: (host: string) => Promise<boolean>;
  readonly localHosts: readonly string[];
  readonly apiHost?: string | undefined;
}

export interface CheckedDestination {
  readonly body: Pick<Destination, 'channel' | 'settings' | 'maybe' | 'merge'>;
  readonly pointer: string;
}

/**
 * Checks a destination as far as can be known now: its settings, the values behind its references where they
 * exist already, and where its URLs lead. The connector checks addresses again at every send.
 */
export async function checkDestination(
  tenant: string,
  { body, pointer }: CheckedDestination,
  deps: DestinationDeps,
): Promise<ProblemIssue[]> {
  const { channel: name, settings, maybe, merge } = body;
  const channel = deps.channels.get(name);
  if (!channel) {
    const detail = `there is no such channel; the channels are ${[...deps.channels.keys()].join(', ')}`;
    return [{ pointer: `${pointer}/channel`, code: 'oneOf', detail }];
  }
  if (!deps.deployed.has(name)) {
    const detail = `this stack does not deliver to ${name}: name it in the setting "channels" and deploy again`;
    return [{ pointer: `${pointer}/channel`, code: 'oneOf', detail }];
  }
  if (maybe === 'providerKey' && !channel.providerKey) {
    const detail = `${name} knows no idempotency keys; write resend or hold`;
    return [{ pointer: `${pointer}/maybe`, code: 'oneOf', detail }];
  }
  if (merge && !channel.canMerge) {
    const detail = `a message to ${name} tells of one event; write false, or leave it out`;
    return [{ pointer: `${pointer}/merge`, code: 'invalid', detail }];
  }
  const rules = { localHosts: deps.localHosts, apiHost: deps.apiHost };
  const issueAt = (field: string, message: string, code = 'invalid'): ProblemIssue => ({
    pointer: `${pointer}/settings${field === '' ? '' : `/${field}`}`,
    code,
    detail: message,
  });

  const issues = checkSettings(channel, settings, rules);
  if (issues.length > 0) return issues.map(({ field, message, code }) => issueAt(field, message, code));
  const values = await settingValues(tenant, settings, deps);
  if (!values) return [];
  const resolved = resolveSettings(channel, settings, values, rules);
  if (!resolved.ok) return resolved.issues.map(({ field, message, code }) => issueAt(field, message, code));
  const blocked = await blockedFields(channel, resolved.settings, deps);
  return blocked.map((field) => issueAt(field, 'this host resolves to a private address', 'url-blocked'));
}

type GivenSettings = Readonly<Record<string, unknown>>;

/** A destination in the form in which it is kept, mail domains in punycode; other entries as they are. */
export function normalizeEntry(input: EntryInput, channels: DestinationDeps['channels']): EntryInput {
  if (input.kind !== 'destination') return input;
  const { body } = input;
  const channel = channels.get(body.channel);
  return channel
    ? { ...input, body: { ...body, settings: normalizeSettings(channel, body.settings) } }
    : input;
}

/** Values of the references; `undefined` while some of them are yet to be stored. */
async function settingValues(
  tenant: string,
  settings: GivenSettings,
  deps: DestinationDeps,
): Promise<ReadonlyMap<string, string> | undefined> {
  const names = secretNames(Object.values(settings));
  const values = names.length > 0 ? await deps.secrets(tenant, names) : new Map<string, string>();
  return names.every((name) => values.has(name)) ? values : undefined;
}

async function blockedFields(
  channel: Channel,
  settings: Readonly<Record<string, unknown>>,
  deps: DestinationDeps,
): Promise<string[]> {
  const verdicts = await Promise.all(
    Object.keys(channel.fields).map(async (field) => {
      const url = typeof settings[field] === 'string' ? URL.parse(settings[field]) : null;
      if (url?.protocol !== 'https:' || deps.localHosts.includes(hostAndPort(url))) return false;
      if (parseAddress(url.hostname.replaceAll(/[[\]]/g, ''))) return false;
      return deps.isPrivate(url.hostname);
    }),
  );
  return Object.keys(channel.fields).filter((_, index) => verdicts[index]);
}
