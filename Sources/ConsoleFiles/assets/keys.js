// @ts-check
// The keyboard: two strokes to go somewhere, one to move in a list, and a page's own keys.
import { h } from '/dom.js';

const places = {
  n: ['now', 'Now'], i: ['incidents', 'Incidents'], p: ['pulls', 'Pull requests'], m: ['postmortems', 'Post-mortems'],
  s: ['shop', 'Shop'], o: ['objectives', 'SLOs'], c: ['chaos', 'Chaos'], a: ['audit', 'Audit'],
};
let own = /** @type {Record<string, [string, () => void]>} */ ({});
let leader = 0;

/** The keys of the page that is shown: each with what it does, in words. */
export const pageKeys = (keys) => { own = keys; };

const rows = () => /** @type {HTMLElement[]} */ ([...document.querySelectorAll('main [data-row]')]
  .filter((row) => /** @type {HTMLElement} */ (row).offsetParent !== null));

function step(by) {
  const all = rows();
  if (!all.length) return;
  const at = all.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  const next = all[Math.max(0, Math.min(all.length - 1, at < 0 ? 0 : at + by))];
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: 'nearest' });
}

/** Shows all keys. */
export function help() {
  const line = (keys, text) => h('div', null, h('dt', null, keys.map((key) => h('kbd', null, key))), h('dd', null, text));
  const dialog = h('dialog', { 'aria-labelledby': 'keys-title', class: 'keys' },
    h('h2', { id: 'keys-title' }, 'Keys'),
    h('dl', null,
      Object.entries(places).map(([key, [, name]]) => line(['g', key], name)),
      line(['j'], 'the next one in the list'), line(['k'], 'the one before'), line(['Enter'], 'open it'),
      line(['/'], 'search, or narrow the list'), line(['t'], 'light, dark, or as the system has it'),
      Object.entries(own).map(([key, [text]]) => line([key], text)),
      line(['?'], 'these keys'), line(['Esc'], 'close')),
    h('form', { method: 'dialog' }, h('button', { autofocus: true }, 'Close')));
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

/** Hears the keyboard. */
export function listen({ theme }) {
  document.addEventListener('keydown', (event) => {
    const field = /** @type {HTMLElement} */ (event.target);
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (field.matches('input:not([type=range]), textarea, select, [contenteditable]')) {
      if (event.key === 'Escape') field.blur();
      return;
    }
    if (document.querySelector('dialog[open]')) return;
    const key = event.key;
    if (Date.now() - leader < 1500 && places[key]) {
      location.hash = `#/${places[key][0]}`;
    } else if (key === 'g') {
      leader = Date.now();
      return;
    } else if (key === 'j') step(1);
    else if (key === 'k') step(-1);
    else if (key === '?') help();
    else if (key === 't') theme();
    else if (key === '/') {
      const search = /** @type {HTMLElement | null} */ (document.querySelector('main [data-search]'));
      if (search) search.focus(); else location.hash = '#/postmortems';
    } else if (own[key]) own[key][1]();
    else return;
    leader = 0;
    event.preventDefault();
  });
}
