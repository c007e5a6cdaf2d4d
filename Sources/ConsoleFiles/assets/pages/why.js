// @ts-check
// Why it is believed: the evidence as charts, the suspects' contributions, the hypotheses with what speaks against each.
import { contributions, lineChart } from '/charts.js';
import { ago, clock, figure, h, put, share, words } from '/dom.js';
import { button, table } from '/parts.js';

/** A metric's long name, broken where a person would. */
const metric = (name) => h('code', { class: 'metric' }, String(name ?? '').split(/(?<=[{,@:])/).flatMap((bit, n) => (n ? [h('wbr'), bit] : [bit])));

/** The series that tell most: those of the suspects, then those that are most unusual. */
export function charts(room, evidence, diagnosis) {
  const suspects = (diagnosis?.suspects ?? []).map((it) => it.node);
  const named = (it) => (diagnosis?.suspects ?? []).some((suspect) => suspect.node === it.node && suspect.metric?.startsWith(it.metric));
  const moves = (it) => new Set(it.points.filter((value) => value !== null)).size > 1;
  const rank = (it) => !moves(it) ? -1 : (named(it) ? 1e6 : 0) + (suspects.includes(it.node) ? 1e4 / (1 + suspects.indexOf(it.node)) : 0)
    + Math.min(999, Math.abs(it.deviation ?? 0));
  const all = [...evidence.series].filter((it) => it.points.some((value) => value !== null && value !== undefined)).sort((a, b) => rank(b) - rank(a));
  const change = diagnosis?.hypotheses?.find((it) => it.change)?.change;
  const changes = evidence.changes.filter((it) => it.at >= evidence.from);
  if (change && !changes.some((it) => it.id === change.id)) changes.push(change);
  const onset = diagnosis?.onset ?? evidence.onset;
  const marks = [
    ...changes.slice(-3).map((it) => ({ at: it.at, kind: 'change', text: `${clock(it.at)} ${it.text}, by ${it.author}` })),
    ...(onset ? [{ at: onset, kind: 'onset', text: `${clock(onset)} the onset` }] : []),
  ];
  const list = h('div', { class: 'charts' });
  const chart = (it) => {
    const labels = it.labels.map((label) => `${label.name}=${label.value}`).join(', ');
    return lineChart({
      title: [h('b', null, it.node), ' ', metric(it.metric), labels ? h('span', { class: 'soft' }, ` ${labels}`) : '',
        it.deviation ? h('span', { class: 'soft' }, ` ${figure(it.deviation)} spreads`) : ''],
      name: `${it.node} ${it.metric}`, points: it.points, start: it.start, step: it.step, unit: it.unit, limit: it.limit ?? null, marks,
    });
  };
  put(list, all.slice(0, 6).map(chart));
  const rest = all.slice(6);
  const further = rest.length ? button(`${Math.min(rest.length, 12)} more of ${rest.length}`, () => {
    list.append(...rest.splice(0, 12).map(chart));
    if (rest.length) put(further, `${Math.min(rest.length, 12)} more of ${rest.length}`); else further.remove();
  }) : null;
  put(room, h('p', { class: 'soft small' }, `${all.length} series from ${clock(evidence.from)} to ${clock(evidence.until)}`,
    evidence.answeredBy ? `, told by ${evidence.answeredBy}` : '', '. A line is when something was changed, a dashed one when it began to hurt.'),
    all.length ? list : h('p', { class: 'soft' }, 'No series were heard.'), further, messages(evidence), gone(evidence));
}

function messages(evidence) {
  const told = [...evidence.messages].sort((a, b) => (b.after - b.before) - (a.after - a.before)).slice(0, 12);
  if (!told.length) return null;
  return h('details', { open: told.length < 7 }, h('summary', null, 'What the logs say'), table('Kinds of log lines', ['Service', 'Level', 'Line', 'A minute before', 'After'], told.map((it) => [
    it.node, h('span', { class: `level ${['error', 'warning', 'info'].includes(it.level) ? it.level : ''}` }, it.level),
    [h('code', null, it.template), it.example && it.example !== it.template ? h('div', { class: 'soft small' }, it.example) : ''], figure(it.before), figure(it.after)])));
}

function gone(evidence) {
  const died = evidence.processes.filter((it) => ['died', 'backingOff', 'gaveUp', 'roleGivenUp'].includes(it.kind)).slice(-8);
  return [
    died.length ? h('details', { open: true }, h('summary', null, 'What happened to processes'), h('ul', null, died.map((it) =>
      h('li', null, clock(it.at), ' ', h('b', null, it.slot ?? it.role), ` ${words(it.kind)}`, it.reason ? `: ${it.reason}` : '')))) : null,
    evidence.missing.length ? h('details', null, h('summary', null, `${evidence.missing.length} signals were missing`), h('ul', null, evidence.missing.map((it) =>
      h('li', null, h('b', null, it.signal), ': ', it.reason)))) : null,
  ];
}

/** The diagnosis. */
export function why(room, diagnosis) {
  if (!diagnosis) { put(room, h('p', { class: 'soft' }, 'No diagnosis yet.')); return; }
  const widest = Math.max(1e-9, ...diagnosis.suspects.slice(0, 6).flatMap((it) => it.shares.map((each) => Math.abs(each.points))));
  const [first] = diagnosis.hypotheses;
  put(room,
    first ? h('p', { class: 'verdict-line' }, h('span', { class: 'category' }, words(first.category)), ' of ', h('b', null, first.node), ', ',
      h('b', null, share(first.confidence)), ' sure',
      first.change ? [', since ', h('q', null, first.change.text), ` (${first.change.author}, ${clock(first.change.at)}`,
        first.change.commit ? [', ', h('code', null, first.change.commit.slice(0, 10))] : '', ')'] : '', '.',
      diagnosis.isBestSoFar ? h('span', { class: 'soft' }, ' The best there was when the time was over.') : '') : h('p', null, 'Nothing is wrong, as far as the evidence tells.'),
    diagnosis.confidenceText ? h('p', { class: 'soft small' }, diagnosis.confidenceText, '.') : null,
    h('div', { class: 'two' },
      h('div', null, h('h3', null, 'Suspects'), diagnosis.suspects.slice(0, 6).map((it, n) => h('details', { class: 'suspect', open: n < 2 },
        h('summary', null, h('b', null, it.node), h('span', { class: 'figures end' }, figure(it.score))),
        it.metric ? h('p', { class: 'soft small' }, metric(it.metric), it.onset ? [', since ', clock(it.onset)] : '') : null,
        contributions(it.shares, widest)))),
      h('div', null, h('h3', null, 'Hypotheses'), diagnosis.hypotheses.slice(0, 6).map((it, n) => h('details', { class: 'hypothesis', open: n === 0 },
        h('summary', null, h('span', null, `${words(it.category)} of `, h('b', null, it.node)), h('span', { class: 'figures end' }, share(it.confidence)),
          h('span', { class: 'bar', 'aria-hidden': 'true' }, h('i', { css: { width: `${it.confidence * 100}%` } }))),
        it.supporting.length ? [h('h4', null, 'For it'), contributions(it.supporting, widest)] : null,
        it.opposing.length ? [h('h4', null, 'Against it'), contributions(it.opposing.map((each) => ({ ...each, points: -Math.abs(each.points) })), widest)]
          : h('p', { class: 'soft small' }, 'Nothing speaks against it.'))),
      diagnosis.similar.length ? [h('h3', null, 'Seen before'), h('ul', null, diagnosis.similar.slice(0, 5).map((it) => h('li', null,
        h('a', { href: `#/incidents/${encodeURIComponent(it.incident)}` }, it.incident), ` ${share(it.similarity)} alike: ${words(it.category)} of ${it.node}`,
        it.wasRight === true ? ', rightly' : it.wasRight === false ? ', wrongly' : '', ', ', ago(it.at), ' ago')))] : null,
      diagnosis.missing.length ? [h('h3', null, 'What would have helped'), h('ul', null, diagnosis.missing.slice(0, 5).map((it) =>
        h('li', null, h('b', null, it.signal), ': ', it.reason)))] : null)));
}
