export interface HttpRequest {
  readonly transport: 'http';
  readonly method: 'POST' | 'PATCH' | 'PUT' | 'OPTIONS';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A request to an AWS service, signed with SigV4 by the transport, which also knows the endpoint. */
export interface AwsRequest {
  readonly transport: 'aws';
  readonly service: 'ses';
  readonly region?: string;
  readonly method: 'POST';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface MailRequest {
  readonly transport: 'smtp';
  /** `smtp://` (STARTTLS when offered) or `smtps://`, with user and password if any. */
  readonly url: string;
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Message-Id without angle brackets, stable over retries. */
  readonly messageId: string;
}

export type OutboundRequest = HttpRequest | AwsRequest | MailRequest;
