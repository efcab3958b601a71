/** A port somebody else listens on. */
export class PortInUse extends Error {
  override readonly name = 'PortInUse';
  readonly port: number;

  constructor(port: number, flag: string, cause: unknown) {
    super(
      `port ${port} is in use: stop what listens there, or choose another with ${flag} (0 takes a free one)`,
      { cause },
    );
    this.port = port;
  }
}

/** Names the flag that chooses the port when starting something fails because it is taken. */
export async function orPortInUse<T>(start: Promise<T>, port: number, flag: string): Promise<T> {
  return start.catch((error: unknown) => {
    const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
    throw taken ? new PortInUse(port, flag, error) : error;
  });
}
