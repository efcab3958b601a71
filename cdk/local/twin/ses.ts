import type { LimitRule } from './limiter.ts';
import { type Answer, type Call, type Door, type Provider, isRecord, listOf } from './provider.ts';

/** Source: SES developer guide, Service quotas: 40 MB and 50 recipients per message. */
const MESSAGE_MAX_BYTES = 40 * 1024 * 1024;
const RECIPIENTS_MAX = 50;

/** Counts recipients. The true rate is a value per account; 14/s is what new production accounts get. */
const PER_ACCOUNT: LimitRule = {
  name: 'ses account',
  limit: 14,
  perMs: 1_000,
  source: 'docs.aws.amazon.com/ses/latest/dg/manage-sending-quotas.html',
};

function problem(status: number, type: string, message: string): Answer {
  return { status, headers: { 'x-amzn-errortype': type }, body: { message } };
}

/** SES API v2 reference, SendEmail errors and Common errors: the exception that goes with a status. */
const ERRORS: Readonly<Record<number, readonly [type: string, message: string]>> = {
  400: ['MessageRejected', 'Email address is not verified.'],
  403: ['AccessDeniedException', 'User is not authorized to perform: ses:SendEmail'],
  404: ['NotFoundException', 'The resource was not found.'],
  429: ['TooManyRequestsException', 'Maximum sending rate exceeded.'],
  503: ['ServiceUnavailable', 'The service is unavailable.'],
};

function recipientsOf(body: Readonly<Record<string, unknown>>): readonly unknown[] {
  const destination = isRecord(body['Destination']) ? body['Destination'] : {};
  return ['ToAddresses', 'CcAddresses', 'BccAddresses'].flatMap((name) => listOf(destination[name]));
}

/** The message of a BadRequestException, `undefined` when the mail would be sent. */
function faultOf({ raw, body }: Call): string | undefined {
  if (!isRecord(body)) return 'The request body is not valid JSON.';
  if (raw.length > MESSAGE_MAX_BYTES) return `Message length is more than ${MESSAGE_MAX_BYTES} bytes long.`;
  const recipients = recipientsOf(body);
  if (recipients.length === 0) return 'Required parameter missing: Destination';
  if (recipients.length > RECIPIENTS_MAX) return `Recipient count exceeds ${RECIPIENTS_MAX}.`;
  const { FromEmailAddress: from, Content: content } = body;
  for (const address of [from, ...recipients]) {
    if (typeof address !== 'string' || !/^[^@\r\n]+@[^@\s]+$/.test(address)) return "Missing final '@domain'";
  }
  return contentFault(content);
}

function contentFault(content: unknown): string | undefined {
  if (!isRecord(content)) return 'Required parameter missing: Content';
  const { Simple: simple, Raw: raw, Template: template } = content;
  if ([simple, raw, template].filter((each) => each !== undefined).length !== 1) {
    return 'Content must be exactly one of Simple, Raw and Template.';
  }
  if (raw !== undefined)
    return isRecord(raw) && typeof raw['Data'] === 'string' ? undefined : 'Raw.Data is missing.';
  if (template !== undefined) return isRecord(template) ? undefined : 'Template must be an object.';
  if (!isRecord(simple)) return 'Simple must be an object.';
  const { Subject: subject, Body: parts } = simple;
  if (!isRecord(subject) || typeof subject['Data'] !== 'string') return 'Simple.Subject.Data is missing.';
  if (/[\r\n]/.test(subject['Data'])) return 'Header contains CR or LF: Subject';
  const bodies = isRecord(parts) ? [parts['Text'], parts['Html']].filter((part) => part !== undefined) : [];
  if (bodies.length === 0) return 'Simple.Body needs Text or Html.';
  if (!bodies.every((part) => isRecord(part) && typeof part['Data'] === 'string')) {
    return 'Simple.Body parts need Data.';
  }
  return undefined;
}

const sendEmail: Door = {
  methods: ['POST'],
  path: /^\/ses\/v2\/email\/outbound-emails$/,
  read(call) {
    const recipients = isRecord(call.body) ? recipientsOf(call.body) : [];
    const destination = recipients.join(', ');
    const scopes = [{ rule: PER_ACCOUNT, key: 'account', cost: Math.max(1, recipients.length) }];
    if (
      !/^AWS4-HMAC-SHA256 Credential=\S+, ?SignedHeaders=\S+, ?Signature=[\da-f]{64}$/.test(
        call.headers['authorization'] ?? '',
      )
    ) {
      const answer = problem(403, 'MissingAuthenticationTokenException', 'Missing Authentication Token');
      return { destination, scopes, refusal: { why: 'not signed with SigV4', answer } };
    }
    const fault = faultOf(call);
    return {
      destination,
      scopes,
      refusal:
        fault === undefined ? undefined : { why: fault, answer: problem(400, 'BadRequestException', fault) },
    };
  },
  accept: (_call, { atMs, serial }) => ({
    status: 200,
    body: {
      MessageId: `0100${atMs.toString(16).padStart(12, '0')}-${serial.toString(16).padStart(8, '0')}-000000`,
    },
  }),
  // SES developer guide, Errors related to sending quotas: no Retry-After, no rate headers.
  limited: () => problem(400, 'ThrottlingException', 'Maximum sending rate exceeded.'),
  fail(status) {
    // A behaviour of the e-mail channel may name an SMTP reply; "try later" there is 503 here.
    const known = status >= 421 && status <= 455 && status !== 429 ? 503 : status;
    const [type, message] = ERRORS[known] ?? ['InternalFailure', 'An internal failure occurred.'];
    return problem(known, type, message);
  },
};

export const ses: Provider = { name: 'email', title: 'E-mail', limits: [PER_ACCOUNT], doors: [sendEmail] };
