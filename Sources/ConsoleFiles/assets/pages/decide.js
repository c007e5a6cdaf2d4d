// @ts-check
// The plan, what Risk says of it, and a person's answer: what is shown here is what is signed.
import { may, post, who, enc } from '/api.js';
import { clock, figure, h, put, share, span, words } from '/dom.js';
import { act, button, diff, note, say, sentence } from '/parts.js';
import { approvalStatement, hex, keptSession, nanoseconds, signed } from '/sign.js';

/** The plan that is in question. */
const offered = (it) => it.offers?.[0];

const order = (it) => [h('b', null, it.action), ` of ${it.target}`, h('span', { class: 'soft' }, ` through ${it.door}`),
  it.arguments.length ? h('div', { class: 'small' }, it.arguments.map((each) => h('code', { class: 'argument' }, `${each.name} ${each.value}`))) : ''];

function steps(plan, report) {
  return h('ol', { class: 'steps' }, plan.steps.map((step, n) => {
    const done = report?.steps?.find((each) => each.step === n);
    return h('li', { class: done?.outcome ?? '' }, h('p', null, step.text || order(step.order)),
      h('dl', { class: 'facts' },
        h('div', null, h('dt', null, 'Does'), h('dd', null, order(step.order))),
        h('div', null, h('dt', null, 'Undone by'), h('dd', null, step.inverse ? [step.inverse.text,
          step.inverse.order ? h('div', { class: 'small' }, order(step.inverse.order)) : ''] : 'nothing: it cannot be undone',
          step.reversibility !== 'whole' ? h('strong', { class: 'burning' }, ` (${step.reversibility === 'none' ? 'not reversible' : 'reversible in part'})`) : '')),
        h('div', null, h('dt', null, 'Could hit'), h('dd', null, step.blast.roles.join(', '), `, ${share(step.blast.capacity)} of its capacity`,
          step.blast.touchesData ? h('strong', { class: 'burning' }, ', and data of users') : ', no data of users')),
        step.reverts ? h('div', null, h('dt', null, 'Takes back'), h('dd', null, h('code', null, step.reverts.commit.slice(0, 10)), ` of ${clock(step.reverts.at)}`)) : null,
        done ? h('div', null, h('dt', null, 'Came of it'), h('dd', null, h('b', null, words(done.outcome)), done.text ? `: ${done.text}` : '')) : null));
  }));
}

const mildness = { auto: 'speaks for going at once', approve: 'wants a person', deny: 'forbids it' };

/** The verdict with its reasons, the strictest first. */
function verdict(it) {
  const rank = { deny: 0, approve: 1, auto: 2 };
  const sorted = [...it.reasons].sort((a, b) => rank[a.outcome] - rank[b.outcome]);
  const line = (reason) => h('li', { class: `reason ${reason.outcome}` }, h('b', null, reason.rule), h('span', { class: 'soft' }, ` ${mildness[reason.outcome]}: `), reason.text,
    reason.until ? ` Until ${clock(reason.until)}.` : '',
    reason.inputs.length ? h('div', { class: 'small soft' }, reason.inputs.map((each) => h('code', { class: 'argument' }, `${each.name} ${each.value}`))) : '');
  const strict = sorted.filter((each) => each.outcome !== 'auto');
  const mild = sorted.filter((each) => each.outcome === 'auto');
  return [h('p', null, 'Risk says ', h('strong', { class: `outcome ${it.outcome}` }, it.outcome),
    it.outcome === 'approve' ? ` — ${it.approvers === 1 ? 'one person has' : `${it.approvers} people have`} to agree; an approval holds for ${span(it.approvalSeconds)}` : '',
    it.policy ? [', by the policy ', h('code', null, it.policy.slice(0, 12))] : ', without a policy', '.'),
    h('ul', { class: 'reasons' }, strict.map(line)),
    mild.length ? h('details', null, h('summary', null, `${mild.length} rules have nothing against it`), h('ul', { class: 'reasons' }, mild.map(line))) : null];
}

/** What a person's signature would stand under. */
function question(incident) {
  const offer = offered(incident);
  const plan = incident.planDigest;
  if (!plan || !offer) return null;
  const state = incident.verdict?.plan === plan ? incident.verdict.state : incident.planState ?? offer.state;
  return { incident: incident.id, generation: incident.generation, plan, state, person: who.session.person };
}

/** The plan of an incident, with the buttons where a person is asked. `settled` is called when an answer was taken. */
export function decide(room, incident, { past, settled }) {
  const offer = offered(incident);
  const asked = incident.stage === 'awaiting_approval' && !past;
  if (!offer) {
    put(room, h('p', { class: 'soft' }, 'No plan yet.'));
    return null;
  }
  const { plan } = offer;
  const answer = h('div', { class: 'answer' });
  put(room,
    h('p', { class: 'plan-text' }, plan.text),
    h('p', { class: 'soft small' }, `From ${offer.proposer ? `${offer.proposer}, by ` : ''}${words(offer.origin)}; `, h('code', null, (incident.planDigest ?? '').slice(0, 12)),
      incident.offers.length > 1 ? `; ${incident.offers.length - 1} other plans are behind it` : ''),
    offer.diff ? diff(offer.diff) : null,
    h('h3', null, plan.steps.length === 1 ? 'One step' : `${plan.steps.length} steps`), steps(plan, incident.report),
    incident.verdict ? [h('h3', null, 'Verdict'), verdict(incident.verdict)] : null,
    incident.approval ? h('p', null, h('b', null, 'Approval: '), incident.approval.text || words(incident.approval.outcome),
      incident.approval.people.length ? ` (${incident.approval.people.join(', ')})` : '',
      incident.approval.feedback ? [', ', h('q', null, incident.approval.feedback)] : '',
      incident.approval.until ? `, until ${clock(incident.approval.until)}` : '') : null,
    incident.report ? h('p', null, h('b', null, `Carried out: ${words(incident.report.outcome)}. `), incident.report.text) : null,
    incident.verification ? [h('h3', null, 'Verification'), h('ul', { class: 'conditions' }, incident.verification.conditions.map((it) =>
      h('li', { class: it.verdict }, h('b', null, words(it.verdict)), ' ', it.text)))] : null,
    incident.earlier?.length ? [h('h3', null, 'Tried before'), h('ul', null, incident.earlier.map((it) =>
      h('li', null, h('code', null, it.plan.slice(0, 12)), ' ', h('b', null, words(it.fate)), ': ', it.text)))] : null,
    asked ? answer : null);
  if (!asked) return null;

  const about = question(incident);
  if (!about) return null;
  if (!may('approver')) {
    put(answer, h('p', { class: 'soft' }, `It waits for somebody who may approve. ${who.session.person} may not.`));
    return null;
  }
  const send = (word, feedback) => async () => {
    const kept = await keptSession();
    if (kept?.grant.person !== about.person) throw new Error('The key of this session is not in this browser any more. Sign in again.');
    const body = { id: crypto.randomUUID(), answer: word, ...about, given: String(nanoseconds()), feedback };
    const signature = await signed(kept.key, approvalStatement(body));
    const { incident: id, person, ...rest } = body;
    const receipt = await post(`/api/incidents/${enc(id)}/answer`, { ...rest, signature });
    note(receipt.counts ? `${person}’s answer counts: ${receipt.text}` : `It does not count: ${receipt.text}`);
    say(receipt.text);
    await settled();
  };
  const approve = button('Approve this plan', (self) => act(self, answer, send('approve', null)), { class: 'main', 'aria-keyshortcuts': 'y' });
  const reject = button('Reject, and say why', async (self) => {
    const text = await sentence('Reject the plan', { label: 'Why? The diagnosis begins anew, with your words as evidence.', action: 'Reject', danger: true, must: true });
    if (text !== null) await act(self, answer, send('reject', text.trim() || null));
  }, { 'aria-keyshortcuts': 'x' });
  const bytes = approvalStatement({ id: '00000000-0000-4000-8000-000000000000', answer: 'approve', ...about, given: '0', feedback: null });
  put(answer, h('h3', null, 'Your answer'),
    h('p', null, incident.approval?.until ? `It is waited for until ${clock(incident.approval.until)}. ` : '',
      incident.approval?.missing > 1 ? `${figure(incident.approval.missing)} people are still missing. ` : '', 'What you sign is this plan in this state, and nothing else: if either moves, your word is void.'),
    h('p', { class: 'buttons' }, approve, reject),
    h('details', null, h('summary', null, 'What exactly is signed'), h('dl', { class: 'facts signed' },
      Object.entries({ incident: about.incident, generation: about.generation, plan: about.plan, state: about.state, person: about.person }).map(([name, value]) =>
        h('div', null, h('dt', null, words(name)), h('dd', null, h('code', null, value)))),
      h('div', null, h('dt', null, 'and'), h('dd', null, 'approve or reject, an id, the time, and your words'))),
      h('p', { class: 'soft small' }, 'As bytes, with an empty id and time:'), h('pre', { class: 'bytes', tabindex: 0 }, hex(bytes))));
  return { approve, reject };
}
