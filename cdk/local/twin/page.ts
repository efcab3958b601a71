import { readFileSync, readdirSync } from 'node:fs';
import { extname, join } from 'node:path';
import type { ServerResponse } from 'node:http';
import { sendAnswer } from './http.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Nothing from elsewhere, no inline script or style, no framing by others. */
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
  "frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** A mail's HTML is shown as a document of its own: no scripts, no network, own origin. */
const MAIL_POLICY =
  "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; " +
  "frame-ancestors 'self'";

const HARDENED = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
} as const;

const FOLDER = join(import.meta.dirname, '..', 'page');

/** Sends `/` and `/page/<file>`; false when there is no such file. */
export function sendPage(response: ServerResponse, path: string): boolean {
  const name = path === '/' ? 'index.html' : path.slice('/page/'.length);
  if (!readdirSync(FOLDER).includes(name)) return false;
  const type = TYPES[extname(name)] ?? 'application/octet-stream';
  const headers = { ...HARDENED, 'content-type': type, 'content-security-policy': PAGE_POLICY };
  sendAnswer(response, { status: 200, headers, body: readFileSync(join(FOLDER, name), 'utf8') });
  return true;
}

export function sendMailDocument(response: ServerResponse, html: string): void {
  const headers = {
    ...HARDENED,
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': MAIL_POLICY,
  };
  sendAnswer(response, { status: 200, headers, body: html });
}
