/** An option that cannot be followed; the message names it. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Ours, or one of `parseArgs`. */
export function isUsageError(error: unknown): boolean {
  if (error instanceof UsageError) return true;
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
}

/** A whole number from 1 up. Throws `UsageError`. */
export function wholeNumber(option: string, text: string, most: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : 0;
  if (value >= 1 && value <= most) return value;
  throw new UsageError(
    `${option} takes a whole number from 1 to ${most.toLocaleString('en-US')}, not ${text}`,
  );
}

/** A number above 0. Throws `UsageError`. */
export function positive(option: string, text: string): number {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : 0;
  if (Number.isFinite(value) && value > 0) return value;
  throw new UsageError(`${option} takes a number above 0, not ${text}`);
}

/** Runs a program; an option that it cannot follow is told in a sentence. Answers its exit code. */
export async function orUsage(
  name: string,
  { complain }: { readonly complain: (line: string) => void },
  run: () => Promise<number>,
): Promise<number> {
  try {
    return await run();
  } catch (error) {
    if (!isUsageError(error)) throw error;
    complain((error as Error).message);
    complain(`npm run ${name} -- --help tells more.`);
    return 2;
  }
}
