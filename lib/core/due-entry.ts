/** What the due index lists: at `dueAt` somebody has to look after it. */
export interface DueEntry {
  readonly tenant: string;
  /** Of a delivery `event:destination`, of a scheduled event its id, of a silence `@id`, of a failover `^id`, of a heartbeat `!id`. */
  readonly id: string;
  /** Value of the index as it was found: the condition of moving the entry on. */
  readonly dueAt: string;
}

/** The value of an entry: what is due first comes first. */
export function dueAtOf(tenant: string, id: string, atMs: number): string {
  return `${String(atMs).padStart(15, '0')}#${tenant}#${id}`;
}
