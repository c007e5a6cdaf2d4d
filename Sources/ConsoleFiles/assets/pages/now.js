// @ts-check
// What burns, what waits for this person, what is left of the budgets, and the house.
import { ask, may } from '/api.js';
import { ago, clock, h, nameOf, named, put, toMilliseconds } from '/dom.js';
import { house } from '/house.js';
import { on } from '/live.js';
import { budget, incidentCard, part, section } from '/parts.js';

const ended = (it) => ['resolved', 'suppressed', 'failed'].includes(it.stage);
const many = (n, one, more) => `${n === 0 ? 'No' : n} ${n === 1 ? one : more}`;

export async function draw(room, { signal }) {
  const sentence = h('p', { class: 'sentence' }, 'Asking the house how it is.');
  const waiting = h('div', { class: 'list' });
  const burning = h('div', { class: 'list' });
  const budgets = h('div', { class: 'list budgets' });
  const picture = h('div', { class: 'house' });
  const figures = h('div', { class: 'figures-row' });
  put(room, h('h1', { class: 'spoken' }, 'Now'), sentence,
    h('div', { class: 'now-grid' },
      h('div', { class: 'urgent' }, section('waits', 'Waits for a person', waiting), section('burns', 'What burns', burning)),
      h('div', { class: 'picture' }, section('home', 'The house', picture)), section('left', 'Budgets', budgets), figures));
  const drawing = house(picture);
  let open = /** @type {any[]} */ ([]);
  let asks = /** @type {any[]} */ ([]);
  let slots = /** @type {any[]} */ ([]);
  let edges = /** @type {any[]} */ ([]);

  function tell() {
    const wait = asks.length;
    const burns = open.filter((it) => it.stage !== 'escalated' && it.firing > 0).length;
    const handled = open.length - burns;
    const bad = slots.filter((slot) => slot.state !== 'ready');
    put(sentence,
      h('span', { class: burns ? 'burning' : '' }, open.length ? [many(burns, 'incident burns', 'incidents burn'), handled ? `, ${handled} ${burns ? 'more ' : ''}in hand` : ''] : 'Nothing burns'),
      wait ? [', ', h('span', { class: 'gold' }, `${wait} ${wait === 1 ? 'waits' : 'wait'} for a person`)] : '', '. ',
      slots.length ? h('span', { class: 'soft' }, bad.length ? `${bad.length} of ${slots.length} processes ${bad.length === 1 ? 'is' : 'are'} not ready.` : `All ${slots.length} processes are ready.`) : '');
  }

  function list() {
    const rank = (it) => it.priority * 1e14 - toMilliseconds(it.opened);
    open.sort((a, b) => rank(a) - rank(b));
    put(burning, open.length ? open.slice(0, 12).map(incidentCard) : h('p', { class: 'calm' }, 'Nothing. The last seams hold.'),
      open.length > 12 ? h('a', { href: '#/incidents' }, `${open.length - 12} more`) : null);
    put(waiting, asks.length ? asks.map((it) => h('a', { class: 'card ask', href: `#/incidents/${encodeURIComponent(it.incident)}?decide`, 'data-row': '' },
      h('span', { class: 'line' }, h('b', null, it.incident), h('span', { class: 'end soft' }, 'since ', ago(it.since), ' — until ', clock(it.until))),
      h('span', { class: 'title' }, it.plan || it.title),
      h('span', { class: 'line soft small' }, it.title, h('span', { class: 'end gold' }, may('approver') ? 'look and decide →' : 'look →'))))
      : h('p', { class: 'calm' }, 'Nobody waits for you.'));
    waiting.closest('section').hidden = !asks.length;
    tell();
  }

  const objectives = (all) => put(budgets, all.length ? [...all].sort((a, b) => (a.wholeLeft ?? a.budgetLeft) - (b.wholeLeft ?? b.budgetLeft))
    .map((it) => budget(it)) : h('p', { class: 'soft' }, 'No objectives are declared.'));

  function indicators(kpis) {
    const own = Object.entries(kpis?.figures ?? kpis ?? {}).filter(([, value]) => typeof value === 'number' || typeof value?.value === 'number');
    if (!own.length) return;
    put(figures, section('kpis', 'How it went', h('dl', { class: 'tiles' }, own.slice(0, 8).map(([name, value]) => {
      const number = typeof value === 'number' ? value : value.value;
      return h('div', null, h('dt', null, nameOf(name)), h('dd', null, named(name, number)));
    }))));
  }

  const load = () => part(sentence, ask('/api/now', { signal }), (now) => {
    open = now.incidents;
    asks = now.waiting ?? [];
    slots = now.cluster?.slots ?? [];
    // Totals, at first; rates come with the next second.
    edges = (now.edges ?? []).map((edge) => ({ ...edge, calls: 0, deliveries: 0 }));
    list();
    objectives(now.objectives ?? []);
    indicators(now.kpis);
    if (slots.length) drawing.update(slots, edges);
    const release = now.cluster?.release?.commit;
    drawing.say([release ? `Runs ${release.slice(0, 10)}. ` : '', 'Glaze is memory, gold is where it was mended, a seam is what one asks of another in a second.']);
  }, 'The house');

  on('incident', signal, (it) => {
    const place = open.findIndex((one) => one.id === it.id);
    const was = place < 0 ? '' : open[place].stage;
    if (place >= 0) open.splice(place, 1);
    if (!ended(it)) open.push(it);
    if (it.stage !== 'awaiting_approval') asks = asks.filter((one) => one.incident !== it.id);
    list();
    // What waits, and for what, is not in the summary.
    if (it.stage === 'awaiting_approval' && was !== it.stage) load();
  });
  on('house', signal, (it) => {
    const known = new Map(slots.map((slot) => [slot.name, slot]));
    slots = it.slots.map((slot) => ({ ...known.get(slot.name), ...slot }));
    const rates = new Map(it.edges.map((edge) => [`${edge.from}>${edge.to}`, edge]));
    const kept = edges.map((edge) => rates.get(`${edge.from}>${edge.to}`) ?? { ...edge, calls: 0, deliveries: 0 });
    const had = new Set(edges.map((edge) => `${edge.from}>${edge.to}`));
    edges = [...kept, ...it.edges.filter((edge) => !had.has(`${edge.from}>${edge.to}`))];
    drawing.update(slots, edges);
    tell();
  });
  on('back', signal, load);
  on('objectives', signal, (it) => objectives(it.objectives ?? it));
  await load();
}
