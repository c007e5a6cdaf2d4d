// @ts-check
// Changes that somebody wants in main, and a person's word on them. A merge deploys.
import { ask, may, post, enc } from '/api.js';
import { ago, h, put, when, words } from '/dom.js';
import { on } from '/live.js';
import { act, button, diff, note, part, section, sentence, table } from '/parts.js';

const card = (it) => h('a', { class: `card pull ${it.state}`, href: `#/pulls/${it.number}`, 'data-row': '' },
  h('span', { class: 'line' }, h('b', null, `#${it.number}`), h('span', { class: `stage ${it.state}` }, it.state), h('span', { class: 'end soft' }, ago(it.changed), ' ago')),
  h('span', { class: 'title' }, it.title),
  h('span', { class: 'line soft small' }, h('span', null, `by ${it.author}`), h('code', null, it.branch), it.incident ? h('span', null, `for ${it.incident}`) : null,
    it.checks.some((check) => check.state === 'failed') ? h('strong', { class: 'burning end' }, 'a check failed') : it.checks.some((check) => check.state === 'pending') ? h('span', { class: 'end' }, 'checks run') : null));

async function all(room, signal) {
  const open = h('div', { class: 'list' });
  const done = h('div', { class: 'list' });
  const history = h('div');
  put(room, h('h1', null, 'Pull requests'), section('open', 'Open', open), section('done', 'Merged and closed', done), section('history', 'What main has', history));
  const load = () => Promise.all([
    part(open, ask('/api/pulls?state=open', { signal }), ({ pulls }) => put(open, pulls.length ? pulls.map(card) : h('p', { class: 'calm' }, 'Nothing is proposed.')), 'Open ones'),
    part(done, Promise.all(['merged', 'closed'].map((state) => ask(`/api/pulls?state=${state}`, { signal }))), (both) => put(done,
      both.flatMap((each) => each.pulls).sort((a, b) => b.changed - a.changed).slice(0, 100).map(card)), 'The others'),
    part(history, ask('/api/history?limit=50', { signal }), ({ commits }) => put(history, table('Commits of main, the youngest first', ['Commit', 'When', 'Who', 'What', 'For'], commits.map((it) => [
      h('code', null, it.commit.slice(0, 10)), when(it.at, true), it.author, it.title, it.incident ? h('a', { href: `#/incidents/${enc(it.incident)}` }, it.incident) : '']))), 'The history'),
  ]);
  on('pull', signal, load);
  await load();
}

async function one(room, number, signal) {
  const load = async () => {
    const { pull: it, diff: text } = await ask(`/api/pulls/${enc(number)}`, { signal });
    const words$ = h('div', { class: 'buttons' });
    const base = `/api/pulls/${it.number}`;
    const say = (verdict, title) => async (self) => {
      const said = await sentence(title, { must: verdict !== 'approve' });
      if (said !== null) await act(self, words$, () => post(`${base}/review`, { verdict, text: said, head: it.head }).then(load));
    };
    if (it.state === 'open') {
      put(words$,
        button('Comment', say('comment', 'Comment'), { disabled: !may('operator') }),
        button('Agree', say('approve', 'Agree to the change'), { disabled: !may('approver') }),
        button('Object', say('reject', 'Object to the change'), { disabled: !may('approver') }),
        button('Merge', async (self) => {
          if (await sure(`Merge #${it.number}? It is deployed at once, role by role, and taken back if what it touches does not stay well.`, 'Merge')) {
            await act(self, words$, () => post(`${base}/merge`, { head: it.head }).then((next) => { note(`#${it.number} is ${next?.state ?? 'merged'}.`); return load(); }));
          }
        }, { class: 'main', disabled: !may('approver') }),
        button('Close', async (self) => {
          const why = await sentence('Close it without merging', { label: 'Why?', must: true, action: 'Close it', danger: true });
          if (why !== null) await act(self, words$, () => post(`${base}/close`, { why }).then(load));
        }, { disabled: !may('approver') }));
    }
    put(room, h('p', null, h('a', { href: '#/pulls' }, '← Pull requests')),
      h('p', { class: 'line' }, h('b', null, `#${it.number}`), h('span', { class: `stage ${it.state}` }, it.state),
        it.incident ? h('a', { href: `#/incidents/${enc(it.incident)}` }, it.incident) : null),
      h('h1', null, it.title),
      h('p', { class: 'soft' }, `by ${it.author}, `, ago(it.created), ' ago, on ', h('code', null, it.branch), ', ', h('code', null, it.head.slice(0, 10)), ' on ', h('code', null, it.base.slice(0, 10)),
        it.mergedBy ? `; merged by ${it.mergedBy}` : ''),
      words$, h('h2', null, 'What it changes'), diff(text), h('h2', null, 'In its author’s words'), h('pre', { class: 'prose', tabindex: 0 }, it.text),
      h('h2', null, 'Checks'), it.checks.length ? h('ul', { class: 'conditions' }, it.checks.map((each) => h('li', { class: { passed: 'holds', failed: 'fails' }[each.state] ?? 'pending' },
        h('b', null, each.state), ` ${each.name}`, each.text ? `: ${each.text}` : ''))) : h('p', { class: 'soft' }, 'None.'),
      h('h2', null, 'What people said'), it.reviews.length ? h('ul', null, it.reviews.map((each) => h('li', null, h('b', null, each.by), ` ${words(each.verdict)}, `, ago(each.at), ' ago',
        each.text ? [': ', h('q', null, each.text)] : ''))) : h('p', { class: 'soft' }, 'Nothing yet.'));
  };
  on('pull', signal, (it) => String(it.number ?? it.pull?.number ?? number) === String(number) && load().catch(() => undefined));
  await load();
}

/** Asks once more before what cannot be taken back with one click. */
function sure(text, action) {
  return new Promise((done) => {
    const dialog = h('dialog', { 'aria-label': text }, h('form', { method: 'dialog' }, h('p', null, text),
      h('p', { class: 'buttons' }, h('button', { value: 'yes', class: 'main' }, action), h('button', { value: '', autofocus: true }, 'Cancel'))));
    dialog.addEventListener('close', () => { done(dialog.returnValue === 'yes'); dialog.remove(); });
    document.body.append(dialog);
    dialog.showModal();
  });
}

export const draw = (room, { parts, signal }) => (parts[0] ? one(room, parts[0], signal) : all(room, signal));
