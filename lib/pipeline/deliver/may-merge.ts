import { DIGEST_TOPIC } from '../../core/digest.ts';
import { takesTurns } from './turn.ts';
import type { Prepared } from './work.ts';

/** A delivery, as far as it says whether others may be told beside it. */
interface Candidate extends Pick<Prepared, 'target' | 'lane' | 'mode' | 'alone' | 'incident'> {
  readonly delivery: Pick<Prepared['delivery'], 'notification'>;
}

/**
 * Whether a delivery may be told with others. Not what is urgent or critical; nor what a topic handles with more or less
 * care than others, because one message is sent again or not for all; nor a suspect. A message of an incident that can
 * be changed, or that an older one would undo, keeps its place among those of that incident. What tells of many is told
 * as it is, and so is what has links of its own, which a list of many would not have.
 */
export function mayMerge({
  target,
  lane,
  mode,
  alone,
  incident,
  delivery: { notification },
}: Candidate): boolean {
  return (
    target !== undefined &&
    target.merges &&
    lane === 'normal' &&
    mode === 'atLeastOnce' &&
    !alone &&
    notification.severity !== 'critical' &&
    notification.links === undefined &&
    notification.topic !== DIGEST_TOPIC &&
    !(incident && takesTurns(target))
  );
}
