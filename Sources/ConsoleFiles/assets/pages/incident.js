// @ts-check
// One incident: where it stands, why, what shall be done, and all that happened; at any moment of its journal.
import { ask, may, post, enc } from '/api.js';
import { ago, brief, clock, figure, h, later, put, span, toMilliseconds, when, words } from '/dom.js';
import { pageKeys } from '/keys.js';
import { on } from '/live.js';
import { act, button, newId, note, part, priority, section, sentence, stage, stitches, table } from '/parts.js';
import { decide } from '/pages/decide.js';
import { seam } from '/pages/seam.js';
import { charts, why } from '/pages/why.js';

const wishes = [
  ['acknowledge', 'Acknowledge', '', 'operator'], ['comment', 'Comment', 'What do you want to say?', 'operator'],
  ['take', 'Take over', 'Why do you take it over? The agents do nothing more.', 'operator'],
  ['escalate', 'Escalate', 'What shall a person look at?', 'operator'], ['resolve', 'It is mended', 'What mended it?', 'operator'],
  ['suppress', 'It is noise', 'Why is it noise?', 'operator'], ['retry', 'Look again', 'What shall the agents know?', 'operator'],
  ['fail', 'Give it up', 'Why?', 'operator'],
];

export async function draw(room, { parts, query, signal }) {
  const id = parts[0];
  const base = `/api/incidents/${enc(id)}`;
  const top = h('div', { class: 'incident-top' });
  const line = h('div', { class: 'timeline' });
  const wish = h('div', { class: 'wishes buttons' });
  const plan = h('div');
  const reason = h('div');
  const evidence = h('div');
  const journal = h('div', { class: 'scroll' });
  const told = h('div');
  const verdicts = h('div');
  const planned = section('plan', 'Plan', plan);
  put(room, top, section('time', 'Its time', line), wish, planned, section('why', 'Why', reason),
    section('evidence', 'Evidence', evidence), section('journal', 'Journal', journal),
    section('notices', 'Who was told', told), section('verdicts', 'Verdicts', verdicts));
  let entries = /** @type {any[]} */ ([]);
  let now = /** @type {any} */ (null);
  let shown = /** @type {any} */ (null);
  let drawnEvidence = 0;
  let answers = /** @type {any} */ (null);

  const scrub = seam(line, later(60, (number) => go(number)));

  async function go(number) {
    if (number === null) { show(now); return; }
    try {
      const past = await ask(`${base}/at/${number}`, { signal });
      if (scrub.at === number) show(past);
    } catch (fault) { if (fault.name !== 'AbortError') note(`As it was after entry ${number}: ${fault.message}`); }
  }

  function show(it) {
    shown = it;
    const past = scrub.at !== null;
    room.classList.toggle('past', past);
    const [first] = it.diagnosis?.hypotheses ?? [];
    const last = (it.ended ? toMilliseconds(it.ended) : Date.now()) - toMilliseconds(it.opening.began);
    put(top, past ? h('p', { class: 'as-it-was' }, `As it was after entry ${scrub.at}, at ${clock(entries.find((each) => each.number === scrub.at)?.at)}`) : null,
      h('p', { class: 'line' }, priority(it.alerts.priority), h('b', null, it.id), stage(it.stage), stitches(it.stage),
        it.opening.follows ? h('a', { href: `#/incidents/${enc(it.opening.follows)}` }, `follows ${it.opening.follows}`) : null),
      h('h1', null, it.opening.title),
      h('p', { class: 'note-line' }, it.note),
      h('dl', { class: 'tiles' }, Object.entries({
        'Began': when(it.opening.began), [it.ended ? 'Lasted' : 'Lasts']: span(last / 1000), 'About': it.alerts.nodes.join(', ') || '—',
        'Alerts': `${it.alerts.firing} of ${it.alerts.total} fire`, 'Cause': first ? `${words(first.category)} of ${first.node}` : '—',
        'Generation': figure(it.generation), 'Owner': it.owner ?? 'the agents', 'Score': it.score ? `${it.score} of 5` : '—',
      }).map(([name, value]) => h('div', null, h('dt', null, name), h('dd', null, value)))),
      it.wish ? h('p', { class: 'soft' }, `It shall be ${words(it.wish.stage ?? '')} as soon as nothing is in hand.`) : null,
      it.step ? h('p', { class: 'soft small' }, `In hand: ${words(it.step.errand)}, since `, ago(it.step.began), `, until ${clock(it.step.deadline)} at the latest.`) : null,
      it.feedback?.length ? h('ul', { class: 'feedback' }, it.feedback.map((each) => h('li', null, h('q', null, each)))) : null);
    buttons(it, past);
    answers = decide(plan, it, { past, settled: load });
    why(reason, it.diagnosis);
    const latest = [...entries].reverse().find((each) => each.kind === 'evidence' && each.number <= (scrub.at ?? Infinity));
    if (!latest) put(evidence, h('p', { class: 'soft' }, 'None yet.'));
    else if (drawnEvidence !== latest.number) {
      drawnEvidence = latest.number;
      part(evidence, ask(`${base}/evidence/${latest.number}`, { signal }), (value) => charts(evidence, value, shown.diagnosis), 'The evidence');
    }
    for (const row of journal.querySelectorAll('tr[data-number]')) row.classList.toggle('beyond', past && Number(row.dataset.number) > (scrub.at ?? 0));
  }

  function buttons(it, past) {
    const over = ['resolved', 'suppressed', 'failed'].includes(it.stage);
    const command = (kind, more) => post(`${base}/commands`, { id: newId(), kind, ...more });
    put(wish, past ? [] : wishes.filter(([kind]) => (over ? kind === 'comment' : true) && !(kind === 'acknowledge' && it.acknowledged)
      && !(kind === 'retry' && it.stage !== 'escalated')).map(([kind, text, ask, role]) =>
      button(text, async (self) => {
        const words = ask ? await sentence(text, { label: ask, must: kind === 'comment', action: text }) : '';
        if (words === null) return;
        const next = await act(self, wish, () => command(kind, { text: words || undefined }));
        if (next) { now = { ...now, ...next }; show(now); }
      }, { disabled: !may(role) })),
      past ? null : h('span', { class: 'score', role: 'group', 'aria-label': 'Score of the diagnosis and the fix' }, 'Score ',
        [1, 2, 3, 4, 5].map((score) => button(String(score), (self) => act(self, wish, async () => {
          const next = await command('score', { score });
          now = { ...now, ...next };
          show(now);
          note(`The score is ${score}.`);
        }), { disabled: !may('operator'), 'aria-pressed': it.score === score ? 'true' : 'false' }))));
  }

  const row = (it) => h('tr', { 'data-number': it.number, class: it.stage },
    h('th', { scope: 'row' }, h('button', { type: 'button', class: 'quiet number', 'aria-label': `as it was after entry ${it.number}`, on: { click: () => scrub.choose(it.number) } }, String(it.number))),
    h('td', { 'data-name': 'When' }, when(it.at)), h('td', { 'data-name': 'Who' }, it.actor), h('td', { 'data-name': 'What' }, h('b', null, words(it.kind)), ' ', it.text),
    h('td', { 'data-name': 'Then' }, stage(it.stage), ' ', h('span', { class: 'soft' }, it.note)),
    h('td', { 'data-name': 'Digest' }, h('code', { title: it.digest }, brief(it.digest).slice(0, 8))));

  function drawJournal() {
    put(journal, h('table', null, h('caption', { class: 'spoken' }, 'All that happened to it, each entry tied to the one before'),
      h('thead', null, h('tr', null, ['', 'When', 'Who', 'What', 'Then', 'Digest'].map((name) => h('th', { scope: 'col' }, name)))),
      h('tbody', null, entries.map(row))));
    scrub.set(entries);
  }

  async function readJournal() {
    for (;;) {
      const { entries: more } = await ask(`${base}/journal?after=${entries.at(-1)?.number ?? 0}&limit=200`, { signal });
      entries.push(...more.filter((each) => !entries.some((own) => own.number === each.number)));
      if (more.length < 200) break;
    }
    drawJournal();
  }

  async function load() {
    now = await ask(base, { signal });
    if (scrub.at === null) show(now);
  }

  on('journal', signal, later(30, async (entry) => {
    if (entry.incident !== id) return;
    await readJournal().catch(() => undefined);
    await load().catch(() => undefined);
    if (entry.kind === 'verdict') readVerdicts();
  }));
  on('back', signal, () => readJournal().then(load).catch(() => undefined));
  on('incident', signal, later(30, (it) => it.id === id && load().catch(() => undefined)));
  pageKeys({
    '[': ['one entry back in time', () => scrub.step(-1)], ']': ['one entry on', () => scrub.step(1)],
    y: ['to the button that approves', () => answers?.approve.focus()], x: ['to the button that rejects', () => answers?.reject.focus()],
  });

  const readVerdicts = () => part(verdicts, ask(`${base}/verdicts`, { signal }), (it) => put(verdicts, it.verdicts.length ? table('Verdicts on its plans',
    ['Step', 'When', 'Outcome', 'Plan', 'How it ended'], it.verdicts.map((each) => [each.step, when(each.verdict.at), h('strong', { class: `outcome ${each.verdict.outcome}` }, each.verdict.outcome),
      h('code', null, brief(each.verdict.plan)), each.ended ?? '—'])) : h('p', { class: 'soft' }, 'Risk was not asked.')), 'The verdicts');

  await load();
  await part(journal, readJournal(), () => show(now), 'The journal');
  if (query.has('entry')) scrub.choose(Number(query.get('entry')));
  if (query.has('decide')) planned.scrollIntoView({ block: 'start' });
  await Promise.all([readVerdicts(),
    part(told, ask(`${base}/notifications`, { signal }), (it) => put(told, it.notifications.length ? table('Notifications', ['When', 'Channel', 'Outcome', 'What'],
      it.notifications.map((each) => [when(each.at), each.channel, words(each.outcome), each.text])) : h('p', { class: 'soft' }, 'Nobody yet.')), 'Notifications')]);
}
