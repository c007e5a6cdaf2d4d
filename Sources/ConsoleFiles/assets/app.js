// @ts-check
// The shell: who is here, which page is shown, what is heard.
import { Refusal, ask, post, who } from '/api.js';
import { h, plain, put, words } from '/dom.js';
import { help, listen, pageKeys } from '/keys.js';
import * as live from '/live.js';
import { note, say } from '/parts.js';
import { forgetSession, keepSession, sessionFromLink } from '/sign.js';

const page = /** @type {HTMLElement} */ (document.getElementById('page'));
const byId = (id) => /** @type {HTMLElement} */ (document.getElementById(id));
const titles = {
  now: 'Now', incidents: 'Incidents', pulls: 'Pull requests', postmortems: 'Post-mortems', shop: 'Shop',
  objectives: 'SLOs', chaos: 'Chaos', audit: 'Audit', signin: 'Sign in',
};
let shown = new AbortController();
let first = true;

// Light and dark: as the system has it, until somebody says otherwise.
const themes = ['', 'light', 'dark'];
const theme = (next) => {
  if (next) document.documentElement.dataset.theme = next; else delete document.documentElement.dataset.theme;
  try { localStorage.setItem('theme', next); } catch { /* Then it holds for this page alone. */ }
};
try { theme(localStorage.getItem('theme') ?? ''); } catch { theme(''); }
const turn = () => {
  const next = themes[(themes.indexOf(document.documentElement.dataset.theme ?? '') + 1) % 3];
  theme(next);
  say(next ? `The console is ${next}.` : 'The console is as the system has it.');
};

function showPerson() {
  const session = who.session;
  put(byId('person'), session ? [
    h('span', { title: (session.roles ?? []).join(', ') }, session.person),
    h('button', { type: 'button', class: 'quiet', on: { click: leave } }, 'Sign out'),
  ] : []);
}

async function leave() {
  await forgetSession();
  await ask('/api/session', { method: 'DELETE' }).catch(() => undefined);
  who.session = null;
  live.end('waiting');
  showPerson();
  show();
}

/** Begins a session with what stands for one. */
async function enter({ key, grant }) {
  who.session = await post('/api/session', grant);
  await keepSession(key, grant);
  started();
}

function started() {
  showPerson();
  live.begin();
}

who.lost = () => {
  who.session = null;
  live.end('waiting');
  showPerson();
  show();
};

/** Shows the page that the address names. */
async function show() {
  const [path, query = ''] = location.hash.replace(/^#\/?/, '').split('?');
  const parts = path.split('/').map((part) => { try { return decodeURIComponent(part); } catch { return part; } });
  let name = titles[parts[0]] && parts[0] !== 'signin' ? parts[0] : 'now';
  const module = !who.session ? 'signin' : name === 'incidents' && parts[1] ? 'incident' : name;
  shown.abort();
  const own = shown = new AbortController();
  pageKeys({});
  for (const link of byId('pages').querySelectorAll('a')) {
    const here = link.getAttribute('href') === `#/${name}`;
    if (here) link.setAttribute('aria-current', 'page'); else link.removeAttribute('aria-current');
    if (here && !first) link.scrollIntoView({ block: 'nearest', inline: 'center' });
  }
  document.title = plain(`${parts[1] ?? titles[module] ?? 'Kintsugi'} · Kintsugi`);
  try {
    const { draw } = await import(`/pages/${module}.js`);
    if (own.signal.aborted) return;
    const room = h('div', { class: `room ${module}` });
    const ready = draw(room, { parts: parts.slice(1), query: new URLSearchParams(query), signal: own.signal, enter, show });
    put(page, room);
    if (!first) { page.focus({ preventScroll: true }); window.scrollTo(0, 0); }
    first = false;
    await ready;
  } catch (fault) {
    if (own.signal.aborted) return;
    if (fault instanceof Refusal && fault.status === 401) return;
    console.error(fault);
    put(page, h('h1', null, titles[name]), h('p', { class: 'refusal', role: 'alert' },
      h('strong', null, fault.title ?? 'This page did not come'), ' ', fault.message),
      h('p', null, h('button', { type: 'button', on: { click: show } }, 'Try again')));
  }
}

live.state.changed = (now) => {
  const text = { live: 'live', waiting: 'no connection', asleep: 'asleep' }[now] ?? now;
  byId('live').dataset.state = now;
  put(byId('live'), who.session ? text : '');
};

async function begin() {
  byId('theme').addEventListener('click', turn);
  byId('help').addEventListener('click', help);
  listen({ theme: turn });
  const fragment = location.hash.slice(1);
  let trouble = '';
  if (fragment.startsWith('key=')) {
    // Away with it before anything else: what stays in the address is copied, and kept in the history.
    history.replaceState(null, '', location.pathname + '#/now');
    try { await enter(await sessionFromLink(fragment)); } catch (fault) {
      trouble = fault.status === 403
        ? 'This link was used before, or its time is over. If it was not you who used it, take your key out of people.yaml.'
        : fault.message;
    }
  }
  if (!who.session && !trouble) {
    try { who.session = await ask('/api/session'); started(); } catch (fault) {
      if (fault.status !== 401) trouble = fault.message;
    }
  }
  live.on('incident', new AbortController().signal, (it) => {
    say(`${it.id} is ${words(it.stage)}: ${it.title}`);
    if (it.stage === 'awaiting_approval') note(`${it.id} waits for a person: ${it.title}`, `#/incidents/${it.id}`);
  });
  window.addEventListener('hashchange', show);
  await show();
  if (trouble) note(trouble);
}

begin();
