export { handler } from '../../naive/sender-entry.ts';
