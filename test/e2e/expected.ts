import { fixture } from './rig.ts';

/** What the reader of a message must find in it, told by the fixture and not by our code. */
export interface Expected {
  readonly title: string;
  readonly text: string;
  readonly severity?: 'critical' | 'error' | 'warning' | 'info';
  readonly status?: 'firing' | 'resolved';
  /** Line below the text, without the time. */
  readonly about: string;
}

interface RawAlert {
  readonly status?: 'firing' | 'resolved';
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export function alertsIn(name: string): readonly RawAlert[] {
  const body = fixture(name) as {
    readonly alerts?: readonly RawAlert[];
    readonly groups?: readonly { readonly alerts: readonly RawAlert[] }[];
  };
  if (Array.isArray(body)) return body as RawAlert[];
  return body.alerts ?? (body.groups ?? []).flatMap(({ alerts }) => alerts);
}

export function expectedAlerts(name: string, source: string): readonly Expected[] {
  return alertsIn(name).map(({ status = 'firing', labels, annotations }) => ({
    title: `[${status.toUpperCase()}] ${labels['alertname']} (${labels['instance']})`,
    text: [annotations['summary'], annotations['description']].filter(Boolean).join('\n'),
    severity: labels['severity'] as 'warning',
    status,
    about: `alert.${status} · ${labels['alertname']} · ${source}`,
  }));
}

type Look = readonly [emoji: string, colour: string, label: string];

const LOOKS: Readonly<Record<NonNullable<Expected['severity']>, Look>> = {
  critical: ['🚨 ', '#b71c1c', '[CRITICAL] '],
  error: ['🔴 ', '#e53935', '[ERROR] '],
  warning: ['🟠 ', '#fb8c00', '[WARNING] '],
  info: ['🔵 ', '#1e88e5', '[INFO] '],
};

/** Emoji, colour and word of a severity, as the reference of channels lists them. */
export function lookOf({ severity, status }: Expected): Look {
  if (status === 'resolved') return ['✅ ', '#43a047', '[RESOLVED] '];
  return severity ? LOOKS[severity] : ['', '#607d8b', ''];
}

/** One message as every channel must show it, in the words of that channel. */
export type Shown = readonly [title: string, text: string, about: string, ...looks: string[]];

export function shownOn(channel: string, expected: Expected): Shown {
  const { title, text, about } = expected;
  const [emoji, colour, label] = lookOf(expected);
  switch (channel) {
    case 'discord':
      return [emoji + title, text, about, colour];
    case 'email':
      return [label + title, text, about, colour];
    case 'pagerduty':
      return [
        title,
        text,
        about,
        expected.severity ?? 'error',
        expected.status === 'resolved' ? 'resolve' : 'trigger',
      ];
    case 'webhook':
      return [title, text, about, expected.severity ?? '', expected.status ?? ''];
    default:
      return [emoji + title, text, about];
  }
}
