import type { ApiScope } from './catalog.ts';

/** One method of one path, for the API description. */
export interface Operation {
  readonly about: string;
  /** Absent: anybody may ask. */
  readonly scope?: ApiScope;
  /** Query parameters; all others are refused. */
  readonly query?: readonly string[];
  /** Those of them that may be given more than once. */
  readonly repeats?: readonly string[];
  /** Schemas of the body, any of them. */
  readonly bodies?: readonly string[];
  /** Schema of the body, where that is a form. */
  readonly form?: string;
  /** What it answers when it is not a problem document. */
  readonly statuses: readonly number[];
}
