import { type Link, openLink, tenantOfLink } from '../../core/link.ts';
import { type LinkAction, readLinkAction } from '../../core/link-action.ts';
import { LINK_PAGE_HEADERS, type LinkPage, linkPage } from '../../core/link-page.ts';
import { NAME } from '../../core/event.ts';
import { ProblemError, problem } from '../../core/problem.ts';
import type { AcknowledgeDeps } from './acknowledge.ts';
import { type Endpoint, type ManageAnswer, type ManageRequest, notFound } from './endpoint.ts';
import { acknowledgePage } from './links/acknowledge.ts';
import { type UnsubscribeDeps, unsubscribePage } from './links/unsubscribe.ts';

export interface LinksDeps extends AcknowledgeDeps, UnsubscribeDeps {
  readonly linkKeys: { readonly find: (tenant: string) => Promise<string | undefined> };
  readonly now: () => number;
}

/** Shows what a link is for. Programs that look at mails on the way follow links: this changes nothing. */
export function showLink(deps: LinksDeps): Endpoint {
  return (request) => asPage(request, async () => pageOf(await open(request, deps), undefined, deps));
}

/** Does what the page of a link, or the mail program of its reader, asks for. Once more is no mistake. */
export function followLink(deps: LinksDeps): Endpoint {
  return (request) =>
    asPage(request, async () => {
      const link = await open(request, deps);
      return await pageOf(link, readLinkAction(link.purpose, request), deps);
    });
}

/** The token is all that is asked for: it was made for whoever got the message. */
async function open({ params }: ManageRequest, { linkKeys, now }: LinksDeps): Promise<Link> {
  const token = params['token'] ?? '';
  const tenant = tenantOfLink(token) ?? '';
  const key = NAME.test(tenant) ? await linkKeys.find(tenant) : undefined;
  const opened = key === undefined ? undefined : openLink(token, key, now());
  if (!opened) throw notFound();
  if (opened.kind === 'expired') throw new ProblemError(problem('expired-link'));
  return opened.link;
}

function pageOf(link: Link, action: LinkAction | undefined, deps: LinksDeps): Promise<LinkPage> {
  return link.purpose === 'acknowledge'
    ? acknowledgePage(link, action !== undefined, deps)
    : unsubscribePage(link, action, deps);
}

/** People get a page whatever happens; programs that ask for none get problems as everywhere. */
async function asPage({ headers }: ManageRequest, page: () => Promise<LinkPage>): Promise<ManageAnswer> {
  try {
    return answer(200, await page());
  } catch (error) {
    if (!(error instanceof ProblemError) || !headers['accept']?.includes('text/html')) throw error;
    const { status, title, detail } = error.problem;
    const { headers: more } = error;
    return answer(status, { title: TITLES[status] ?? title, lines: detail ? [detail] : [] }, more);
  }
}

const TITLES: Readonly<Record<number, string>> = { 404: 'There is nothing here' };

function answer(status: number, page: LinkPage, more: Readonly<Record<string, string>> = {}): ManageAnswer {
  return { status, headers: { ...LINK_PAGE_HEADERS, ...more }, body: linkPage(page) };
}
