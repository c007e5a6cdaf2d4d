// @ts-check
// What several pages are made of.
import { Refusal } from '/api.js';
import { ago, figure, h, later, put, share, span, spoken, words } from '/dom.js';

const said = () => /** @type {HTMLElement} */ (document.getElementById('said'));
let sayings = /** @type {string[]} */ ([]);
const speak = later(400, () => {
  // Many at once are a number: nobody listens to forty sentences.
  put(said(), sayings.length > 3 ? `${sayings.length} changes, the last: ${sayings.at(-1)}` : sayings.join('. '));
  sayings = [];
});

/** For screen readers: what came. */
export const say = (text) => { sayings.push(text); speak(); };

/** A line that stays for a while where everybody sees it. */
export function note(text, link = '') {
  const line = h('p', { class: 'note' }, link ? h('a', { href: link }, text) : text,
    h('button', { type: 'button', class: 'quiet', 'aria-label': 'Close', on: { click: () => line.remove() } }, '×'));
  const notes = /** @type {HTMLElement} */ (document.getElementById('notes'));
  notes.append(line);
  while (notes.children.length > 3) notes.firstElementChild?.remove();
  setTimeout(() => line.remove(), 12_000);
}

/** What was refused, in the server's words. */
export const refusal = (fault) => h('p', { class: 'refusal', role: 'alert' },
  h('strong', null, fault instanceof Refusal ? fault.title : 'It did not work'), ' ', fault.message,
  fault.more?.length ? h('ul', null, fault.more.map((each) => h('li', null, each))) : null);

/** Asks for a part of a page; where it does not come, says so there, and the rest stays. */
export async function part(room, promise, draw, what) {
  try {
    const value = await promise;
    await draw(value);
    return value;
  } catch (fault) {
    if (fault.name === 'AbortError' || fault.status === 401) return undefined;
    if (!(fault instanceof Refusal)) console.error(fault);
    put(room, h('p', { class: 'missing' }, h('strong', null, `${what}: not there. `), fault.message));
    return undefined;
  }
}

/** Does something a button asks for; says what came of it beside the button. */
export async function act(button, room, doing) {
  button.disabled = true;
  room?.querySelector(':scope > .refusal')?.remove();
  try {
    return await doing();
  } catch (fault) {
    if (!(fault instanceof Refusal)) console.error(fault);
    room?.append(refusal(fault));
    return undefined;
  } finally {
    button.disabled = false;
  }
}

export const button = (text, click, more = {}) =>
  h('button', { type: 'button', on: { click: (event) => click(event.currentTarget) }, ...more }, text);

/** A section with its heading. */
export const section = (name, title, ...children) => h('section', { class: name, 'aria-labelledby': `${name}-title` },
  h('h2', { id: `${name}-title` }, title), children);

/** A table that becomes cards on a phone: each cell knows its column's name. */
export function table(caption, columns, lines) {
  return h('table', null, h('caption', { class: 'spoken' }, caption),
    h('thead', null, h('tr', null, columns.map((name) => h('th', { scope: 'col' }, name)))),
    h('tbody', null, lines.map((cells) => h('tr', null, cells.map((cell, place) =>
      h(place ? 'td' : 'th', place ? { 'data-name': columns[place] } : { scope: 'row' }, cell))))));
}

export const stage = (name) => h('span', { class: `stage ${name}` }, words(name));
export const priority = (n) => h('span', { class: `priority p${n}` }, spoken('priority '), `P${n}`);

const line = ['open', 'investigating', 'diagnosed', 'planned', 'awaiting_approval', 'executing', 'verifying', 'resolved'];
const asOn = { rejected: 1, rolled_back: 1, undoing: 5, suppressed: 7, failed: 7, escalated: 4 };

/** How far an incident is, as a seam of eight stitches. */
export function stitches(name) {
  const at = asOn[name] ?? line.indexOf(name);
  return h('span', { class: `stitches ${name}`, 'aria-hidden': 'true' },
    line.map((_, place) => h('i', { class: place < at ? 'past' : place === at ? 'here' : '' })));
}

/** One incident as a card that is a link. */
export function incidentCard(it) {
  return h('a', { class: `card incident-card ${it.stage}`, href: `#/incidents/${encodeURIComponent(it.id)}`, 'data-row': '',
    'data-id': it.id },
    h('span', { class: 'line' }, priority(it.priority), h('b', null, it.id), stage(it.stage),
      h('span', { class: 'soft end' }, it.ended ? ['ended ', ago(it.ended), ' ago'] : ['for ', ago(it.opened)])),
    h('span', { class: 'title' }, it.title),
    h('span', { class: 'line soft' }, stitches(it.stage),
      h('span', null, it.category ? `${words(it.category)} of ${it.culprit}` : (it.nodes ?? []).join(', ')),
      it.owner ? h('span', null, `taken by ${it.owner}`) : null));
}

/** What is left of an objective's budget, as a bar whose end is the whole. */
export function budget(it, detailed = false) {
  const left = it.wholeLeft ?? it.budgetLeft;
  const firing = it.windows.filter((window) => window.isFiring);
  const burn = it.windows[0]?.shortBurn ?? null;
  const state = left <= 0 ? 'spent' : firing.length ? 'burns' : left < 0.25 ? 'low' : 'well';
  return h('div', { class: `budget ${state}` },
    h('div', { class: 'line' }, h('b', null, it.name), h('span', { class: 'soft' }, it.service),
      h('span', { class: 'end figures' }, `${share(left, left > 0.995 && left < 1 ? 2 : 0)} left`)),
    h('div', { class: 'bar', 'aria-hidden': 'true' }, h('i', { css: { width: `${Math.max(0, Math.min(1, left)) * 100}%` } })),
    h('div', { class: 'line soft small' },
      h('span', null, `${share(it.target, it.target > 0.99 ? 1 : 0)} wanted, ${it.achieved === null || it.achieved === undefined ? 'no traffic' : `${share(it.achieved, 2)} achieved`}`),
      h('span', { class: 'end' }, firing.length ? h('strong', { class: 'burning' }, `burns ${figure(firing[0].longBurn)} times too fast`)
        : burn === null || burn < 0.005 ? '' : `burns at ${figure(burn)}`,
        detailed && it.exhaustedAfter ? ` spent in ${span(it.exhaustedAfter)}` : '')));
}

/** A diff; what is added and what is gone is in the text, and in colour beside. */
export const diff = (text) => h('pre', { class: 'diff', tabindex: 0, 'aria-label': 'Changes, line by line' },
  String(text ?? '').replace(/\n$/, '').split('\n').map((each) => h('span', {
    class: /^(\+\+\+|---|diff |index |commit )/.test(each) ? 'file' : each.startsWith('@@') ? 'place'
      : each.startsWith('+') ? 'more' : each.startsWith('-') ? 'less' : '',
  }, each || ' ')));

/** Takes a sentence from a person; null when they thought better of it. */
export function sentence(title, { label = 'What do you want to say?', must = false, action = 'Send', danger = false } = {}) {
  return new Promise((done) => {
    const field = h('textarea', { rows: 4, required: must, id: 'sentence' });
    const dialog = h('dialog', { 'aria-labelledby': 'sentence-title' },
      h('form', { method: 'dialog' }, h('h2', { id: 'sentence-title' }, title),
        h('label', { for: 'sentence' }, label), field,
        h('p', { class: 'buttons' }, h('button', { value: 'send', class: danger ? 'danger' : 'main' }, action),
          h('button', { value: '', formnovalidate: true }, 'Cancel'))));
    dialog.addEventListener('close', () => { done(dialog.returnValue === 'send' ? field.value : null); dialog.remove(); });
    document.body.append(dialog);
    dialog.showModal();
    field.focus();
  });
}

/** An identifier that is never given twice. */
export const newId = () => crypto.randomUUID();
