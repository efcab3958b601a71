import { h, list, text } from './dom.js';

/** The same members whether it came by SMTP or as an SES request. */
function mailOf(body) {
  const simple = body?.Content?.Simple;
  if (!body?.Content) return body ?? {};
  return {
    from: text(body.FromEmailAddress),
    to: list(body.Destination?.ToAddresses).join(', '),
    subject: text(simple?.Subject?.Data),
    text: text(simple?.Body?.Text?.Data),
    html: text(simple?.Body?.Html?.Data),
  };
}

/** A mail: its HTML in a frame that may run nothing and load nothing, its text beside it. */
export function email({ id, body, transport }) {
  const mail = mailOf(body);
  const frame = () =>
    h('iframe', { sandbox: '', src: `/mail/${id}`, title: `HTML of ${text(mail.subject)}`, loading: 'lazy' });
  return h(
    'div.email',
    {},
    h('h3', {}, text(mail.subject) || '(no subject)'),
    h(
      'p.people',
      {},
      h('span', {}, text(mail.from)),
      ' to ',
      h('span', {}, text(mail.to)),
      h('span.app', {}, transport === 'smtp' ? 'SMTP' : 'SES'),
    ),
    mail.html ? frame() : h('pre.plain', {}, text(mail.text)),
    mail.html &&
      mail.text &&
      h('details', {}, h('summary', {}, 'Text part'), h('pre.plain', {}, text(mail.text))),
  );
}
