/** One error class as the SDK's generator writes it; some have members of their own. */
const CLASS =
  /export class (\w+) extends __BaseException \{\s+static shapeId = "([\w.]+)#\1";\s+name = "\1";\s+\$fault = "(\w+)";\s+((?:\w+;\s+)*)constructor\(opts\) \{\s+super\(\{\s+name: "\1",\s+\$fault: "\3",\s+\.\.\.opts,\s+\}\);\s+Object\.setPrototypeOf\(this, \1\.prototype\);\s+((?:this\.\w+ = opts\.\w+;\s+)*)\}\s+\}/g;

const FACTORY = (namespace: string): string => `
const define = (name, $fault, ...own) => class E extends __BaseException {
  static shapeId = "${namespace}#" + name;
  constructor(opts) {
    super({ name, $fault, ...opts });
    Object.setPrototypeOf(this, E.prototype);
    Object.assign(this, { name, $fault });
    for (const member of own) this[member] = opts[member];
  }
};
`;

/**
 * The error classes of a client of the AWS SDK, made by one function instead of 12 lines each: there are 35 and 28 of
 * them, and every one is in the bundle, because replies are told apart by a register of all. What is not written the
 * usual way stays as it is.
 */
export function leanErrors(source: string): string {
  const namespace = /shapeId = "([\w.]+)#/.exec(source)?.[1] ?? '';
  const lean = source.replace(CLASS, (whole, name: string, of: string, fault: string, own: string) => {
    if (of !== namespace) return whole;
    const members = own
      .split(';')
      .map((member) => member.trim())
      .filter(Boolean);
    const values = [name, fault, ...members].map((value) => JSON.stringify(value)).join(', ');
    return `export const ${name} = /* @__PURE__ */ define(${values});`;
  });
  return lean.replace(/^(?:import .*\n)+/, (imports) => imports + FACTORY(namespace));
}
