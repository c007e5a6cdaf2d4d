// @ts-check
// Who is there? A one-time link from the command line, or a name and a token; without either the command line does it all.
import { button, act } from '/parts.js';
import { h, put } from '/dom.js';
import { sessionFromToken, whyNoSigning } from '/sign.js';

const shell = (...lines) => h('pre', { class: 'shell', tabindex: 0 }, lines.join('\n'));

export async function draw(room, { enter, show, signal }) {
  const form = h('form', { class: 'panel' });
  put(room, h('h1', null, 'Who is there?'),
    h('p', { class: 'lead' }, 'The quickest way in is a link that holds once. On this machine:'),
    shell('kintsugi console'),
    form,
    h('p', { class: 'soft' }, 'Your own key never leaves this browser. It speaks once for a key of this session, for at most twelve hours, and each answer you give is signed with that.'));
  const why = await whyNoSigning();
  if (signal.aborted) return;
  if (why) {
    put(form, h('h2', null, 'Not in this browser'), h('p', { role: 'alert' }, why), h('p', null, 'The command line does all of it:'),
      shell('kintsugi incident list', 'kintsugi incident show I-12', 'kintsugi incident approve I-12'));
    return;
  }
  const person = h('input', { id: 'person-name', name: 'person', autocomplete: 'username', required: true, maxlength: 100 });
  const token = h('input', { id: 'person-token', name: 'token', type: 'password', autocomplete: 'current-password', required: true });
  const go = button('Sign in', () => undefined, { type: 'submit', class: 'main' });
  put(form, h('h2', null, 'Or with a token'),
    h('label', { for: 'person-name' }, 'Name'), person, h('label', { for: 'person-token' }, 'Token'), token, h('p', { class: 'buttons' }, go));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    act(go, form, async () => {
      const secret = token.value;
      token.value = '';
      await enter(await sessionFromToken(person.value.trim(), secret));
      await show();
    });
  });
}
