import { deliverHandler } from './wiring/deliver.ts';

export const handler = deliverHandler();
