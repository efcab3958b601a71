/** One received request, as kept: the bytes once, parsed again when somebody looks. */
export interface Received {
  readonly channel: string;
  readonly destination: string;
  readonly transport: 'http' | 'smtp';
  /** Path and query of an HTTP request, envelope of a mail. */
  readonly path: string;
  /** Epoch ms of the arrival. */
  readonly atMs: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly raw: Buffer;
  readonly verdict: 'accepted' | 'refused';
  readonly why: string | undefined;
  /** The message that it made or changed, as its provider calls it. */
  readonly message?: string | undefined;
  /** HTTP status or SMTP code answered; `undefined`: never answered. */
  readonly status: number | undefined;
}

export interface Stored extends Received {
  /** 1-based, in order of arrival. */
  readonly id: number;
}

export interface Query {
  readonly channel?: string | undefined;
  readonly destination?: string | undefined;
  readonly verdict?: string | undefined;
  /** Epoch ms: only what arrived later. */
  readonly afterMs?: number | undefined;
  /** Only the newest so many. */
  readonly last?: number | undefined;
}

export interface Tally {
  accepted: number;
  refused: number;
}

export interface Inbox {
  readonly add: (received: Received) => Stored;
  readonly find: (id: number) => Stored | undefined;
  /** All that made a message what it is: how it was sent, then its changes; nothing where none can be made. */
  readonly history: (channel: string, message: string | undefined) => readonly Stored[];
  /** In order of arrival. */
  readonly list: (query: Query) => Stored[];
  readonly clear: () => void;
  /** Everything since the last clear, the forgotten ones too. */
  totals(): {
    readonly total: number;
    readonly forgotten: number;
    readonly channels: ReadonlyMap<string, Tally>;
  };
}

export interface InboxCaps {
  readonly entries: number;
  /** Of all raw bodies together. */
  readonly bytes: number;
}

function nameOf(channel: string, message: string): string {
  return `${channel} ${message}`;
}

/** Keeps what came, in order; beyond a cap the oldest go. Ids go on after a clear. */
export function createInbox({ entries: maxEntries, bytes: maxBytes }: InboxCaps): Inbox {
  let kept: Stored[] = [];
  let bytes = 0;
  let serial = 0;
  let total = 0;
  let channels = new Map<string, Tally>();
  let messages = new Map<string, Stored[]>();

  function forgetOldest(): void {
    const oldest = kept.shift();
    bytes -= oldest?.raw.length ?? 0;
    if (oldest?.message !== undefined) messages.delete(nameOf(oldest.channel, oldest.message));
  }

  return {
    add(received) {
      serial += 1;
      total += 1;
      const stored = { ...received, id: serial };
      kept.push(stored);
      bytes += stored.raw.length;
      if (stored.message !== undefined) {
        const name = nameOf(stored.channel, stored.message);
        messages.set(name, [...(messages.get(name) ?? []), stored]);
      }
      const tally = channels.get(stored.channel) ?? { accepted: 0, refused: 0 };
      tally[stored.verdict] += 1;
      channels.set(stored.channel, tally);
      while (kept.length > maxEntries || (bytes > maxBytes && kept.length > 1)) forgetOldest();
      return stored;
    },
    find(id) {
      return kept[id - (kept[0]?.id ?? 0)];
    },
    history: (channel, message) =>
      message === undefined ? [] : (messages.get(nameOf(channel, message)) ?? []),
    list({ channel, destination, verdict, afterMs, last }) {
      const found: Stored[] = [];
      for (let i = kept.length - 1; i >= 0 && found.length < (last ?? Infinity); i -= 1) {
        const stored = kept[i];
        if (!stored || (channel !== undefined && stored.channel !== channel)) continue;
        if (destination !== undefined && stored.destination !== destination) continue;
        if (verdict !== undefined && stored.verdict !== verdict) continue;
        if (afterMs !== undefined && stored.atMs <= afterMs) continue;
        found.push(stored);
      }
      return found.toReversed();
    },
    clear() {
      kept = [];
      bytes = 0;
      total = 0;
      channels = new Map();
      messages = new Map();
    },
    totals: () => ({ total, forgotten: total - kept.length, channels }),
  };
}
