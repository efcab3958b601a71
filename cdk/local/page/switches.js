import { h } from './dom.js';

/** What a switch asks for; e-mail fails with the temporary code of SMTP. */
const MODES = [
  ['Normal', () => null],
  ['Slow', () => ({ delayMs: 3000 })],
  ['429', () => ({ status: 429, retryAfter: 5 })],
  ['Fail', (name) => ({ status: name === 'email' ? 451 : 503 })],
  ['Hang', () => ({ hang: true })],
];

const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

async function put(name, behaviour, problem) {
  const response = await fetch(`/behaviour/${encodeURIComponent(name)}`, {
    method: 'PUT',
    body: JSON.stringify(behaviour),
  });
  problem.hidden = response.ok;
  problem.textContent = response.ok ? '' : `The twin answered ${response.status}.`;
}

/** A row of switches per channel; a behaviour set from elsewhere is shown as it is. */
export function switches(channels, problem) {
  return channels.map(({ name, title, behaviour }) => {
    const known = MODES.some(([, make]) => same(make(name), behaviour));
    return h(
      'div.switch',
      { role: 'group', 'aria-label': `Behaviour of ${title}` },
      h('span.title', {}, title),
      h(
        'span.modes',
        {},
        ...MODES.map(([label, make]) =>
          h(
            'button',
            {
              type: 'button',
              'aria-pressed': String(same(make(name), behaviour)),
              onclick: () => put(name, make(name), problem),
            },
            label,
          ),
        ),
      ),
      !known && h('code.custom', {}, JSON.stringify(behaviour)),
    );
  });
}
