import { expect, test } from 'vitest';
import { LINK_PAGE_HEADERS, linkPage } from '../../lib/core/link-page.ts';

const EVIL = '<script>alert(1)</script>"\'&';

test('the page of a link shows whatever it is about as text, with a form that posts', () => {
  const page = linkPage({ title: EVIL, lines: [EVIL], button: { action: 'undo', label: EVIL } });
  expect(page).not.toMatch(/<script|alert\(1\)<\/script>"/);
  expect(page.match(/&lt;script&gt;alert\(1\)&lt;\/script&gt;&quot;&#39;&amp;/g)).toHaveLength(4);
  expect(page).toContain('<form method="post"><button name="action" value="undo">');
  expect(linkPage({ title: 'x', lines: [] })).not.toContain('<form');
});

test('is of no use to other pages and search engines', () => {
  const policy = LINK_PAGE_HEADERS['content-security-policy'];
  expect(policy).toMatch(/^default-src 'none'; style-src 'sha256-[\w+/=]{44}'; form-action 'self';/);
  expect(policy).toContain("frame-ancestors 'none'");
  expect(LINK_PAGE_HEADERS['x-robots-tag']).toMatch(/noindex/);
});
