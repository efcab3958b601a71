/** Bytes that something writes to standard output. */
export async function printedBy(act: () => unknown): Promise<number> {
  let bytes = 0;
  process.stdout.write = (text: string | Uint8Array) => {
    bytes += Buffer.byteLength(text);
    return true;
  };
  try {
    await act();
  } finally {
    Reflect.deleteProperty(process.stdout, 'write');
  }
  return bytes;
}
