/** What has been started, to be stopped in reverse order: later parts stand on earlier ones. */
export class Stoppables {
  private readonly parts: (() => unknown)[] = [];
  private stopping: Promise<void> | undefined;
  private stopped = false;

  /** A part that comes up while everything stops is stopped at once. */
  add(stop: () => unknown): void {
    this.parts.push(stop);
    if (this.stopped) void this.run();
  }

  /** Stops everything once, also when a part fails to stop; the first failure is thrown at the end. */
  stop(): Promise<void> {
    this.stopping ??= this.run();
    return this.stopping;
  }

  private async run(): Promise<void> {
    const errors: unknown[] = [];
    for (let stop = this.parts.pop(); stop; stop = this.parts.pop()) {
      try {
        await stop();
      } catch (error) {
        errors.push(error);
      }
    }
    this.stopped = true;
    if (errors.length > 0) throw errors[0];
  }
}
