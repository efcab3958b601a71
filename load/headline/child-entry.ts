import { GROUPS } from './groups.ts';

/** Measures one group and tells its parent. Whatever the stacks print goes to this process's standard output. */
const [name = '', rounds, receiver = ''] = process.argv.slice(2);
const measured = await GROUPS[name]!({
  rounds: Number(rounds),
  receiver,
  progress: (progress) => process.send?.({ progress }),
});
process.send?.({ measured }, () => process.exit());
