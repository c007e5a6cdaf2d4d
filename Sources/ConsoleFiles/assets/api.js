// @ts-check
// The one way to the server. A refusal is an error with the server's own words.

/** What the server refused, and why. */
export class Refusal extends Error {
  constructor(status, problem) {
    super(problem.detail || problem.title || `The server answered ${status}.`);
    this.status = status;
    this.title = problem.title || `Answer ${status}`;
    /** @type {string[]} */
    this.more = (problem.errors ?? []).map((each) => (typeof each === 'string' ? each : each.detail ?? JSON.stringify(each)));
  }
}

const ladder = ['viewer', 'operator', 'approver', 'admin'];

/** The session; null for nobody. */
export const who = { session: /** @type {any} */ (null), /** @type {() => void} */ lost: () => {} };

/** Whether the person may do what takes this role. The server decides; this only spares a vain attempt. */
export const may = (role) =>
  (who.session?.roles ?? []).some((mine) => ladder.indexOf(mine) >= ladder.indexOf(role));

/** Asks the server; changes bring the session's word, which another site's page cannot know. */
export async function ask(path, { method = 'GET', body, signal } = /** @type {any} */ ({})) {
  const headers = { accept: 'application/json' };
  if (body !== undefined) headers['content-type'] = 'application/json';
  if (method !== 'GET' && who.session) headers['x-kintsugi-session'] = who.session.word;
  let answer;
  try {
    answer = await fetch(path, {
      method, headers, signal, body: body === undefined ? undefined : JSON.stringify(body), credentials: 'same-origin',
    });
  } catch (fault) {
    if (signal?.aborted) throw fault;
    throw new Refusal(0, { title: 'No answer', detail: 'The console’s server does not answer. It is tried again.' });
  }
  const text = await answer.text();
  let value = null;
  try { value = text ? JSON.parse(text) : null; } catch { value = { detail: text.slice(0, 400) }; }
  if (answer.ok) return value;
  if (answer.status === 401 && who.session) who.lost();
  throw new Refusal(answer.status, value ?? {});
}

export const post = (path, body = {}) => ask(path, { method: 'POST', body });
export const remove = (path) => ask(path, { method: 'DELETE' });
export const enc = encodeURIComponent;
