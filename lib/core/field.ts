/** One setting of a destination. A secret field is given as a reference and never shown again. */
export interface Field {
  /** `email` is one bare address; `headers` is an object of names and values. */
  readonly kind: 'text' | 'url' | 'integer' | 'boolean' | 'secret' | 'email' | 'headers';
  /** What to write there, one sentence, for errors, documents and the API description. */
  readonly about: string;
  readonly secret?: true;
  /** The value itself or a reference, as its owner sees fit; it is kept out of error texts either way. */
  readonly mayBeSecret?: true;
  readonly optional?: true;
  /** Several values, newest first (signing secrets during a rotation). At most 10. */
  readonly many?: true;
  /** `url` only: hosts it may point at; a name with a leading dot allows the hosts below it. */
  readonly hosts?: readonly string[];
  /** `url` only: the path must begin with this. */
  readonly pathPrefix?: string;
  /** `text` and `secret` only: what a value must look like. Linear expressions only. */
  readonly pattern?: RegExp;
  /** `text` only: the values allowed. */
  readonly oneOf?: readonly string[];
  readonly maxLength?: number;
  /** `integer` only. */
  readonly min?: number;
  readonly max?: number;
  /**
   * A value that leads to the twin: for a reference, when the secrets file of the local stack has none; for
   * a plain field left out, when a reference of the same destination has such a value. `twinUrl` has no
   * trailing slash, `name` is the name of the reference, `smtpUrl` is `smtp://127.0.0.1:<port>`.
   */
  readonly local?: (twinUrl: string, name: string, smtpUrl?: string) => string;
}

export type Fields = Readonly<Record<string, Field>>;

export interface FieldIssue {
  readonly field: string;
  /** What is wrong and what to write instead. Never contains the value of a secret. */
  readonly message: string;
  /** Problem type when it is not plain `validation`: `url-scheme`, `url-blocked`, `header`, `loop`, `too-many-secrets`. */
  readonly code?: string;
}
