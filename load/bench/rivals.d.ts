/** What the bench uses of two packages that do the same work, one of which has no types. */
declare module 'json-logic-js' {
  type Rule = { readonly [operator: string]: unknown };
  const jsonLogic: {
    apply(rule: Rule, data: unknown): unknown;
    add_operation(name: string, code: (...values: unknown[]) => unknown): void;
  };
  export = jsonLogic;
}

declare module 'json-rules-engine' {
  export interface RuleProperties {
    readonly name: string;
    readonly conditions: object;
    readonly event: { readonly type: string };
  }
  export class Engine {
    constructor(rules: readonly RuleProperties[], options: { readonly allowUndefinedFacts: boolean });
    addOperator(name: string, test: (fact: unknown, value: unknown) => boolean): void;
    run(
      facts: Readonly<Record<string, unknown>>,
    ): Promise<{ readonly events: readonly { readonly type: string }[] }>;
  }
}
