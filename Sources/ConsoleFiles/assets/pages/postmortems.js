// @ts-check
// What was written when incidents ended, what is known of the past, and how it went.
import { ask, enc } from '/api.js';
import { figure, h, later, nameOf, named, put, share, span, when, words } from '/dom.js';
import { diff, note, part, section, table } from '/parts.js';

/** A sentence with the journal entries it follows from. */
const cited = (id, it) => [it.text, ' ', h('span', { class: 'cites' }, (it.entries ?? []).map((number) =>
  h('a', { href: `#/incidents/${enc(id)}?entry=${number}`, 'aria-label': `entry ${number}` }, String(number))))];

const places = { postmortem: (id) => `#/postmortems/${enc(id)}`, incident: (id) => `#/incidents/${enc(id)}`, pull: (id) => `#/pulls/${enc(id)}` };

async function all(room, query, signal) {
  const field = h('input', { type: 'search', id: 'search', 'data-search': '', value: query.get('q') ?? '', placeholder: 'time-out carrier, Config_Error, a commit' });
  const hits = h('div', { class: 'list', role: 'region', 'aria-live': 'polite', 'aria-label': 'What was found' });
  const list = h('div', { class: 'list' });
  const kpis = h('div');
  put(room, h('h1', null, 'Post-mortems'), h('p', { class: 'search' }, h('label', { for: 'search' }, 'Search what is known'), field), hits,
    section('kpis', 'How it went', kpis), section('written', 'Written', list));
  const search = later(150, async () => {
    const words$ = field.value.trim();
    history.replaceState(null, '', words$ ? `#/postmortems?q=${enc(words$)}` : '#/postmortems');
    if (!words$) { put(hits); return; }
    await part(hits, ask(`/api/search?q=${enc(words$)}`, { signal }), (it) => {
      if (field.value.trim() !== words$) return;
      put(hits, it.hits.length ? it.hits.map((hit) => h('a', { class: 'card', href: (places[hit.kind] ?? places.incident)(hit.id), 'data-row': '' },
        h('span', { class: 'line' }, h('b', null, hit.id), h('span', { class: 'soft' }, words(hit.kind)), h('span', { class: 'end soft figures' }, figure(hit.score))),
        h('span', { class: 'title' }, hit.title), h('span', { class: 'small' }, hit.snippet), h('span', { class: 'soft small' }, hit.why)))
        : h('p', { class: 'calm' }, 'Nothing like that has been seen.'));
    }, 'The search');
  });
  field.addEventListener('input', search);
  if (field.value) search();
  await Promise.all([
    part(list, ask('/api/postmortems?limit=200', { signal }), ({ postmortems }) => put(list, postmortems.length ? postmortems.map((it) =>
      h('a', { class: 'card', href: `#/postmortems/${enc(it.incident)}`, 'data-row': '' },
        h('span', { class: 'line' }, h('b', null, it.incident), it.outcome ? h('span', { class: `stage ${it.outcome}` }, words(it.outcome)) : null,
          h('span', { class: 'end soft' }, when(it.ended ?? it.written, true))),
        h('span', { class: 'title' }, it.title),
        h('span', { class: 'line soft small' }, it.category ? `${words(it.category)} of ${it.culprit ?? 'nobody known'}` : 'no cause was found', h('span', { class: 'end' }, it.score ? `score ${it.score} of 5` : 'no score yet'))))
      : h('p', { class: 'calm' }, 'Nothing has been written: no incident has ended.')), 'Post-mortems'),
    part(kpis, ask('/api/kpis', { signal }), (it) => figures(kpis, it), 'The figures'),
  ]);
}

/** Figures by name, and tables of figures by category and month, whatever they are called. */
function figures(room, it) {
  const single = Object.entries(it.figures ?? it).filter(([, value]) => typeof value === 'number');
  const lists = Object.entries(it).filter(([name, value]) => name !== 'figures' && value && typeof value === 'object');
  put(room, single.length ? h('dl', { class: 'tiles' }, single.map(([name, value]) => h('div', null, h('dt', null, nameOf(name)), h('dd', null, named(name, value))))) : null,
    lists.map(([name, value]) => {
      const rows = Array.isArray(value) ? value : Object.entries(value).map(([key, own]) => (own && typeof own === 'object' ? { [words(name).replace(/^by /, '')]: key, ...own } : { name: key, value: own }));
      const columns = [...new Set(rows.flatMap((each) => Object.keys(each)))];
      return rows.length ? h('details', { open: true }, h('summary', null, words(name)), table(words(name), columns.map(nameOf), rows.map((each) => columns.map((column) => named(column === 'value' ? each.name : column, each[column]))))) : null;
    }));
}

async function one(room, id, signal) {
  const answer = await ask(`/api/postmortems/${enc(id)}`, { signal });
  const it = answer.document ?? answer;
  const cause = it.diagnosis;
  const action = it.remediation_action;
  const long = (value) => (value?.value === null || value?.value === undefined ? h('span', { class: 'soft', title: value?.basis }, '—') : h('span', { title: value.basis }, span(value.value)));
  put(room, h('p', null, h('a', { href: '#/postmortems' }, '← Post-mortems')),
    h('p', { class: 'line' }, h('b', null, it.incident), h('span', { class: `stage ${it.outcome}` }, words(it.outcome)), h('a', { href: `#/incidents/${enc(it.incident)}` }, 'the incident')),
    h('h1', null, it.title), h('p', { class: 'note-line' }, it.outcome_reason ?? ''),
    it.summaries ? section('payer', 'In short', h('p', { class: 'lead' }, it.summaries.payer.flatMap((each) => [...cited(it.incident, each), ' ']))) : null,
    h('dl', { class: 'tiles' }, Object.entries({
      'Until it was noticed': long(it.durations?.mttd_seconds), 'Until somebody knew': long(it.durations?.mtta_seconds), 'Until it was mended': long(it.durations?.mttr_seconds),
      'Requests failed': figure(it.impact?.failed_requests?.value ?? NaN), 'Cause': words(it.root_cause_category ?? 'not found'), 'Score': it.human_feedback_score ? `${it.human_feedback_score} of 5` : '—',
    }).map(([name, value]) => h('div', null, h('dt', null, name), h('dd', null, value)))),
    cause ? section('diagnosis', 'Diagnosis', h('p', null, `${words(cause.category)} of `, h('b', null, cause.node), `, ${share(cause.confidence)} sure`, cause.change ? [', since ', h('q', null, cause.change.text), ` by ${cause.change.author}`] : '', '. ',
      h('span', { class: 'soft' }, cause.confidence_text)), h('ul', null, cause.speaks_for.map((each) => h('li', null, each)), cause.speaks_against.map((each) => h('li', { class: 'soft' }, `against it: ${each}`))),
      cause.refuted.length ? h('details', null, h('summary', null, `${cause.refuted.length} other explanations did not stand`), h('ul', null, cause.refuted.map((each) =>
        h('li', null, `${words(each.category)} of ${each.node}, ${share(each.confidence)}`)))) : null) : null,
    action ? section('action', 'What was done', h('p', null, action.text), action.diff ? diff(action.diff) : null, h('p', null, `Risk said ${action.verdict}; `,
      action.approved_by?.length ? `agreed to by ${action.approved_by.join(', ')}; ` : '', h('b', null, words(action.fate ?? '')), action.fate_text ? `: ${action.fate_text}` : '')) : null,
    it.timeline?.length ? section('timeline', 'What happened', h('ol', { class: 'events' }, it.timeline.map((each) => h('li', { class: each.stage }, when(each.at), h('span', { class: 'soft' }, ` ${each.actor} `),
      ...cited(it.incident, { text: each.text, entries: [each.entry] }))))) : null,
    it.follow_ups?.length ? section('follow', 'What is to be done', h('ul', null, it.follow_ups.map((each) => h('li', null, cited(it.incident, each))))) : null,
    (answer.addenda ?? []).length ? section('addenda', 'Added later', h('ul', null, answer.addenda.map((each) => h('li', null, when(each.at, true), ` ${each.person ?? each.source}: `, each.score ? `score ${each.score}` : '', each.text ?? '')))) : null,
    h('details', null, h('summary', null, 'As it is kept'), h('p', { class: 'soft small' }, `signature ${it.incident_signature?.hash ?? '—'}; journal head ${it.journal_head?.digest ?? '—'}`),
      h('button', { type: 'button', on: { click: () => navigator.clipboard?.writeText(JSON.stringify(answer)).then(() => note('The document is in the clipboard.')) } }, 'Copy the JSON')));
}

export const draw = (room, { parts, query, signal }) => (parts[0] ? one(room, parts[0], signal) : all(room, query, signal));
