import { Webhook } from 'standardwebhooks';
import { signMessage } from '../../lib/core/signature.ts';
import { interleave } from './interleave.ts';
import { type Measured, type Options, ratioRow, turns } from './rows.ts';

const SECRET = `whsec_${Buffer.from('a secret of thirty-two bytes ...').toString('base64')}`;
const TIMES = 3_000;

/** Signing a webhook of 300 bytes, as a provider's library does it that knows its secret; and of 4 KB. */
export async function signing(options: Options): Promise<Measured> {
  const library = new Webhook(SECRET);
  const sides = (bytes: number) => {
    const body = JSON.stringify({ text: 'x'.repeat(bytes - 11) });
    const message = { id: 'msg_0123456789', timestamp: 1_795_600_000, body };
    const at = new Date(message.timestamp * 1_000);
    const ours = () => signMessage(message, [SECRET]);
    const theirs = () => library.sign(message.id, at, body);
    if (ours() !== theirs()) throw new Error('the signatures differ');
    return {
      fanfareUs: { run: () => Number(ours().length > 0), times: TIMES },
      standardwebhooksUs: { run: () => Number(theirs().length > 0), times: TIMES },
    };
  };
  const how = turns(options);
  const small = await interleave(sides(300), how);
  const large = await interleave(sides(4_096), how);
  return {
    rows: [
      ratioRow('sign.vsStandardwebhooks', ['standardwebhooksUs', 'fanfareUs'], small),
      ratioRow('sign4k.vsStandardwebhooks', ['standardwebhooksUs', 'fanfareUs'], large),
    ],
    checks: [],
  };
}
