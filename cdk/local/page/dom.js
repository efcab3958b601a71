/**
 * Makes an element. Text children become text nodes, so nothing a message contains is ever read as HTML.
 * @param {string} tag name, with classes after dots: `div.card.refused`
 * @param {Record<string, unknown>} properties attributes; `on<event>` adds a listener
 * @param {...(Node | string | undefined | null | false)} children
 */
export function h(tag, properties = {}, ...children) {
  const [name, ...classes] = tag.split('.');
  const element = document.createElement(name);
  if (classes.length > 0) element.className = classes.join(' ');
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (typeof value === 'function') element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? '' : text(value));
  }
  element.append(
    ...children.flat().filter((child) => child !== undefined && child !== null && child !== false),
  );
  return element;
}

/** A link when the address is one a message may point at, plain text otherwise. */
export function link(url, ...children) {
  const safe = typeof url === 'string' && /^(?:https?:\/\/|mailto:|tel:)/i.test(url);
  if (!safe) return h('span', {}, ...children);
  return h('a', { href: url, target: '_blank', rel: 'noopener noreferrer' }, ...children);
}

/** A colour as a message gives it: `#rrggbb`, or a number. Anything else is undefined. */
export function colorOf(value) {
  if (Number.isInteger(value)) return `#${value.toString(16).padStart(6, '0').slice(-6)}`;
  return typeof value === 'string' && /^#?[\da-f]{6}$/i.test(value)
    ? `#${value.replace('#', '')}`
    : undefined;
}

/** Sets a CSS variable; the policy forbids style attributes, not the style object. */
export function paint(element, color) {
  if (color) element.style.setProperty('--bar', color);
  return element;
}

/** The value as a list. */
export const list = (value) => (Array.isArray(value) ? value : []);

/** The value as text; objects as JSON. */
export const text = (value) =>
  typeof value === 'string' ? value : value === undefined || value === null ? '' : JSON.stringify(value);

/** Time of day of an ISO time. */
export const clock = (iso) =>
  new Date(iso).toLocaleTimeString([], {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  });
