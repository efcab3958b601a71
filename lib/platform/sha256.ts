import { type KeyObject, createHmac, createSecretKey, hash } from 'node:crypto';

type Data = string | ArrayBuffer | ArrayBufferView;

/** Keys of signatures as Node wants them: to make one anew costs more than the signature. Keys live for a day. */
const keys = new WeakMap<object, KeyObject>();
let secretKey: { readonly text: string; readonly key: KeyObject } | undefined;

/** SHA-256 in the shape the signers of the SDK want: a hash, or an HMAC when it is given a key. */
export class Sha256 {
  readonly #key: KeyObject | undefined;
  readonly #data: Uint8Array[] = [];

  constructor(secret?: Data) {
    this.#key = secret === undefined ? undefined : keyOf(secret);
  }

  update(data: Data): void {
    this.#data.push(bytesOf(data));
  }

  digest(): Promise<Uint8Array> {
    const [first = new Uint8Array(), ...rest] = this.#data;
    const data = rest.length === 0 ? first : Buffer.concat(this.#data);
    const digest =
      this.#key === undefined
        ? hash('sha256', data, 'buffer')
        : createHmac('sha256', this.#key).update(data).digest();
    return Promise.resolve(digest);
  }

  reset(): void {
    this.#data.length = 0;
  }
}

/** Of text the last one is remembered, of bytes as long as the signer remembers them. */
function keyOf(secret: Data): KeyObject {
  if (typeof secret === 'string') {
    if (secretKey?.text !== secret) secretKey = { text: secret, key: createSecretKey(bytesOf(secret)) };
    return secretKey.key;
  }
  const known = keys.get(secret) ?? createSecretKey(bytesOf(secret));
  keys.set(secret, known);
  return known;
}

function bytesOf(data: Data): Uint8Array {
  if (typeof data === 'string') return Buffer.from(data);
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}
