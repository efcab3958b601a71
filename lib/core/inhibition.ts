import type { Event } from './event.ts';
import { isObject } from './is-object.ts';
import { bindCondition } from './pattern/condition.ts';
import { Layout } from './pattern/layout.ts';
import { type Wanted, conditionOf } from './wanted.ts';

/** While an alert fires that `source` wants, what `target` wants is kept from everybody. */
export interface Inhibition {
  readonly id: string;
  readonly source: Wanted;
  readonly target: Wanted;
  /** Labels that both have to have in common; one that both lack is in common. */
  readonly equal?: readonly string[];
}

/** Which rules keep an event back, by their ids. */
export type Inhibiting = (event: Event) => readonly string[];

/**
 * Compiles rules once, and then the alerts that fire; the alerts of the pack itself are told beside them, because
 * what begins together is posted together: of one that is in the pack its last word counts.
 */
export function compileInhibitions(
  rules: readonly Inhibition[],
): (firing: readonly Event[]) => (pack: readonly Event[]) => Inhibiting {
  const layout = new Layout();
  const compiled = rules.map(({ id, source, target, equal = [] }) => ({
    id,
    isSource: bindCondition(conditionOf(source), layout),
    isTarget: bindCondition(conditionOf(target), layout),
    inCommon: (event: Event) => JSON.stringify(equal.map((name) => labelOf(event, name))),
  }));

  function sourcesIn(alerts: readonly Event[]): readonly Sources[] {
    const all = compiled.map((): Map<string, Source[]> => new Map());
    for (const alert of alerts)
      layout.ask(alert, (facts) => {
        for (const [index, { isSource, isTarget, inCommon }] of compiled.entries()) {
          if (!isSource(facts)) continue;
          const key = inCommon(alert);
          const source = { alert: alert.dedupeKey, isTarget: isTarget(facts) };
          const same = all[index]!.get(key);
          if (same) same.push(source);
          else all[index]!.set(key, [source]);
        }
      });
    return all;
  }

  return (firing) => {
    const known = sourcesIn(firing);
    return (pack) => {
      const last = new Map(pack.filter(isAlert).map((alert) => [alert.dedupeKey, alert]));
      const own = sourcesIn([...last.values()].filter(({ data }) => data['status'] === 'firing'));
      return (event) =>
        layout.ask(event, (facts) =>
          compiled.flatMap(({ id, isSource, isTarget, inCommon }, index) => {
            if (!isTarget(facts)) return [];
            const key = inCommon(event);
            const both = isSource(facts);
            // As in Alertmanager: what is both is not kept back by what is both, itself included.
            const counts = (source: Source) => source.alert !== event.dedupeKey && !(both && source.isTarget);
            const before = (known[index]!.get(key) ?? []).filter(({ alert }) => !last.has(alert));
            return [...before, ...(own[index]!.get(key) ?? [])].some(counts) ? [id] : [];
          }),
        );
    };
  };
}

interface Source {
  /** Its fingerprint. */
  readonly alert: string | undefined;
  readonly isTarget: boolean;
}

/** By what an alert has in common with others. */
type Sources = ReadonlyMap<string, readonly Source[]>;

function isAlert({ topic, dedupeKey }: Event): boolean {
  return (topic === 'alert.firing' || topic === 'alert.resolved') && dedupeKey !== undefined;
}

function labelOf({ data }: Event, name: string): string {
  const { labels } = data;
  const value = isObject(labels) && Object.hasOwn(labels, name) ? labels[name] : undefined;
  return typeof value === 'string' ? value : '';
}
