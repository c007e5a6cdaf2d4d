// @ts-check
// Known faults, done on purpose: begin one, watch the house, take it back.
import { ask, may, post, remove, enc } from '/api.js';
import { h, put, words } from '/dom.js';
import { house } from '/house.js';
import { on } from '/live.js';
import { act, button, incidentCard, part, section } from '/parts.js';

export async function draw(room, { signal }) {
  const list = h('div', { class: 'faults' });
  const picture = h('div', { class: 'house' });
  const seen = h('div', { class: 'list' });
  const about = h('p', { class: 'soft' });
  put(room, h('h1', null, 'Chaos'), about, h('div', { class: 'chaos-grid' }, section('known', 'Faults', list),
    h('div', null, section('home', 'The house', picture), section('seen', 'What came of it', seen))));
  const drawing = house(picture);
  const incidents = new Map();
  const load = () => part(list, ask('/api/chaos', { signal }), (it) => {
    const allowed = it.allowed && may('operator');
    put(about, it.allowed ? (may('operator') ? 'A fault is done to this cluster, in earnest. What takes it back is on disk before it begins.' : 'Only operators may break things here.')
      : `Nothing may be broken here: ${it.why}`);
    put(list, it.faults.map((fault) => {
      const long = h('input', { type: 'number', min: 5, max: 3600, value: '60', 'aria-label': `Seconds of ${fault.name}` });
      const own = h('article', { class: `panel fault ${fault.now ? 'on' : ''}`, 'data-row': '', tabindex: 0, 'aria-label': fault.name },
        h('h3', null, words(fault.name).replace(/-/g, ' '), fault.now ? h('span', { class: 'stage escalated' }, 'is there') : ''),
        h('p', null, fault.about), h('p', { class: 'soft small' }, words(fault.category ?? ''), fault.marked ? `, ${words(fault.marked)}` : ''));
      own.append(h('p', { class: 'buttons' }, fault.now
        ? button('Take it back', (self) => act(self, own, () => remove(`/api/chaos/${enc(fault.name)}`).then(load)), { class: 'main', disabled: !may('operator') })
        : [button('Begin', (self) => act(self, own, () => post(`/api/chaos/${enc(fault.name)}`, { seconds: Number(long.value) || undefined }).then(load)), { class: 'danger', disabled: !allowed }),
          h('label', { class: 'small' }, 'for ', long, ' s')]));
      return own;
    }));
  }, 'Chaos');
  on('house', signal, (it) => drawing.update(it.slots, it.edges));
  on('incident', signal, (it) => {
    incidents.delete(it.id);
    incidents.set(it.id, it);
    put(seen, [...incidents.values()].reverse().slice(0, 6).map(incidentCard));
  });
  put(seen, h('p', { class: 'calm' }, 'Nothing since this page was opened.'));
  await Promise.all([load(), part(picture, ask('/api/now', { signal }), (it) => {
    const slots = it.cluster?.slots ?? [];
    if (slots.length) drawing.update(slots, (it.edges ?? []).map((edge) => ({ ...edge, calls: 0, deliveries: 0 })));
  }, 'The house')]);
}
