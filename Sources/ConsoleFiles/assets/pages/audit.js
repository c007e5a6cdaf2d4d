// @ts-check
// All that happened to all incidents, and all that people did: append-only, each entry tied to the one before.
import { ask, enc } from '/api.js';
import { brief, h, put, when, words } from '/dom.js';
import { on } from '/live.js';
import { button, part, section, stage, table } from '/parts.js';

const step = 200;

export async function draw(room, { signal }) {
  const head = h('p', { class: 'soft' });
  const acts = h('div');
  const body = h('tbody');
  const more = h('p', { class: 'buttons' });
  put(room, h('h1', null, 'Audit'), head,
    h('p', { class: 'soft small' }, 'Proved without this page, and without a cluster: ', h('code', null, 'kintsugi audit verify'), '.'),
    section('acts', 'What people did', acts),
    section('entries', 'The journal', h('table', { class: 'journal' }, h('caption', { class: 'spoken' }, 'The journal of all incidents, the latest first'),
      h('thead', null, h('tr', null, ['Entry', 'When', 'Incident', 'Who', 'What', 'Then', 'Digest'].map((name) => h('th', { scope: 'col' }, name)))), body), more));
  const known = new Set();
  let first = 0;
  const row = (it) => h('tr', null, h('th', { scope: 'row' }, String(it.sequence)), h('td', { 'data-name': 'When' }, when(it.at, true)),
    h('td', { 'data-name': 'Incident' }, h('a', { href: `#/incidents/${enc(it.incident)}?entry=${it.number}`, 'data-row': '' }, `${it.incident}/${it.number}`)),
    h('td', { 'data-name': 'Who' }, it.actor), h('td', { 'data-name': 'What' }, h('b', null, words(it.kind)), ' ', it.text), h('td', { 'data-name': 'Then' }, stage(it.stage), ' ', h('span', { class: 'soft' }, it.note)),
    h('td', { 'data-name': 'Digest' }, h('code', { title: it.digest }, brief(it.digest).slice(0, 8))));
  const headed = (it) => {
    const newest = it.head?.sequence ?? it.head;
    put(head, 'The head of the chain is ', typeof it.head === 'object' && it.head ? [h('b', null, String(it.head.sequence ?? '')), ' ', h('code', { class: 'wrap' }, it.head.digest ?? '')] : h('code', { class: 'wrap' }, String(it.head ?? 'nothing yet')), '.');
    return Number(newest);
  };
  const add = (all) => {
    const fresh = all.filter((it) => !known.has(it.sequence)).sort((a, b) => a.sequence - b.sequence);
    for (const it of fresh) { known.add(it.sequence); body.prepend(row(it)); }
  };
  async function earlier(self) {
    const before = first;
    first = Math.max(0, first - step);
    const { entries } = await ask(`/api/audit?after=${first}&limit=${before - first}`, { signal });
    for (const it of [...entries].sort((a, b) => b.sequence - a.sequence)) if (!known.has(it.sequence)) { known.add(it.sequence); body.append(row(it)); }
    if (first <= 0) self.remove();
  }
  on('journal', signal, (it) => add([it]));
  await part(head, ask(`/api/audit?after=0&limit=1`, { signal }), async (it) => {
    const newest = headed(it);
    first = Number.isFinite(newest) ? Math.max(0, newest - step) : 0;
    put(acts, it.acts.length ? table('What people did', ['When', 'Who', 'What', 'Outcome'], it.acts.map((each) => [when(each.at, true), each.person, [h('b', null, words(each.act)), ' ', each.text], each.outcome])) : h('p', { class: 'soft' }, 'Nothing yet.'));
    add((await ask(`/api/audit?after=${first}&limit=${step}`, { signal })).entries);
    if (first > 0) put(more, button('Earlier entries', earlier));
  }, 'The journal');
}
