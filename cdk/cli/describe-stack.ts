import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SignatureV4 } from '@smithy/signature-v4';
import { CommandError } from './terminal.ts';

export interface StackDescription {
  readonly apiUrl: string | undefined;
  readonly catalogTable: string | undefined;
  readonly ledgerTable: string | undefined;
}

/**
 * Asks CloudFormation for what a stack holds, with the credentials, region and hash of an SDK client: two
 * requests do not merit a client of their own. Source: CloudFormation API reference, DescribeStacks and
 * ListStackResources, version 2010-05-15.
 */
export async function describeStack(
  name: string,
  client: DynamoDBClient,
  env: Readonly<Record<string, string | undefined>>,
): Promise<StackDescription> {
  const call = cloudFormation(client, env);
  const described = await call({ Action: 'DescribeStacks', StackName: name });
  const output = members(described).find((member) => text(member, 'OutputKey') === 'ApiUrl');
  const tables = new Map<string, string>();
  let token: string | undefined;
  do {
    const page = await call({
      Action: 'ListStackResources',
      StackName: name,
      ...(token && { NextToken: token }),
    });
    for (const member of members(page)) {
      if (!text(member, 'ResourceType')?.startsWith('AWS::DynamoDB::')) continue;
      tables.set(text(member, 'LogicalResourceId') ?? '', text(member, 'PhysicalResourceId') ?? '');
    }
    token = text(page, 'NextToken');
  } while (token !== undefined);
  const tableOf = (part: string) => [...tables].find(([id]) => id.includes(part))?.[1];
  return {
    apiUrl: output && text(output, 'OutputValue'),
    catalogTable: tableOf('Catalog'),
    ledgerTable: tableOf('Ledger'),
  };
}

type Call = (parameters: Readonly<Record<string, string>>) => Promise<string>;

function cloudFormation(client: DynamoDBClient, env: Readonly<Record<string, string | undefined>>): Call {
  return async (parameters) => {
    const region = await client.config.region();
    const endpoint =
      env['AWS_ENDPOINT_URL_CLOUDFORMATION'] || `https://cloudformation.${region}.amazonaws.com`;
    const url = new URL(endpoint);
    const body = new URLSearchParams({ ...parameters, Version: '2010-05-15' }).toString();
    const signer = new SignatureV4({
      service: 'cloudformation',
      region,
      credentials: client.config.credentials,
      sha256: client.config.sha256,
    });
    const { headers } = await signer.sign({
      method: 'POST',
      protocol: url.protocol,
      hostname: url.hostname,
      ...(url.port !== '' && { port: Number(url.port) }),
      path: '/',
      query: {},
      headers: { host: url.host, 'content-type': 'application/x-www-form-urlencoded' },
      body,
    });
    const { host: _, ...rest } = headers;
    const response = await fetch(new URL('/', url), { method: 'POST', headers: rest, body });
    const answer = await response.text();
    if (response.ok) return answer;
    throw new CommandError(`CloudFormation: ${text(answer, 'Message') ?? `answered ${response.status}`}`);
  };
}

/** The innermost `<member>` elements of an answer; the service writes them without attributes. */
function members(xml: string): string[] {
  return [...xml.matchAll(/<member>((?:(?!<member>)[\s\S])*?)<\/member>/g)].map(([, inner = '']) => inner);
}

function text(xml: string, element: string): string | undefined {
  const start = xml.indexOf(`<${element}>`);
  const end = xml.indexOf(`</${element}>`, start);
  if (start < 0 || end < 0) return undefined;
  const inner = xml.slice(start + element.length + 2, end);
  return inner
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&');
}
