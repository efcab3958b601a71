/**
 * What others publish as their prices, for comparison. None of it is measured, and the products do different
 * things: SNS and EventBridge render, deduplicate and pace nothing, the hosted products bring editors and inboxes.
 */
export interface Published {
  readonly product: string;
  /** Of a million of `per`. */
  readonly dollars: number;
  /** What the price counts. One event becomes several deliveries. */
  readonly per: 'delivery' | 'event';
  /** Further dollars for a million deliveries, where both are counted. */
  readonly perDelivery?: number;
  readonly what: string;
  /** When the source said so. */
  readonly at: string;
  readonly source: string;
}

const SNS = 'https://www.factualminds.com/blog/amazon-sns-pricing-publishes-fanout-protocols/';
const API_EVANGELIST = 'https://raw.githubusercontent.com/api-evangelist';

export const PUBLISHED: readonly Published[] = [
  {
    product: 'Amazon SNS, HTTP',
    dollars: 0.5,
    per: 'event',
    perDelivery: 0.6,
    what: 'publish and HTTP delivery, us-east-1',
    at: '2026-06',
    source: SNS,
  },
  {
    product: 'Amazon SNS, email',
    dollars: 0.5,
    per: 'event',
    perDelivery: 20,
    what: 'publish and plain mail, $2 per 100,000, us-east-1',
    at: '2026-06',
    source: SNS,
  },
  {
    product: 'Amazon EventBridge, API destination',
    dollars: 1,
    per: 'event',
    perDelivery: 0.2,
    what: 'custom event and invocation, us-east-1',
    at: '2026-03',
    source: 'https://cloudburn.io/blog/amazon-eventbridge-pricing',
  },
  {
    product: 'Novu Cloud',
    dollars: 1_200,
    per: 'event',
    what: 'overage of Pro and Team, $1.20 per 1,000 workflow runs',
    at: '2026-05',
    source: `${API_EVANGELIST}/novu/refs/heads/main/rate-limits/novu-rate-limits.yml`,
  },
  {
    product: 'Engagespot Growth',
    dollars: 1_500,
    per: 'event',
    what: 'overage, $1.50 per 1,000 event triggers',
    at: '2026-06',
    source: `${API_EVANGELIST}/engagespot/refs/heads/main/plans/engagespot-plans-pricing.yml`,
  },
  {
    product: 'SuprSend Essentials',
    dollars: 2_000,
    per: 'delivery',
    what: 'overage, $2.00 per 1,000 notifications',
    at: '2026-06',
    source: `${API_EVANGELIST}/suprsend/refs/heads/main/plans/suprsend-plans-pricing.yml`,
  },
  {
    product: 'MagicBell Startup',
    dollars: 2_500,
    per: 'delivery',
    what: 'overage, $0.0025 a delivery',
    at: '2026-06',
    source: `${API_EVANGELIST}/magicbell/refs/heads/main/plans/magicbell-plans-pricing.yml`,
  },
  {
    product: 'Knock Starter',
    dollars: 5_000,
    per: 'delivery',
    what: 'the tier spread over what it contains, $250 for 50,000 messages',
    at: '2026-06',
    source: 'https://hivebook.wiki/wiki/knock-notification-infrastructure-for-in-app-email-sms-push-chat',
  },
];

/** Dollars of a million deliveries where an event becomes so many of them. */
export function perMillionDeliveries({ dollars, per, perDelivery = 0 }: Published, fanOut: number): number {
  return (per === 'event' ? dollars / fanOut : dollars) + perDelivery;
}
