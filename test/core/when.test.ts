import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SEVERITIES } from '../../lib/core/severity.ts';
import { PRIORITIES, priorityOf } from '../../lib/core/priority.ts';
import { compilePattern } from '../../lib/core/pattern.ts';
import { compileWhen, WhenError } from '../../lib/core/when.ts';
import { CASES, REFUSED } from './when/cases.ts';

const holds = (when: string, event: unknown): boolean => compileWhen(when)(event);

describe('when expressions', () => {
  const rows = CASES.flatMap(([when, yes, no]) =>
    [...yes, ...no].map((event) => [when, event, yes.includes(event)] as const),
  );
  test.each(rows)('%s of %j: %s', (when, event, expected) => {
    expect(holds(when, event)).toBe(expected);
  });

  test.each(REFUSED)('refuses %s: %s', (when, start) => {
    const compile = (): unknown => compileWhen(when);
    expect(compile).toThrow(WhenError);
    expect(compile).toThrow(expect.objectContaining({ message: expect.stringMatching(startOf(start)) }));
  });
});

function startOf(text: string): RegExp {
  return new RegExp(`^${text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)}`);
}

const comparison = fc.constantFrom(
  'topic == "a"',
  'topic != "a"',
  'data.x > 1',
  'data.x in (1, 2)',
  'data.x contains "a"',
  'data.y startsWith "a"',
  'data.y matches "*a*"',
  'data.y exists',
  'severity >= "warning"',
  'priority < "high"',
  'lane == "urgent"',
);
const expression = fc.letrec<{ any: string }>((tie) => ({
  any: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    comparison,
    tie('any').map((inner) => `!(${inner})`),
    fc
      .tuple(tie('any'), fc.constantFrom('&&', '||'), tie('any'))
      .map(([a, sign, b]) => `(${a}) ${sign} (${b})`),
  ),
})).any;

const value = fc.oneof(fc.constantFrom('a', 'b', 'ab', ''), fc.constantFrom(0, 1, 2), fc.constant(null));
const values = fc.oneof(value, fc.array(value, { maxLength: 3 }));
const event = fc.record(
  {
    topic: fc.constantFrom('a', 'b'),
    lane: fc.constantFrom('normal' as const, 'urgent' as const),
    severity: fc.constantFrom(...SEVERITIES),
    data: fc.record({ x: values, y: values }, { requiredKeys: [] }),
  },
  { requiredKeys: [] },
);

describe('for all expressions and events', () => {
  test('an expression and its negation differ', () => {
    fc.assert(
      fc.property(expression, event, (one, subject) => {
        expect(holds(`!(${one})`, subject)).toBe(!holds(one, subject));
      }),
    );
  });

  test('&& and || are what they are in logic, with what De Morgan says of them', () => {
    fc.assert(
      fc.property(expression, expression, event, (one, other, subject) => {
        const [a, b] = [holds(one, subject), holds(other, subject)];
        expect(holds(`(${one}) && (${other})`, subject)).toBe(a && b);
        expect(holds(`(${one}) || (${other})`, subject)).toBe(a || b);
        expect(holds(`!((${one}) && (${other}))`, subject)).toBe(holds(`!(${one}) || !(${other})`, subject));
        expect(holds(`!((${one}) || (${other}))`, subject)).toBe(holds(`!(${one}) && !(${other})`, subject));
      }),
    );
  });

  test('&& binds closer than ||', () => {
    fc.assert(
      fc.property(comparison, comparison, comparison, event, (a, b, c, subject) => {
        expect(holds(`${a} || ${b} && ${c}`, subject)).toBe(holds(`${a} || (${b} && ${c})`, subject));
        expect(holds(`${a} && ${b} || ${c}`, subject)).toBe(holds(`(${a} && ${b}) || ${c}`, subject));
      }),
    );
  });

  test('priority is that of lane, topic and severity, and is ordered', () => {
    const lanes = ['normal', 'urgent'] as const;
    const severities = [...SEVERITIES, undefined];
    const said = [...PRIORITIES, undefined];
    const all = lanes.flatMap((lane) =>
      severities.flatMap((severity) => said.map((priority) => [lane, severity, priority] as const)),
    );
    for (const [lane, severity, own] of all) {
      const subject = { lane, ...(severity && { severity }), ...(own && { priority: own }) };
      const place = PRIORITIES.indexOf(priorityOf(subject));
      for (const [index, priority] of PRIORITIES.entries()) {
        expect(holds(`priority == "${priority}"`, subject)).toBe(place === index);
        expect(holds(`priority >= "${priority}"`, subject)).toBe(place <= index);
        expect(holds(`priority < "${priority}"`, subject)).toBe(place > index);
      }
    }
  });

  test('== and in say what a pattern with the same values says', () => {
    fc.assert(
      fc.property(value, value, event, (one, other, subject) => {
        const list = [one, other];
        const written = list.map((item) => JSON.stringify(item)).join(', ');
        expect(holds(`data.x in (${written})`, subject)).toBe(compilePattern({ data: { x: list } })(subject));
        expect(holds(`data.x == ${JSON.stringify(one)}`, subject)).toBe(
          compilePattern({ data: { x: [one] } })(subject),
        );
      }),
    );
  });

  test('any text is an expression or refused with a place in it', () => {
    const piece = fc.constantFrom(
      'topic',
      '==',
      '"a"',
      '(',
      ')',
      '!',
      '&&',
      '||',
      'in',
      '[',
      ']',
      '.x',
      '5',
      ' ',
      'data.x',
      '\n',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(piece).map((pieces) => pieces.join('')),
        ),
        (text) => {
          expect(verdictOf(text)).toMatch(/^(compiled|(line \d+, )?column \d+: )/);
        },
      ),
      { numRuns: 2_000 },
    );
  });
});

function verdictOf(text: string): string {
  try {
    compileWhen(text);
    return 'compiled';
  } catch (error) {
    return error instanceof WhenError ? error.message : `not expected: ${String(error)}`;
  }
}
