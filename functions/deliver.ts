import { deliverStep } from './wiring/deliver-step.ts';
import { deliverHandler } from './wiring/deliver.ts';

export const handler = deliverHandler(deliverStep);
