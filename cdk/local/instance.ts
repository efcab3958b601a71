import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What `.fanfare/local.json` tells other commands, present exactly while the stack is ready. */
export interface LocalInfo {
  readonly apiUrl: string;
  readonly twinUrl: string;
  readonly smtpUrl: string;
  readonly apiKey: string;
  readonly pid: number;
  /** Values by reference name. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly statsUrl: string;
}

/** Our claim on a folder: one stack at a time may use its data. */
export interface Instance {
  readonly announce: (info: LocalInfo) => void;
  readonly release: () => void;
}

/** Another stack uses the folder. */
export class AlreadyRunning extends Error {
  override readonly name = 'AlreadyRunning';
  readonly pid: number;

  constructor(pid: number, dir: string) {
    super(
      `Fanfare is running already for ${dir} (process ${pid}). Stop it first, or start in another folder.`,
    );
    this.pid = pid;
  }
}

/**
 * Claims a folder. A claim left by a process that was killed is taken over: a process is recognised by its id
 * and the moment it began, since ids come again.
 */
export function claimInstance(dir: string): Instance {
  mkdirSync(dir, { recursive: true });
  const claim = join(dir, 'running.json');
  const info = join(dir, 'local.json');
  const holder: Claim | undefined = existsSync(claim) ? JSON.parse(readFileSync(claim, 'utf8')) : undefined;
  if (holder && holder.pid !== process.pid && isAlive(holder)) throw new AlreadyRunning(holder.pid, dir);
  rmSync(info, { force: true });
  writeFileSync(claim, JSON.stringify({ pid: process.pid, began: beganAt(process.pid) } satisfies Claim));
  const release = (): void => {
    rmSync(info, { force: true });
    rmSync(claim, { force: true });
    process.off('exit', release);
  };
  // However we end, as long as we are asked: nobody shall find the address of a stack that is gone.
  process.on('exit', release);
  return {
    release,
    announce: (content) => writeFileSync(info, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 }),
  };
}

interface Claim {
  readonly pid: number;
  readonly began: string;
}

function isAlive({ pid, began }: Claim): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  return began === beganAt(pid);
}

/** Start of a process in clock ticks since boot (proc(5), field 22 of stat); the same text where there is no /proc. */
function beganAt(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')')).split(' ')[20] ?? '';
  } catch {
    return '';
  }
}
