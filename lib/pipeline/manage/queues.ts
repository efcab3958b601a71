import type { QueueDepth } from '../../core/views.ts';
import type { Step } from './endpoint.ts';

export interface QueuesDeps {
  /** Name of the stack, with which the names of its queues begin. */
  readonly stack: string;
  readonly queueUrls: readonly string[];
  readonly depths: (queueUrls: readonly string[]) => Promise<readonly QueueDepth[]>;
}

/** Every queue of the stack and how much it holds, of all tenants together. */
export function listQueues({ stack, queueUrls, depths }: QueuesDeps): Step {
  const names = queueUrls.map((url) => url.slice(url.lastIndexOf('/') + 1).replace(`${stack}-`, ''));
  return async () => {
    const found = await depths(queueUrls);
    const items = names.map((name, index) => Object.assign({ name }, found[index]));
    return { status: 200, body: { items } };
  };
}
