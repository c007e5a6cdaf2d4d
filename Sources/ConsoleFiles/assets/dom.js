// @ts-check
// Elements and words. Nothing here reads text as markup: what others wrote is only ever text.

const svgSpace = 'http://www.w3.org/2000/svg';
const unseen = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\u{e0000}-\u{e007f}]/gu;

/** Text as it is, with what would not be seen (or would turn the rest around) spelt out. */
export const plain = (value) => String(value ?? '').replace(
  unseen, (letter) => `(U+${(letter.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')})`);

function fill(element, props, children) {
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name === 'on') for (const [event, act] of Object.entries(value)) element.addEventListener(event, act);
    else if (name === 'css') for (const [key, word] of Object.entries(value)) element.style.setProperty(key, word);
    else if (name === 'value' || name === 'checked' || name === 'disabled') element[name] = value;
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...nodes(children));
  return element;
}

const nodes = (children) => children.flat(Infinity)
  .filter((child) => child !== null && child !== undefined && child !== false)
  .map((child) => (child instanceof Node ? child : document.createTextNode(plain(child))));

/** An element; `on` has its events, `css` its own properties. @returns {any} */
export const h = (tag, props, ...children) => fill(document.createElement(tag), props, children);
/** The same of a drawing. @returns {any} */
export const s = (tag, props, ...children) => fill(document.createElementNS(svgSpace, tag), props, children);
/** Puts new children in place of all. */
export const put = (element, ...children) => { element.replaceChildren(...nodes(children)); return element; };

/** Only for screen readers. */
export const spoken = (text) => h('span', { class: 'spoken' }, text);

// Times come as nanoseconds, or as ISO 8601 text.
export const toMilliseconds = (value) => {
  if (value === null || value === undefined || value === '') return NaN;
  if (typeof value === 'number') return value / 1e6;
  return /^\d+$/.test(value) ? Number(value) / 1e6 : Date.parse(value);
};

const two = (n) => String(n).padStart(2, '0');
export const clock = (value) => {
  const at = new Date(toMilliseconds(value));
  if (Number.isNaN(at.getTime())) return 'at no known time';
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
};
export const day = (value) => {
  const at = new Date(toMilliseconds(value));
  return Number.isNaN(at.getTime()) ? '' : `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
};

/** A span of seconds as people say it. */
export function span(seconds) {
  const whole = Math.abs(seconds);
  if (!Number.isFinite(whole)) return 'never';
  if (whole < 10) return `${Math.round(whole * 10) / 10} s`;
  if (whole < 90) return `${Math.round(whole)} s`;
  if (whole < 5400) return `${Math.round(whole / 60)} min`;
  if (whole < 129600) return `${Math.round(whole / 360) / 10} h`;
  return `${Math.round(whole / 8640) / 10} d`;
}

/** A moment, with all of it as the title. */
export const when = (value, withDay = false) => {
  const at = toMilliseconds(value);
  if (Number.isNaN(at)) return h('span', { class: 'soft' }, '—');
  const iso = new Date(at).toISOString();
  return h('time', { datetime: iso, title: iso }, withDay ? `${day(value)} ${clock(value)}` : clock(value));
};

const since = (at) => {
  const seconds = (Date.now() - at) / 1000;
  return seconds >= 0 ? span(Math.max(1, Math.round(seconds))) : `in ${span(seconds)}`;
};

/** How long ago, kept up to date while it is shown. */
export const ago = (value) => {
  const at = toMilliseconds(value);
  if (Number.isNaN(at)) return h('span', { class: 'soft' }, '—');
  const iso = new Date(at).toISOString();
  return h('time', { datetime: iso, title: iso, 'data-since': at }, since(at));
};

setInterval(() => {
  if (document.hidden) return;
  for (const element of document.querySelectorAll('time[data-since]')) {
    const text = since(Number(/** @type {HTMLElement} */ (element).dataset.since));
    if (element.textContent !== text) element.textContent = text;
  }
}, 1000);

const fine = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });
const coarse = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
/** A number with three digits that matter. */
export const figure = (value) => {
  if (value === null || value === undefined || !Number.isFinite(value)) return '—';
  return Math.abs(value) >= 1000 ? coarse.format(value) : fine.format(value);
};
export const share = (value, digits = 0) =>
  value === null || value === undefined ? '—' : `${Number((value * 100).toFixed(digits))} %`;
export const bytes = (value) => {
  if (value === null || value === undefined) return '—';
  const step = value >= 2 ** 30 ? [2 ** 30, 'GiB'] : value >= 2 ** 20 ? [2 ** 20, 'MiB'] : [1024, 'KiB'];
  return `${figure(value / step[0])} ${step[1]}`;
};
/** A figure by what its name says that it is, and the name as people say it. */
export const named = (name, value) => (typeof value !== 'number' ? String(value ?? '—') : /seconds/i.test(name) ? span(value)
  : /share$/i.test(name) ? share(value) : figure(value));
export const nameOf = (name) => words(name).replace(/ share$/, '').replace(/seconds/, 'time');
/** `onHand` and `awaiting_approval` as words. */
export const words = (name) =>
  String(name ?? '').replace(/_/g, ' ').replace(/([a-z])([A-Z])/g, (_, a, b) => `${a} ${b.toLowerCase()}`);
export const brief = (digest) => String(digest ?? '').slice(0, 12);
/** Runs `act` when nothing was asked for a while. */
export function later(milliseconds, act) {
  let waiting = 0;
  return (...all) => { clearTimeout(waiting); waiting = window.setTimeout(() => act(...all), milliseconds); };
}
