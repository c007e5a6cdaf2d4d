// @ts-check
// Charts: SVG made by hand. Each says in words what it shows, and can be read value by value with the arrow keys.
import { clock, figure, h, s, toMilliseconds, words } from '/dom.js';

const size = { width: 360, height: 132, left: 6, right: 6, top: 18, bottom: 18 };

/** Where people would begin and end a scale: not at 0.0173. */
function scale(low, high) {
  if (!(high > low)) { const pad = Math.abs(high) || 1; return [Math.min(0, high - pad / 2), high + pad / 2]; }
  return [low >= 0 && low < high * 0.6 ? 0 : low - (high - low) * 0.08, high + (high - low) * 0.06];
}

/** Runs of points that were heard, as a line each: a gap is a gap. */
function runs(points, x, y) {
  const lines = [];
  let line = '';
  let area = '';
  let start = 0;
  const close = (end) => {
    if (!line) return;
    lines.push({ line, area: `${line}L${x(end)} ${size.height - size.bottom}L${x(start)} ${size.height - size.bottom}Z` });
    line = '';
  };
  points.forEach((value, place) => {
    if (value === null || value === undefined) { close(place - 1); return; }
    if (!line) start = place;
    line += `${line ? 'L' : 'M'}${x(place).toFixed(1)} ${y(value).toFixed(1)}`;
  });
  close(points.length - 1);
  return lines;
}

/**
 * One series with its marks.
 * @param {{title: any, name: string, points: (number|null)[], start: number, step: number, unit?: string,
 *   limit?: number|null, marks?: {at: number, kind: string, text: string}[]}} it
 */
export function lineChart({ title, name, points, start, step, unit = '', limit = null, marks = [] }) {
  if (unit === '1') unit = '';
  const known = points.filter((value) => value !== null && value !== undefined);
  if (!known.length) return h('figure', { class: 'chart' }, h('figcaption', null, title), h('p', { class: 'soft' }, 'Nothing was heard.'));
  const greatest = Math.max(...known);
  const least = Math.min(...known);
  // A limit far above would press the line flat; then it is only said.
  const drawn = limit !== null && limit <= greatest * 4;
  const [low, high] = scale(least, drawn ? Math.max(greatest, limit) : greatest);
  const begin = toMilliseconds(start);
  const until = begin + (points.length - 1) * step * 1000;
  const wide = size.width - size.left - size.right;
  const x = (place) => size.left + (points.length > 1 ? (place / (points.length - 1)) * wide : wide / 2);
  const y = (value) => size.top + (1 - (value - low) / (high - low)) * (size.height - size.top - size.bottom);
  const within = marks.map((mark) => ({ ...mark, ms: toMilliseconds(mark.at) })).filter((mark) => mark.ms >= begin && mark.ms <= until);
  const reading = s('g', { class: 'reading', visibility: 'hidden' },
    s('line', { y1: size.top, y2: size.height - size.bottom }), s('circle', { r: 3.2 }));
  const told = h('output', { class: 'told' }, `${figure(known.at(-1))} ${unit}`.trim());
  const drawing = s('svg', { viewBox: `0 0 ${size.width} ${size.height}`, role: 'img', tabindex: 0, 'aria-label':
    `${name}: from ${figure(least)} to ${figure(greatest)} ${unit}, at last ${figure(known.at(-1))}. ` +
    within.map((mark) => `${words(mark.kind)} at ${clock(mark.at)}`).join(', ') },
    s('line', { class: 'ground', x1: size.left, x2: size.width - size.right, y1: size.height - size.bottom, y2: size.height - size.bottom }),
    drawn ? [s('line', { class: 'limit', x1: size.left, x2: size.width - size.right, y1: y(limit), y2: y(limit) }),
      s('text', { x: size.width - size.right, y: y(limit) - 3, 'text-anchor': 'end' }, `limit ${figure(limit)}`)] : null,
    runs(points, x, y).map((run) => [s('path', { class: 'area', d: run.area }), s('path', { class: 'series', d: run.line })]),
    within.map((mark) => {
      const at = size.left + ((mark.ms - begin) / Math.max(1, until - begin)) * wide;
      const rightwards = mark.kind !== 'change' || at < 60;
      return s('g', { class: `mark ${mark.kind}` }, s('title', null, mark.text),
        s('line', { x1: at, x2: at, y1: size.top - 6, y2: size.height - size.bottom }),
        mark.kind === 'change' ? s('path', { d: `M${at} ${size.top - 10}l4 4-4 4-4-4z` }) : s('circle', { cx: at, cy: size.top - 6, r: 3 }),
        s('text', { x: at + (rightwards ? 6 : -6), y: size.top - 3, 'text-anchor': rightwards ? 'start' : 'end' }, words(mark.kind)));
    }),
    s('text', { x: size.left, y: size.height - 5 }, clock(start)),
    s('text', { x: size.width - size.right, y: size.height - 5, 'text-anchor': 'end' }, clock(start + (points.length - 1) * step * 1e9)),
    s('text', { class: 'top', x: size.left, y: size.top + 9 }, `${figure(greatest)} ${unit}`.trim()),
    reading);
  let place = points.length - 1;
  const read = (next) => {
    place = Math.max(0, Math.min(points.length - 1, next));
    const value = points[place];
    reading.setAttribute('visibility', 'visible');
    reading.firstChild.setAttribute('x1', x(place));
    reading.firstChild.setAttribute('x2', x(place));
    reading.lastChild.setAttribute('cx', x(place));
    reading.lastChild.setAttribute('cy', value === null || value === undefined ? -9 : y(value));
    told.textContent = `${clock(start + place * step * 1e9)}  ${value === null || value === undefined ? 'not heard' : figure(value)} ${unit}`.trim();
  };
  const leave = () => { reading.setAttribute('visibility', 'hidden'); told.textContent = `${figure(known.at(-1))} ${unit}`.trim(); };
  drawing.addEventListener('pointermove', (event) => {
    const box = drawing.getBoundingClientRect();
    read(Math.round((((event.clientX - box.left) / box.width) * size.width - size.left) / wide * (points.length - 1)));
  });
  drawing.addEventListener('pointerleave', leave);
  drawing.addEventListener('blur', leave);
  drawing.addEventListener('keydown', (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10, Home: -1e9, End: 1e9 }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    read(place + by);
  });
  return h('figure', { class: 'chart' }, h('figcaption', null, title, told), drawing);
}

/** Contributions to one sum: to the right what speaks for it, to the left what speaks against it. */
export function contributions(shares, widest) {
  return h('ul', { class: 'shares' }, shares.map((share) => h('li', { class: share.points < 0 ? 'against' : '' },
    h('span', { class: 'name' }, words(share.name)),
    h('span', { class: 'beam', 'aria-hidden': 'true' }, h('i', { css: {
      width: `${Math.max(0.6, (Math.abs(share.points) / widest) * 75)}%`,
      [share.points < 0 ? 'right' : 'left']: share.points < 0 ? '75%' : '25%',
    } })),
    h('span', { class: 'figures' }, `${share.points > 0 ? '+' : '−'}${Math.abs(share.points).toFixed(2)}`),
    h('span', { class: 'text soft' }, share.text))));
}

/** A line without axes, for a figure that is shown beside it. */
export function spark(values, label) {
  const known = values.filter((value) => value !== null && value !== undefined);
  const high = Math.max(1e-9, ...known);
  const x = (place) => (place / Math.max(1, values.length - 1)) * 120;
  let line = '';
  values.forEach((value, place) => {
    if (value !== null && value !== undefined) line += `${line ? 'L' : 'M'}${x(place).toFixed(1)} ${(33 - (value / high) * 30).toFixed(1)}`;
  });
  return s('svg', { class: 'spark', viewBox: '0 0 120 36', role: 'img', 'aria-label': label, preserveAspectRatio: 'none' },
    s('path', { class: 'series', d: line || 'M0 33L120 33' }));
}
