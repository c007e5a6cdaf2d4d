// @ts-check
// All incidents: the latest first, narrowed by words, loaded as far as somebody scrolls.
import { ask, may, post, remove, enc } from '/api.js';
import { ago, clock, h, later, put, words } from '/dom.js';
import { pageKeys } from '/keys.js';
import { on } from '/live.js';
import { act, button, incidentCard, note, part, refusal, section, table } from '/parts.js';

const page = 100;
const isOver = (it) => ['resolved', 'suppressed', 'failed'].includes(it.stage);

export async function draw(room, { query, signal }) {
  const rows = h('div', { class: 'list long', id: 'rows' });
  const search = h('input', { type: 'search', id: 'narrow', 'data-search': '', placeholder: 'words, a stage, a service', value: query.get('q') ?? '' });
  const which = h('select', { id: 'which' }, [['', 'all'], ['true', 'open'], ['false', 'over']].map(([value, text]) => h('option', { value }, text)));
  const count = h('p', { class: 'soft small', role: 'status' });
  const end = h('div', { class: 'end-of-list' });
  const silences = h('div');
  put(room, h('div', { class: 'head' }, h('h1', null, 'Incidents'),
    may('operator') ? button('Report an incident', report, { class: 'main' }) : null),
    h('div', { class: 'narrow' }, h('label', { for: 'narrow' }, 'Narrow'), search, h('label', { for: 'which' }, 'Show'), which, count),
    rows, end, section('silences', 'Silences', silences));

  const shown = new Map();
  let before = '';
  let over = false;
  let loading = false;
  let round = 0;

  const fits = (it) => {
    if (which.value === 'true' ? isOver(it) : which.value === 'false' ? !isOver(it) : false) return false;
    const text = `${it.id} ${it.title} ${words(it.stage)} ${it.category ?? ''} ${it.culprit ?? ''} ${(it.nodes ?? []).join(' ')} ${it.owner ?? ''}`.toLowerCase();
    return search.value.toLowerCase().split(/\s+/).every((word) => text.includes(word));
  };
  const counted = later(50, () => {
    const visible = [...shown.values()].filter((each) => !each.card.hidden).length;
    put(count, `${visible}${visible === shown.size ? '' : ` of ${shown.size}`}${over ? '' : ' so far'}`);
  });
  let asked = 0;
  const narrow = later(80, async () => {
    const own = (asked += 1);
    const all = [...shown.values()];
    for (let from = 0; from < all.length; from += 150) {
      for (const { it, card } of all.slice(from, from + 150)) if (card.hidden === fits(it)) card.hidden = !card.hidden;
      await new Promise((go) => requestAnimationFrame(go));
      if (own !== asked || signal.aborted) return;
    }
    counted();
    if (!over && [...shown.values()].filter((each) => !each.card.hidden).length < 20) more();
  });

  function place(it, first = false) {
    const card = incidentCard(it);
    card.hidden = !fits(it);
    const old = shown.get(it.id);
    if (old) {
      const focused = document.activeElement === old.card;
      old.card.replaceWith(card);
      if (focused) card.focus();
    } else if (first) rows.prepend(card);
    else rows.append(card);
    shown.set(it.id, { it, card });
  }

  /** Twenty cards in a frame: whoever scrolls meanwhile feels nothing. */
  async function lay(all, own) {
    for (let from = 0; from < all.length; from += 20) {
      if (own !== round || signal.aborted) return;
      for (const it of all.slice(from, from + 20)) place(it);
      counted();
      await new Promise((go) => requestAnimationFrame(go));
    }
  }

  async function more() {
    if (loading || over) return;
    loading = true;
    const own = round;
    try {
      const words = new URLSearchParams({ limit: String(page) });
      if (which.value) words.set('open', which.value);
      if (before) words.set('before', before);
      const { incidents } = await ask(`/api/incidents?${words}`, { signal });
      if (own !== round) return;
      over = incidents.length < page;
      before = incidents.at(-1)?.id ?? before;
      await lay(incidents, own);
      if (!shown.size) put(rows, h('p', { class: 'calm' }, 'None. May it stay so.'));
    } catch (fault) {
      if (fault.name !== 'AbortError') put(end, refusal(fault), button('Try again', () => { put(end); more(); }));
      over = over || fault.name === 'AbortError';
    } finally {
      loading = false;
      counted();
    }
    if (!over && search.value) narrow();
  }

  const again = () => { round += 1; shown.clear(); put(rows); put(end); before = ''; over = false; loading = false; return more(); };
  search.addEventListener('input', narrow);
  which.addEventListener('change', again);
  const watcher = new IntersectionObserver((seen) => seen.some((each) => each.isIntersecting) && more(), { rootMargin: '800px' });
  signal.addEventListener('abort', () => watcher.disconnect());
  on('incident', signal, (it) => { rows.querySelector('.calm')?.remove(); place(it, true); counted(); });
  on('back', signal, () => ask(`/api/incidents?limit=${page}`, { signal }).then(({ incidents }) => incidents.reverse().forEach((it) => place(it, true))).catch(() => undefined));
  pageKeys({ n: ['report an incident', () => may('operator') && report()] });

  function report() {
    const title = h('input', { id: 'r-title', required: true, maxlength: 200 });
    const service = h('input', { id: 'r-service', maxlength: 100, placeholder: 'orders' });
    const severity = h('select', { id: 'r-severity' }, ['warning', 'critical', 'notice'].map((value) => h('option', { value }, value)));
    const text = h('textarea', { id: 'r-text', rows: 4 });
    const send = button('Report', () => undefined, { type: 'submit', class: 'main' });
    const form = h('form', null, h('h2', { id: 'r-head' }, 'Report an incident'),
      h('label', { for: 'r-title' }, 'What is wrong?'), title, h('label', { for: 'r-service' }, 'Service, if you know'), service,
      h('label', { for: 'r-severity' }, 'How grave'), severity, h('label', { for: 'r-text' }, 'What you have seen'), text,
      h('p', { class: 'buttons' }, send, button('Cancel', () => dialog.close())));
    const dialog = h('dialog', { 'aria-labelledby': 'r-head' }, form);
    dialog.addEventListener('close', () => dialog.remove());
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      act(send, form, async () => {
        const made = await post('/api/incidents', {
          title: title.value, service: service.value || undefined, severity: severity.value, text: text.value || undefined });
        dialog.close();
        note(`${made.id} was opened.`, `#/incidents/${made.id}`);
        location.hash = `#/incidents/${enc(made.id)}`;
      });
    });
    document.body.append(dialog);
    dialog.showModal();
  }

  const quiet = () => part(silences, ask('/api/silences', { signal }), (it) => {
    const live = it.silences.filter((each) => !each.ended && each.until / 1e6 > Date.now());
    put(silences, live.length ? table('Silences in force', ['What', 'Who', 'Until', 'Why', ''], live.map((each) => [
      h('code', null, each.matchers.join(', ')), each.person, [clock(each.until), ' (', ago(each.until), ')'], each.text,
      may('operator') ? button('End it', (self) => act(self, silences, () => remove(`/api/silences/${enc(each.id)}`).then(quiet))) : '',
    ])) : h('p', { class: 'soft' }, 'None is in force: every alert is heard.'), may('operator') ? silenceForm() : null);
  }, 'Silences');

  function silenceForm() {
    const matchers = h('input', { id: 's-what', required: true, placeholder: 'node="carrier"' });
    const minutes = h('input', { id: 's-long', type: 'number', min: 1, max: 10080, value: '30', required: true });
    const text = h('input', { id: 's-why', required: true });
    const send = button('Silence', () => undefined, { type: 'submit' });
    const form = h('form', { class: 'inline' }, h('label', { for: 's-what' }, 'What, a comma between'), matchers,
      h('label', { for: 's-long' }, 'Minutes'), minutes, h('label', { for: 's-why' }, 'Why'), text, send);
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      act(send, silences, () => post('/api/silences', { matchers: matchers.value.split(',').map((each) => each.trim()).filter(Boolean),
        seconds: Number(minutes.value) * 60, text: text.value }).then(quiet));
    });
    return h('details', null, h('summary', null, 'Add a silence'), form);
  }

  await again();
  watcher.observe(end);
  await quiet();
}
