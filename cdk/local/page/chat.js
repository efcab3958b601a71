import { clock, h, text } from './dom.js';

/** A message in a chat: avatar, name and time, and below them what it says. */
export function chatMessage(provider, { body, at }, ...inside) {
  const name = h('strong', {}, text(body?.username) || 'Fanfare');
  const head = h('p.sender', {}, name, h('span.app', {}, 'APP'), h('time', {}, clock(at)));
  return h(
    `div.${provider}`,
    {},
    h('div.avatar', { 'aria-hidden': 'true' }, 'F'),
    h('div', {}, head, ...inside),
  );
}
