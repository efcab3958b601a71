/** An attribute value in DynamoDB's JSON. */
export interface Value {
  readonly S?: string;
  readonly N?: string;
  readonly B?: string;
  readonly SS?: readonly string[];
  readonly NS?: readonly string[];
  readonly L?: readonly Value[];
  readonly M?: Attributes;
  readonly BOOL?: boolean;
  readonly NULL?: boolean;
}
export type Attributes = Readonly<Record<string, Value>>;

/**
 * Size of an item in bytes, as DynamoDB counts it: names and values in UTF-8, numbers half a byte a digit
 * (DynamoDB developer guide, "Item sizes and formats").
 */
export function itemBytes(item: Attributes): number {
  return Object.entries(item).reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + valueBytes(value),
    0,
  );
}

export function valueBytes({ S, N, B, SS, NS, L, M }: Value): number {
  if (S !== undefined) return Buffer.byteLength(S);
  if (N !== undefined) return numberBytes(N);
  if (B !== undefined) return Buffer.byteLength(B, 'base64');
  if (SS) return SS.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  if (NS) return NS.reduce((sum, text) => sum + numberBytes(text), 0);
  if (L) return L.reduce((sum, member) => sum + 1 + valueBytes(member), 3);
  if (M) return 3 + Object.keys(M).length + itemBytes(M);
  return 1;
}

function numberBytes(text: string): number {
  return Math.ceil(text.replace(/[^0-9]/g, '').length / 2) + 1;
}
