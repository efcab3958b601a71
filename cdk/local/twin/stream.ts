import type { ServerResponse } from 'node:http';

/** Browsers that want to know when something changed (server-sent events). */
export interface Stream {
  readonly open: (response: ServerResponse) => void;
  /** Something changed; listeners hear of it at most every `STREAM_MS`. */
  readonly touch: () => void;
  readonly close: () => void;
}

// Often enough to feel instant, seldom enough that a flood does not become work for the browser.
const STREAM_MS = 150;

/** Each event carries the whole `state()`, so a listener that missed some is right again with the next. */
export function createStream(state: () => unknown): Stream {
  const listeners = new Set<ServerResponse>();
  let timer: NodeJS.Timeout | undefined;

  function tell(listener: ServerResponse): void {
    // A browser that does not keep up gets the next one.
    if (!listener.writableNeedDrain) listener.write(`data: ${JSON.stringify(state())}\n\n`);
  }

  return {
    open(response) {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
      listeners.add(response);
      response.once('close', () => listeners.delete(response));
      tell(response);
    },
    touch() {
      if (listeners.size === 0) return;
      timer ??= setTimeout(() => {
        timer = undefined;
        for (const listener of listeners) tell(listener);
      }, STREAM_MS);
    },
    close() {
      clearTimeout(timer);
      for (const listener of listeners) listener.end();
    },
  };
}
