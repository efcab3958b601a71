/** An attribute value in DynamoDB's JSON. */
export type Value = Readonly<Record<string, unknown>>;
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

export function valueBytes(value: Value): number {
  const [[type, content] = ['NULL', true]] = Object.entries(value);
  switch (type) {
    case 'S':
      return Buffer.byteLength(content as string);
    case 'N':
      return numberBytes(content as string);
    case 'B':
      return Buffer.byteLength(content as string, 'base64');
    case 'SS':
      return (content as string[]).reduce((sum, text) => sum + Buffer.byteLength(text), 0);
    case 'NS':
      return (content as string[]).reduce((sum, text) => sum + numberBytes(text), 0);
    case 'L':
      return (content as Value[]).reduce((sum, member) => sum + 1 + valueBytes(member), 3);
    case 'M':
      return 3 + Object.keys(content as Attributes).length + itemBytes(content as Attributes);
    default:
      return 1;
  }
}

function numberBytes(text: string): number {
  return Math.ceil(text.replace(/[^0-9]/g, '').length / 2) + 1;
}
