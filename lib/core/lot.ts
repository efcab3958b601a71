/** Where deliveries to one destination wait while it is paused. */
export interface Lot {
  readonly tenant: string;
  readonly destination: string;
  /** Epoch ms of its last note: nothing was parked here much later. */
  readonly notedAt: number;
}
