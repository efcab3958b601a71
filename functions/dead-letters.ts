import { handleQueue } from '../lib/platform/handle.ts';
import { createTelemetry } from '../lib/platform/telemetry.ts';
import { deadLettersStep } from './wiring/dead-letters-step.ts';
import { openState } from './wiring/state.ts';

const telemetry = createTelemetry();

export const handler = handleQueue(deadLettersStep(openState(telemetry)), { telemetry });
