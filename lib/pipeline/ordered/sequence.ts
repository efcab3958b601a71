import type { DeliveryPack, QueueRecord } from '../../core/message.ts';
import { type Work, worksOf } from '../deliver/work.ts';
import type { Read } from '../read.ts';
import { groupsOf, receivesOf } from './groups.ts';

/** The deliveries of one FIFO group in a batch. Only the head is worked on; it moves on, or all of them wait. */
export interface Sequence {
  readonly steps: readonly Step[];
  /** Messages behind one that cannot be read here: they wait, whatever becomes of the steps. */
  readonly blocked: readonly QueueRecord[];
  /** Position of the head. */
  at: number;
  /** Epoch ms; set once its head cannot move now. */
  untilMs?: number;
}

export interface Step {
  readonly work: Work;
  readonly record: QueueRecord;
}

/** Makes the sequences of a batch; `failed` has the ids of messages that were not read. */
export function sequencesOf(
  records: readonly QueueRecord[],
  readable: readonly Read<DeliveryPack>[],
  failed: readonly string[],
): Sequence[] {
  const messages = new Map(readable.map(({ record, message }) => [record.messageId, message]));
  return groupsOf(records).map((group) => {
    const cut = group.findIndex(({ messageId }) => failed.includes(messageId));
    const end = cut < 0 ? group.length : cut;
    const steps = group.slice(0, end).flatMap((record) => stepsOf(record, messages.get(record.messageId)));
    return { steps, blocked: group.slice(end), at: 0 };
  });
}

/** Every delivery counts as alone, since nothing of its group is sent beside it; what has come before has waited. */
function stepsOf(record: QueueRecord, message: DeliveryPack | undefined): Step[] {
  const works = message ? worksOf(message, record) : [];
  const appointed = receivesOf(record) > 1;
  return works.map((work) => ({ work: { ...work, appointed, alone: true, unclaimed: false }, record }));
}

/** The delivery whose turn it is, while there is one that may move. */
export function headOf({ steps, at, untilMs }: Sequence): Step | undefined {
  return untilMs === undefined ? steps[at] : undefined;
}

/** Messages with a delivery that is not over, and those behind them. */
export function leftOf({ steps, at, blocked }: Sequence): QueueRecord[] {
  return [...new Set(steps.slice(at).map(({ record }) => record)), ...blocked];
}
