/** Every figure that a criterion may ask for, and what it is. */
export const METRICS: Readonly<Record<string, string>> = {
  'requests.sent': 'requests that were sent',
  'requests.failedShare': 'no answer, or one that is neither success nor 429',
  'requests.refusedShare': 'answered 429',
  'requests.refused': 'how many were answered 429',
  'requests.timedOutShare': 'no answer within 30 s',
  'requests.connect.p95': 'until a new connection, with TLS where there is any, could carry its request',
  'requests.perSecond': 'answered, a second, from the first request to the last answer',
  ...percentiles('latency', 'from the time a request was meant to be sent to the end of its answer'),
  'latency.degradation': 'median of the last quarter of the run over that of the second',
  'limit.perSecond':
    'most requests of a second before three in a row with a p95 above 1 s or more than 1 % failed',
  'firstByte.p95': 'from the time a request was meant to be sent to the first byte of its answer',
  'events.accepted': 'events that were answered 202',
  'events.perSecond': 'accepted, a second, from the first request to the last answer',
  'deliveries.wanted': 'pairs of event and destination that the accepted events lead to',
  'deliveries.arrived': 'pairs of event and destination that a provider accepted',
  'deliveries.missing': 'neither arrived nor ended otherwise',
  'deliveries.duplicates': 'accepted once more',
  'deliveries.ended': 'dead or discarded, by the ledger',
  'deliveries.successShare': 'arrived, of those that were wanted',
  'deliveries.attempts': 'requests to providers for each delivery that was wanted',
  'deliveries.spread': 'arrivals at the busiest destination over those at the quietest',
  'deliveries.inOneSecond': 'most arrivals at one destination within any second',
  'gap.max': 'longest time without an arrival, from the first to the last at the busiest destination',
  ...percentiles('delivery', 'from the time a post was meant to be sent to the arrival at the provider'),
  'drain.time': 'from the end of the load to the last arrival',
  'metrics.delivered': 'sum of Delivered over all metrics lines that the functions wrote',
  'metrics.unread': 'metrics lines that could not be read',
  'functions.failed': 'runs of functions that did not return',
  'memory.growth': 'memory in the last quarter of the run over that in the second, less one',
};

/** The same of one stage or one flow: `spike.failedShare`. */
export const PART_METRICS: readonly string[] = [
  'failedShare',
  'refusedShare',
  'perSecond',
  'p50',
  'p95',
  'p99',
  'max',
];

function percentiles(name: string, about: string): Record<string, string> {
  return Object.fromEntries(
    ['min', 'mean', 'p50', 'p90', 'p95', 'p99', 'p999', 'max'].map((one) => [`${name}.${one}`, about]),
  );
}
