/** One invocation on its way into an execution environment. */
export interface Invocation {
  /** AWS request id. */
  readonly id: string;
  readonly event: unknown;
  /** Epoch ms at which the environment is killed. */
  readonly deadlineMs: number;
  readonly functionName: string;
  readonly memoryMb: number;
}

export interface ToWorker {
  readonly code: { readonly file: string; readonly name: string };
  readonly invocation: Invocation;
}

export type FromWorker =
  /** `result` is JSON: what Lambda returns is serialised too. */
  | { readonly id: string; readonly ok: true; readonly result: string }
  | { readonly id: string; readonly ok: false; readonly error: InvocationFailure };

export interface InvocationFailure {
  readonly name: string;
  readonly message: string;
  readonly stack: string;
}
