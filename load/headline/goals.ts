export type Goal = { readonly least: number } | { readonly most: number };

const least = (value: number): Goal => ({ least: value });
const most = (value: number): Goal => ({ most: value });

/** What each figure has to reach. */
export const GOALS: Readonly<Record<string, Goal>> = {
  'deliver.cpu.vsNaive': least(12),
  'deliver.single.vsNaive': least(7),
  'deliver.cpu.withPost.vsNaive': least(8),
  'router.cpu.vsNaive': least(40),
  'routes1000.vsJsonRulesEngine': least(40_000),
  'routes1000.vsJsonLogic': least(800),
  'ingest100.vsJsonParse': most(3.2),
  'ingest100.vsNaive': least(5),
  'aws.deliverCallsPerDelivery': most(0.35),
  'aws.deliverWriteUnits': most(1.3),
  'aws.writeUnits.batch10': most(1.65),
  'aws.writeUnits.single': most(1.95),
  'aws.writeUnits.packed': most(1.45),
  'cost.single.perMillion': most(2.4),
  'cost.batch.perMillion': most(1.15),
  'cost.bulk.perMillion': most(0.45),
  'cost.single.vsNaive': least(3),
  'cost.idle.perMonth': most(10),
  'emf.bytesPerDelivery.vsNaive': least(6),
  'emf.cpu.vsNaive': least(8),
  'sign.vsStandardwebhooks': least(4),
  'core.fanoutPerSecond.vsNova': least(1),
  'cold.cpu.vsNaiveBundled': least(2),
  'cold.cpu.vsNaiveUnbundled': least(4),
  'bundle.maxKiB': most(320),
  'limiter.maxWindowRatio': most(1),
  'limiter.utilisation': least(0.95),
  'limiter.writesPerSend': most(0.25),
  'limiter.writesPerDenial': most(0.1),
  'limiter1.utilisation': least(0.95),
};

export function isReached(goal: Goal, value: number): boolean {
  return 'least' in goal ? value >= goal.least : value <= goal.most;
}

export function goalText(goal: Goal | undefined): string {
  if (goal === undefined) return '';
  return 'least' in goal ? `≥ ${goal.least}` : `≤ ${goal.most}`;
}
