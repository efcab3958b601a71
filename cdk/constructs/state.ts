import { RemovalPolicy } from 'aws-cdk-lib';
import {
  AttributeType,
  Billing,
  type GlobalSecondaryIndexPropsV2,
  ProjectionType,
  TableV2,
  type TablePropsV2,
} from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';

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
  readonly catalog: TableV2;
  readonly ledger: TableV2;
  readonly limits: TableV2;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.catalog = new TableV2(this, 'Catalog', { ...KEY, ...PRECIOUS });
    this.ledger = new TableV2(this, 'Ledger', {
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
}
