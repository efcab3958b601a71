import { PRICES } from '../core/prices.ts';
import { isCounted, spend } from './spending.ts';

interface Args {
  readonly input: object;
}

type Next = (args: Args) => Promise<{ readonly output: object }>;

interface Stack {
  add(
    middleware: (next: Next, context: { readonly commandName?: string }) => Next,
    options: { readonly step: 'initialize'; readonly name: string },
  ): void;
}

interface SdkClient {
  readonly middlewareStack: unknown;
}

interface Units {
  readonly CapacityUnits?: number;
}

const CHUNK_BYTES = 65_536;
const READS = /^(?:Get|BatchGet|Query|Scan)/;
const SELECT = /^\s*select\b/i;

/** Adds what each call to DynamoDB costs, by the units that it says it took; nothing with `lean`, which tells nobody. */
export function meterTables<C extends SdkClient>(client: C): C {
  return metered(client, (next, { commandName = '' }) => async (args) => {
    const { unit, least } = priceOf(commandName, args.input);
    try {
      const result = await next({ ...args, input: { ...args.input, ReturnConsumedCapacity: 'TOTAL' } });
      spend(unitsOf(result.output) ?? least, unit);
      return result;
    } catch (error) {
      // A condition that fails is paid for as well, and answers without units.
      spend(least, unit);
      throw error;
    }
  });
}

/** Adds what each call to SQS costs: a request for each 64 KB of its messages. */
export function meterQueues<C extends SdkClient>(client: C): C {
  return metered(client, (next) => (args) => {
    const entries = 'Entries' in args.input && Array.isArray(args.input.Entries) ? args.input.Entries : [];
    const bytes = entries.reduce(
      (sum: number, { MessageBody = '' }) => sum + Buffer.byteLength(String(MessageBody)),
      0,
    );
    spend(Math.max(1, Math.ceil(bytes / CHUNK_BYTES)), PRICES.sqsRequest);
    return next(args);
  });
}

function metered<C extends SdkClient>(client: C, middleware: Parameters<Stack['add']>[0]): C {
  if (!isCounted()) return client;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the SDK types a stack by the commands of its client
  const stack = client.middlewareStack as Stack;
  stack.add(middleware, { step: 'initialize', name: 'meter' });
  return client;
}

/** Price of a unit, and the fewest units a call takes. */
function priceOf(command: string, input: object): { readonly unit: number; readonly least: number } {
  const statements = 'Statements' in input && Array.isArray(input.Statements) ? input.Statements : [input];
  const [first]: readonly { readonly Statement?: unknown }[] = statements;
  const text = typeof first?.Statement === 'string' ? first.Statement : '';
  return READS.test(command) || SELECT.test(text)
    ? { unit: PRICES.readUnit, least: statements.length / 2 }
    : { unit: PRICES.writeUnit, least: statements.length };
}

/** Units of an answer, over all its tables; nothing where it does not tell. */
function unitsOf(output: object): number | undefined {
  const told: unknown = 'ConsumedCapacity' in output ? output.ConsumedCapacity : undefined;
  const all = (Array.isArray(told) ? told : [told]).filter((one): one is Units => one instanceof Object);
  if (all.length === 0) return undefined;
  return all.reduce((sum, { CapacityUnits = 0 }) => sum + CapacityUnits, 0);
}
