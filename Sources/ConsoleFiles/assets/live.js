// @ts-check
// What the server tells by itself. Read by hand rather than by EventSource: it says where it went on after a break even
// when the server was away for long, notices a connection on which nothing comes any more, and lets go of it while nobody looks.

const hearers = new Map();
let last = '';
let stop = new AbortController();
let wanted = false;
let pause = 500;
let lost = false;
/** Called with `live`, `waiting` or `asleep`. */
export const state = { now: 'waiting', /** @type {(now: string) => void} */ changed: () => {} };

function become(now) {
  if (state.now === now) return;
  state.now = now;
  state.changed(now);
}

/** Hears an event until `signal` ends. */
export function on(event, signal, act) {
  if (!hearers.has(event)) hearers.set(event, new Set());
  hearers.get(event).add(act);
  signal.addEventListener('abort', () => hearers.get(event).delete(act));
}

function tell(event, id, data) {
  if (id !== null) last = id;
  let value;
  try { value = JSON.parse(data); } catch { return; }
  for (const act of [...(hearers.get(event) ?? [])]) {
    try { act(value); } catch (fault) { console.error(fault); }
  }
}

/** Takes text as it comes; calls `tell` for each whole event. */
export function reader(tell) {
  let rest = '', event = 'message', id = null, data = [];
  return (text) => {
    rest += text;
    for (;;) {
      const end = rest.search(/\r\n|\n|\r(?=[^\n])/);
      if (end < 0) return;
      const line = rest.slice(0, end);
      rest = rest.slice(end + (rest.startsWith('\r\n', end) ? 2 : 1));
      if (line === '') {
        if (data.length) tell(event, id, data.join('\n'));
        [event, id, data] = ['message', null, []];
        continue;
      }
      const colon = line.indexOf(':');
      if (colon === 0) continue;
      const name = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
      if (name === 'event') event = value;
      else if (name === 'data') data.push(value);
      else if (name === 'id' && !value.includes('\0')) id = value;
    }
  };
}

async function listen() {
  while (wanted) {
    stop = new AbortController();
    const own = stop;
    // The house speaks each second: five in silence, and the connection is taken for dead.
    let watch = setTimeout(() => own.abort(), 10_000);
    try {
      const headers = { accept: 'text/event-stream' };
      if (last) headers['last-event-id'] = last;
      const answer = await fetch('/api/events', { headers, signal: own.signal, credentials: 'same-origin' });
      if (!answer.ok || !answer.body) throw new Error(`answer ${answer.status}`);
      const take = reader(tell);
      const words = new TextDecoder();
      const source = answer.body.getReader();
      for (;;) {
        const { value, done } = await source.read();
        if (done) break;
        clearTimeout(watch);
        watch = setTimeout(() => own.abort(), 5_000);
        pause = 500;
        become('live');
        // Not all that happened has a number to ask for again: pages look anew.
        if (lost) { lost = false; tell('back', null, 'null'); }
        take(words.decode(value, { stream: true }));
      }
    } catch { /* The loop goes on. */ }
    clearTimeout(watch);
    if (!wanted) return;
    lost = true;
    become('waiting');
    await new Promise((go) => setTimeout(go, pause * (0.75 + Math.random() / 2)));
    pause = Math.min(pause * 2, 8_000);
  }
}

/** Begins to listen, or goes on. */
export function begin() {
  if (wanted) return;
  wanted = true;
  pause = 500;
  listen();
}

/** Lets go of the connection. */
export function end(why = 'asleep') {
  wanted = false;
  stop.abort();
  lost = true;
  become(why);
}

// A browser gives a site six connections; a tab that nobody sees for a minute gives its own back.
let sleep = 0;
document.addEventListener('visibilitychange', () => {
  clearTimeout(sleep);
  if (document.hidden) sleep = window.setTimeout(() => wanted && end(), 60_000);
  else if (state.now === 'asleep') begin();
});
