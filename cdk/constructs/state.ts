import { RemovalPolicy } from 'aws-cdk-lib';
import {
  AttributeType,
  Billing,
  type GlobalSecondaryIndexPropsV2,
  type ITableV2,
  ProjectionType,
  TableV2,
  type TablePropsV2,
} from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import type { Settings } from '../settings.ts';

const KEY = {
  partitionKey: { name: 'pk', type: AttributeType.STRING },
  sortKey: { name: 'sk', type: AttributeType.STRING },
  billing: Billing.onDemand(),
} satisfies TablePropsV2;

/** What must survive a mistake: a deleted stack, a deleted table, a bad write. */
const PRECIOUS = {
  removalPolicy: RemovalPolicy.RETAIN,
  deletionProtection: true,
  pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
} satisfies Partial<TablePropsV2>;

/** What is not delivered, and what is due. */
export const LEDGER_INDEXES: GlobalSecondaryIndexPropsV2[] = [
  {
    indexName: 'open',
    partitionKey: { name: 'open', type: AttributeType.STRING },
    sortKey: { name: 'openAt', type: AttributeType.STRING },
    projectionType: ProjectionType.INCLUDE,
    nonKeyAttributes: ['state', 'reason', 'cause', 'attempt', 'channel', 'since', 'nextAt'],
  },
  {
    indexName: 'due',
    partitionKey: { name: 'due', type: AttributeType.STRING },
    sortKey: { name: 'dueAt', type: AttributeType.STRING },
    projectionType: ProjectionType.KEYS_ONLY,
  },
];

/** The three tables. Their keys are spelt in `lib/core/keys.ts`. */
export class State extends Construct {
  readonly catalog: ITableV2;
  readonly ledger: ITableV2;
  readonly limits: ITableV2;

  constructor(scope: Construct, id: string, restored: Settings['tables']) {
    super(scope, id);
    this.catalog = this.table('Catalog', restored.catalog, { ...KEY, ...PRECIOUS });
    this.ledger = this.table('Ledger', restored.ledger, {
      ...KEY,
      ...PRECIOUS,
      timeToLiveAttribute: 'ttl',
      globalSecondaryIndexes: LEDGER_INDEXES,
    });
    /** Slots and breakers of the last minutes: worth nothing a day later, so neither kept nor restored. */
    this.limits = new TableV2(this, 'Limits', {
      ...KEY,
      timeToLiveAttribute: 'ttl',
      removalPolicy: RemovalPolicy.DESTROY,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    });
  }
  /** The stack's own table, or one that was restored from it and stands in its place (docs/restore.md). */
  private table(id: string, restored: string | undefined, props: TablePropsV2): ITableV2 {
    return restored === undefined
      ? new TableV2(this, id, props)
      : TableV2.fromTableName(this, `Restored${id}`, restored);
  }
}
