// @ts-check
// What services promise, how much may still go wrong, and how fast it does.
import { ask } from '/api.js';
import { figure, h, put, span } from '/dom.js';
import { on } from '/live.js';
import { budget, part } from '/parts.js';

/** A pair of windows: both above the mark, and it is told. */
function pair(it) {
  const most = it.threshold * 2;
  const bar = (value, name) => h('div', { class: 'burn' }, h('span', { class: 'soft' }, name),
    h('span', { class: 'bar', 'aria-hidden': 'true' }, h('i', { class: value > it.threshold ? 'over' : '', css: { width: `${Math.min(1, (value ?? 0) / most) * 100}%` } }), h('b')),
    h('span', { class: 'figures' }, value === null || value === undefined ? 'no traffic' : figure(value)));
  return h('li', { class: it.isFiring ? 'fires' : '' }, bar(it.longBurn, span(it.longSeconds)), bar(it.shortBurn, span(it.shortSeconds)),
    h('p', { class: 'soft small' }, it.formula));
}

export async function draw(room, { signal }) {
  const list = h('div', { class: 'objectives-list' });
  put(room, h('h1', null, 'SLOs'), h('p', { class: 'soft' }, 'A bar is what is left of an objective’s budget. Below it are pairs of windows with how many times too fast it is used up; the mark is where both together raise an alert.'), list);
  const open = new Set();
  const show = (answer) => {
    const all = answer.objectives ?? answer;
    put(list, (answer.mistakes ?? []).map((text) => h('p', { class: 'refusal' }, text)), all.map((it) => h('article', { class: 'panel', 'data-row': '', tabindex: 0, 'aria-label': it.name },
      budget(it, true), h('p', null, it.about),
      h('details', { open: open.has(it.name), on: { toggle: (event) => (event.target.open ? open.add(it.name) : open.delete(it.name)) } },
        h('summary', null, `Over ${span(it.windowSeconds)}: ${figure(it.good)} of ${figure(it.total)} were good`),
        h('ul', { class: 'pairs' }, it.windows.map(pair)),
        it.missing.length ? h('ul', null, it.missing.map((each) => h('li', { class: 'soft' }, `${each.signal}: ${each.reason}`))) : null))));
  };
  on('objectives', signal, (it) => { if (!list.contains(document.activeElement)) show(it); });
  await part(list, ask('/api/objectives', { signal }), show, 'The objectives');
}
