/** Where deliveries to one destination wait while it is paused. */
export interface Lot {
  readonly tenant: string;
  readonly destination: string;
}
