import { card } from './card.js';
import { h } from './dom.js';
import { empty } from './empty.js';
import { switches } from './switches.js';

const byId = (id) => document.getElementById(id);

// Enough to scroll through; everything else is in inbox.json.
const SHOWN = 60;

let state = { channels: [], total: 0, forgotten: 0, smtpUrl: '' };
let filter = { channel: new URLSearchParams(location.search).get('channel') ?? '', refusedOnly: false };
let loading = false;
let again = false;

/** Brings the feed up to date; while one load runs, any number of further wishes become one more. */
async function load() {
  if (loading) {
    again = true;
    return;
  }
  loading = true;
  do {
    again = false;
    const query = new URLSearchParams({ last: String(SHOWN) });
    if (filter.channel) query.set('channel', filter.channel);
    if (filter.refusedOnly) query.set('verdict', 'refused');
    try {
      const response = await fetch(`/inbox.json?${query}`);
      show(await response.json());
    } catch {
      // The stream reconnects by itself and asks again.
    }
  } while (again);
  loading = false;
}

/** A card is made anew when its message was changed. */
const nameOf = ({ id, edits = [] }) => `${id} ${edits.length}`;

function named(entry) {
  const made = card(entry);
  made.dataset.name = nameOf(entry);
  return made;
}

/** Newest first; cards already there stay as they are, so that open details stay open. A change shows in its message. */
function show(all) {
  const ids = new Set(all.map(({ id }) => id));
  const entries = all.filter(({ edited }) => !ids.has(edited));
  const feed = byId('feed');
  const old = new Map([...feed.children].map((element) => [element.dataset.name, element]));
  feed.replaceChildren(...entries.toReversed().map((entry) => old.get(nameOf(entry)) ?? named(entry)));
  byId('empty').hidden = entries.length > 0;
  if (entries.length === 0) byId('empty').replaceChildren(...empty({ ...filter, ...state }));
  byId('older').hidden = all.length < SHOWN;
  byId('older').textContent = `The newest ${SHOWN}; all of them are in inbox.json.`;
}

/** A filter: its label, how many messages it has, whether it is on, what a click does. */
function pick(label, count, active, onclick, kind) {
  return h(
    `button.pick.${kind}`,
    { type: 'button', 'aria-pressed': String(active), onclick },
    h('span.badge', { 'aria-hidden': 'true' }),
    h('span.name', {}, label),
    h('span.count', {}, String(count)),
  );
}

function choose(next) {
  filter = { ...filter, ...next };
  render();
  void load();
}

function render() {
  const { channels } = state;
  const sum = (kind) => channels.reduce((total, channel) => total + channel[kind], 0);
  byId('channels').replaceChildren(
    pick('All', sum('accepted') + sum('refused'), !filter.channel, () => choose({ channel: '' }), 'all'),
    ...channels.map(({ name, title, accepted, refused, behaviour, limits }) => {
      const button = pick(
        title,
        accepted + refused,
        filter.channel === name,
        () => choose({ channel: name }),
        name,
      );
      button.title = limits.length > 0 ? `Limits: ${limits.join(', ')}` : 'No limit';
      if (refused > 0) button.append(h('span.refusals', { title: 'refused' }, String(refused), ' refused'));
      if (behaviour) button.classList.add('troubled');
      return button;
    }),
    pick(
      'Refused only',
      sum('refused'),
      filter.refusedOnly,
      () => choose({ refusedOnly: !filter.refusedOnly }),
      'only',
    ),
  );
  byId('switches').replaceChildren(...switches(channels, byId('problem')));
  byId('addresses').replaceChildren(
    h('dt', {}, 'HTTP'),
    h('dd', {}, location.origin),
    h('dt', {}, 'SMTP'),
    h('dd', {}, state.smtpUrl),
  );
}

function live(words, ok) {
  byId('live').textContent = words;
  byId('live').classList.toggle('on', ok);
}

const source = new EventSource('/stream');
source.addEventListener('message', ({ data }) => {
  state = JSON.parse(data);
  live('live', true);
  render();
  void load();
});
source.addEventListener('error', () => live('not connected', false));

byId('clear').addEventListener('click', () => void fetch('/inbox.json', { method: 'DELETE' }));
byId('behaviours').open = matchMedia('(min-width: 60rem)').matches;
