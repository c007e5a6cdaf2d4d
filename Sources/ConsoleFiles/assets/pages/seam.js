// @ts-check
// An incident's time as a seam: a knot for each entry, a colour for each stage, and a handle to go back with.
import { clock, h, plain, put, s, span, toMilliseconds, words } from '/dom.js';

/**
 * Places along the seam. Time, but no two knots nearer than a stitch: what happens within a second would be one blot.
 */
function along(entries, wide) {
  const times = entries.map((entry) => toMilliseconds(entry.at));
  const whole = Math.max(1, times.at(-1) - times[0]);
  const least = Math.min(26, (wide - 60) / Math.max(1, entries.length));
  const raw = times.map((at) => ((at - times[0]) / whole) * (wide - 60));
  const placed = [];
  raw.forEach((x, n) => placed.push(n ? Math.max(x, placed[n - 1] + least) : x));
  const squeeze = (wide - 60) / Math.max(wide - 60, placed.at(-1) || 1);
  return placed.map((x) => 30 + x * squeeze);
}

/** A line that is drawn by hand, but always the same. */
const height = (n) => 30 + Math.sin(n * 2.1) * 5 + Math.sin(n * 0.7 + 1) * 3;

/** The seam in a place. `chosen` is called with an entry's number, or null for now. */
export function seam(room, chosen) {
  const canvas = h('div', { class: 'seam-line' });
  const range = h('input', { type: 'range', min: 1, step: 1, id: 'scrub', 'aria-label': 'The incident as it was after an entry of its journal' });
  const told = h('p', { class: 'seam-told', role: 'status' });
  const back = h('button', { type: 'button', class: 'quiet', on: { click: () => choose(null) } }, 'as it is now');
  put(room, canvas, range, h('div', { class: 'line' }, told, back));
  let all = /** @type {any[]} */ ([]);
  let at = /** @type {number | null} */ (null);
  let knots = /** @type {any[]} */ ([]);

  function paint() {
    if (!all.length) return;
    const wide = Math.max(280, canvas.clientWidth);
    const places = along(all, wide);
    let taken = 0;
    const drawing = s('svg', { viewBox: `0 0 ${wide} 68`, 'aria-hidden': 'true' });
    knots = [];
    all.forEach((entry, n) => {
      if (n + 1 < all.length) {
        const [x1, y1, x2, y2] = [places[n], height(n), places[n + 1], height(n + 1)];
        drawing.append(s('path', { class: `run ${entry.stage}`, d: `M${x1} ${y1}C${x1 + (x2 - x1) * 0.4} ${y1} ${x2 - (x2 - x1) * 0.4} ${y2} ${x2} ${y2}` }));
      }
    });
    all.forEach((entry, n) => {
      const fresh = n === 0 || all[n - 1].stage !== entry.stage;
      const knot = s('circle', { class: `knot ${entry.stage} ${fresh ? 'turn' : ''}`, cx: places[n], cy: height(n), r: fresh ? 7 : 4 },
        s('title', null, `${entry.number} ${clock(entry.at)} ${entry.actor}: ${entry.text || entry.note}`));
      knot.addEventListener('click', () => choose(entry.number));
      knots.push(knot);
      drawing.append(knot);
      const next = places.find((_, other) => other > n && all[other].stage !== all[other - 1].stage);
      const text = words(entry.stage);
      const wanted = text.length * 6.2 + 12;
      // The last one has all the room to its left that is left.
      if (fresh && next === undefined && places[n] - wanted > taken) {
        drawing.append(s('text', { x: places[n] + 7, y: 63, 'text-anchor': 'end' }, text));
      } else if (fresh && (next ?? 0) - places[n] > wanted) {
        taken = places[n] + wanted;
        drawing.append(s('text', { x: places[n] - 6, y: 63 }, text));
      }
    });
    put(canvas, drawing);
    mark();
  }

  function mark() {
    const shown = at ?? all.at(-1)?.number;
    all.forEach((entry, n) => knots[n]?.classList.toggle('beyond', entry.number > shown));
    all.forEach((entry, n) => knots[n]?.classList.toggle('chosen', entry.number === shown));
    range.max = String(all.at(-1)?.number ?? 1);
    range.value = String(shown ?? 1);
    const entry = all.find((each) => each.number === shown);
    back.hidden = at === null;
    if (!entry) return;
    const passed = (toMilliseconds(entry.at) - toMilliseconds(all[0].at)) / 1000;
    const text = `${clock(entry.at)}, ${span(passed)} after the opening: ${entry.text || entry.note}`;
    range.setAttribute('aria-valuetext', plain(`entry ${entry.number}, ${words(entry.stage)}, ${text}`));
    put(told, h('b', null, `${entry.number}`), ' ', text);
  }

  function choose(number) {
    const latest = all.at(-1)?.number;
    at = number === null || number === latest ? null : number;
    mark();
    chosen(at);
  }

  // Drawn to the pixel: a seam that is only stretched has flat knots.
  new ResizeObserver(() => paint()).observe(canvas);
  range.addEventListener('input', () => choose(Number(range.value)));
  return {
    set: (entries) => { all = entries; paint(); },
    choose,
    step: (by) => choose(Math.max(1, Math.min(all.at(-1)?.number ?? 1, (at ?? all.at(-1)?.number ?? 1) + by))),
    get at() { return at; },
  };
}
