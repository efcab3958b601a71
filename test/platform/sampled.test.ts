import { setImmediate as turn } from 'node:timers/promises';
import type { Context } from 'aws-lambda';
import { beforeEach, describe, expect, test } from 'vitest';
import { sampled } from '../../lib/platform/sampled.ts';

const CONTEXT = { awsRequestId: 'r1' } as Context;
let steps: string[];
beforeEach(() => void (steps = []));

function handlerOf(random: number, outcome: () => string = () => 'done') {
  return sampled<string, string>(
    async (event) => {
      steps.push(`runs ${event}`);
      return outcome();
    },
    {
      oneIn: 4,
      random: () => random,
      watch: async ({ awsRequestId }) => {
        steps.push(`watches ${awsRequestId}`);
        return async () => {
          await turn();
          steps.push('ends');
        };
      },
    },
  );
}

describe('a handler of which one run in four is watched', () => {
  test.each([0, 0.1, 0.2499])('is watched from before its run until after it at %d', async (random) => {
    expect(await handlerOf(random)('a', CONTEXT)).toBe('done');
    expect(steps).toEqual(['watches r1', 'runs a', 'ends']);
  });

  test.each([0.25, 0.5, 0.999])('runs by itself at %d', async (random) => {
    expect(await handlerOf(random)('a', CONTEXT)).toBe('done');
    expect(steps).toEqual(['runs a']);
  });

  test('fails as it would have failed, and is watched to the end', async () => {
    const broken = handlerOf(0, () => {
      throw new RangeError('broken');
    });
    await expect(broken('a', CONTEXT)).rejects.toThrow(RangeError);
    expect(steps).toEqual(['watches r1', 'runs a', 'ends']);
  });

  test('takes two parameters: with a third Node 24 on Lambda refuses it', () => {
    expect(handlerOf(0)).toHaveLength(2);
  });
});
