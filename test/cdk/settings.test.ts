import { App } from 'aws-cdk-lib';
import { describe, expect, test } from 'vitest';
import { lanes } from '../../cdk/lanes.ts';
import { parseSettings, readSettings } from '../../cdk/settings.ts';
import { registry } from '../../lib/registry.ts';

const ALL = [...registry.keys()];

describe('settings', () => {
  test('are complete without any context', () => {
    const settings = readSettings(new App().node);
    expect(settings).toMatchObject({
      stack: 'Fanfare',
      observability: 'lean',
      logLevel: 'info',
      codeRoot: 'dist',
    });
    expect(settings.channels).toEqual(['discord', 'email', 'slack', 'telegram', 'webhook']);
    expect(settings.dedicated).toEqual(['slack', 'email', 'webhook']);
  });

  test('let the command line name the stack', () => {
    const app = new App({ context: { stack: 'Second', fanfare: { stack: 'First', logLevel: 'warn' } } });
    expect(readSettings(app.node)).toMatchObject({ stack: 'Second', logLevel: 'warn' });
  });

  test('may come as text, as the command line gives them', () => {
    expect(readSettings(new App({ context: { fanfare: '{"logLevel":"error"}' } }).node).logLevel).toBe(
      'error',
    );
  });

  test('fill in what a partial group leaves out', () => {
    expect(parseSettings({ concurrency: { events: 50 } }).concurrency).toMatchObject({
      events: 50,
      deliver: 10,
    });
  });

  test('name everything that is wrong in one error', () => {
    const wrong = {
      stack: 'no spaces',
      channels: ['pigeon'],
      logRetentionDays: 8,
      concurrency: { events: 1 },
      extra: 1,
    };
    const message = errorOf(() => parseSettings(wrong));
    for (const path of [
      'fanfare.stack',
      'fanfare.channels.0',
      'fanfare.logRetentionDays',
      'fanfare.concurrency.events',
      'extra',
    ]) {
      expect(message).toContain(path);
    }
  });

  test('drop a dedicated channel that is not deployed', () => {
    expect(parseSettings({ channels: ['slack', 'discord'] }).dedicated).toEqual(['slack']);
  });
});

describe('lanes', () => {
  test('are one for each dedicated channel, one for the others, one for what is urgent', () => {
    expect(lanesOf({})).toEqual([
      ['slack', 'DeliverSlack', 'deliver'],
      ['email', 'DeliverEmail', 'deliver-mail'],
      ['webhook', 'DeliverWebhook', 'deliver'],
      ['http', 'DeliverHttp', 'deliver'],
      ['urgent', 'DeliverUrgent', 'deliver-mail'],
    ]);
  });

  test('carry mail only where a mail channel is carried', () => {
    expect(lanesOf({ channels: ['email', 'slack'], dedicated: ['slack'] })).toEqual([
      ['slack', 'DeliverSlack', 'deliver'],
      ['http', 'DeliverHttp', 'deliver-mail'],
      ['urgent', 'DeliverUrgent', 'deliver-mail'],
    ]);
    expect(lanesOf({ channels: ['slack'] }).at(-1)).toEqual(['urgent', 'DeliverUrgent', 'deliver']);
  });

  test('keep a shared queue even when every channel has its own, for channels that are gone', () => {
    expect(lanesOf({ channels: ALL, dedicated: ALL }).map(([key]) => key)).toContain('http');
  });

  test('take their concurrency by name', () => {
    const settings = parseSettings({ concurrency: { deliver: 7, by: { urgent: 3 } } });
    expect(lanes(settings).map(({ key, concurrency }) => [key, concurrency])).toContainEqual(['urgent', 3]);
    expect(lanes(settings).map(({ key, concurrency }) => [key, concurrency])).toContainEqual(['slack', 7]);
  });
});

function errorOf(act: () => unknown): string {
  try {
    act();
    return 'nothing was thrown';
  } catch (error) {
    return (error as Error).message;
  }
}

function lanesOf(given: object): string[][] {
  return lanes(parseSettings(given)).map(({ key, id, bundle }) => [key, id, bundle]);
}
