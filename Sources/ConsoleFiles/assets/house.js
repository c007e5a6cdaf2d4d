// @ts-check
// The house: three shelves of vessels. A vessel is a process, its glaze the memory it fills of what it may, its cracks the times
// it had to be started again, gold once it is ready. Seams between vessels are what they ask of each other.
import { bytes, figure, h, plain, put, s, words } from '/dom.js';
import { table } from '/parts.js';

const ground = ['supervisor', 'broker'];
const agents = ['telemetry', 'triage', 'risk', 'remediation', 'comms'];

/** The same numbers for the same name: a vessel keeps its shape and its cracks. */
function chance(name) {
  let state = 2166136261;
  for (const letter of name) state = Math.imul(state ^ letter.charCodeAt(0), 16777619);
  return () => {
    state = Math.imul(state ^ (state >>> 15), 2246822507) + 0x6d2b79f5 | 0;
    return ((state ^ (state >>> 13)) >>> 0) / 4294967296;
  };
}

// Lip, neck, belly and foot as halves of the width; the height; how far down the neck and the belly are.
const kinds = {
  bowl: [0.46, 0.45, 0.4, 0.18, 0.6, 0.14, 0.5], vase: [0.2, 0.13, 0.38, 0.2, 1.12, 0.26, 0.62],
  jar: [0.27, 0.23, 0.45, 0.26, 0.95, 0.14, 0.46], bottle: [0.14, 0.1, 0.36, 0.28, 1.14, 0.4, 0.74],
  cup: [0.33, 0.32, 0.34, 0.2, 0.74, 0.2, 0.6], pot: [0.32, 0.29, 0.47, 0.24, 0.8, 0.12, 0.5],
};
const known = { broker: 'bowl', supervisor: 'vase', orders: 'jar', inventory: 'pot', carrier: 'cup', telemetry: 'bottle', triage: 'bowl',
  risk: 'vase', remediation: 'jar', comms: 'cup' };
const kindOf = (role) => kinds[known[role] ?? Object.keys(kinds)[Math.floor(chance(role)() * 6)]];

/** A vessel around x, standing on y. */
function shape(role, x, y, wide, high) {
  const draw = chance(role);
  const [lip, neck, belly, foot, , rimAt, middleAt] = kindOf(role).map((part, n) => (n < 4 ? part * wide * (0.96 + draw() * 0.08) : part));
  const top = y - high;
  const rim = top + high * rimAt;
  const middle = top + high * middleAt;
  const low = middle + (y - middle) * 0.6;
  const high2 = rim + (middle - rim) * 0.4;
  const half = (way) => `C${x + way * belly} ${low} ${x + way * belly} ${middle + (y - middle) * 0.25} ${x + way * belly} ${middle}`
    + `C${x + way * belly} ${high2} ${x + way * neck} ${high2} ${x + way * neck} ${rim}Q${x + way * neck} ${top + 3} ${x + way * lip} ${top}`;
  const back = (way) => `Q${x + way * neck} ${top + 3} ${x + way * neck} ${rim}C${x + way * neck} ${high2} ${x + way * belly} ${high2} ${x + way * belly} ${middle}`
    + `C${x + way * belly} ${middle + (y - middle) * 0.25} ${x + way * belly} ${low} ${x + way * foot} ${y}`;
  return `M${x + foot} ${y}${half(1)}Q${x} ${top + 5} ${x - lip} ${top}${back(-1)}Z`;
}

/** A crack from the rim or a side inwards, with a branch. */
function crack(name, number, x, y, wide, high) {
  const draw = chance(`${name}/${number}`);
  const way = draw() < 0.5 ? -1 : 1;
  let [cx, cy] = [x + way * wide * (0.42 - draw() * 0.2), y - high * (0.45 + draw() * 0.4)];
  let path = `M${cx.toFixed(1)} ${cy.toFixed(1)}`;
  for (let step = 0; step < 4; step += 1) {
    cx += -way * wide * (0.06 + draw() * 0.13);
    cy += high * (draw() * 0.22 - 0.02);
    path += `L${cx.toFixed(1)} ${cy.toFixed(1)}`;
    if (step === 1) path += `l${(way * wide * 0.08).toFixed(1)} ${(high * (0.06 + draw() * 0.12)).toFixed(1)}M${cx.toFixed(1)} ${cy.toFixed(1)}`;
  }
  return path;
}

const shelfOf = (role) => (ground.includes(role) ? 2 : agents.includes(role) ? 0 : 1);
const titles = ['Agents', 'Shop', 'Ground'];

/** Where each slot stands; an order that does not change while the roles are the same. */
function arrange(slots, wide, narrow) {
  const shelves = [[], [], []];
  const order = [...agents, 'orders', 'inventory', 'carrier', ...ground];
  const place = (role) => (order.includes(role) ? order.indexOf(role) : 99);
  const roles = [...new Set(slots.map((slot) => slot.role))].sort((a, b) => place(a) - place(b) || a.localeCompare(b));
  for (const role of roles) shelves[shelfOf(role)].push({ role, slots: slots.filter((slot) => slot.role === role) });
  const gap = narrow ? 126 : 158;
  const first = narrow ? 116 : 146;
  const spots = new Map();
  shelves.forEach((shelf, level) => shelf.forEach((group, number) => {
    const cell = wide / shelf.length;
    const x = cell * (number + 0.5);
    const y = first + level * gap;
    const each = Math.min(narrow ? 52 : 84, (cell * 0.92) / group.slots.length);
    spots.set(group.role, { ...group, x, y, each, high: each * 0.92 * kindOf(group.role)[4], level, cell });
  }));
  return { spots, tall: first + gap * 2 + 34, gap, first };
}

/** A seam from one vessel to another: through the air above a shelf, or down to the next one. */
function seam(from, to) {
  const bend = Math.sign(to.x - from.x || 1) * Math.min(26, Math.abs(to.x - from.x) * 0.2);
  if (from.level === to.level) {
    const top = Math.min(from.y - from.high, to.y - to.high) - 6;
    const rise = Math.min(38, 13 + Math.abs(to.x - from.x) * 0.08) * (from.x < to.x ? 1 : 0.4);
    return { d: `M${from.x} ${from.y - from.high - 5}C${from.x + bend} ${top - rise} ${to.x - bend} ${top - rise} ${to.x} ${to.y - to.high - 5}`, x: (from.x + to.x) / 2, y: top - rise * 0.75 + 4 };
  }
  const down = from.level < to.level;
  const [y1, y2] = [down ? from.y + 32 : from.y - from.high - 4, down ? to.y - to.high - 4 : to.y + 32];
  const middle = (y1 + y2) / 2;
  const slip = down ? 5 : -5;
  const far = Math.abs(from.level - to.level) > 1;
  return { d: `M${from.x + slip} ${y1}C${from.x + slip} ${middle} ${to.x + slip} ${middle} ${to.x + slip} ${y2}`, x: far ? from.x + slip + 9 : (from.x + to.x) / 2 + slip, y: far ? y1 + 20 : middle };
}

/** The house in a place; `update` shows how it is now. */
export function house(room) {
  const narrow = matchMedia('(max-width: 640px)');
  const figures = h('div');
  const details = h('details', { class: 'in-figures' }, h('summary', null, 'The house in figures'), figures);
  const canvas = h('div', { class: 'canvas' });
  const caption = h('p', { class: 'soft small' });
  put(room, canvas, caption, details);
  let parts = /** @type {any} */ (null);
  let told = '';

  function build(slots, edges) {
    const wide = narrow.matches ? 390 : 760;
    const { spots, tall, gap, first } = arrange(slots, wide, narrow.matches);
    const seams = new Map();
    const vessels = new Map();
    const drawing = s('svg', { viewBox: `0 0 ${wide} ${tall}`, role: 'group', 'aria-label': 'The processes and what they ask of each other' });
    const below = s('g');
    const labels = s('g', { class: 'seam' });
    // Light from the left: a vessel is round.
    drawing.append(s('linearGradient', { id: 'round' }, [['0', '#fff', 0.2], ['0.4', '#fff', 0], ['0.55', '#000', 0], ['1', '#000', 0.2]].map(([offset, color, opacity]) =>
      s('stop', { offset, 'stop-color': color, 'stop-opacity': opacity }))));
    drawing.append(
      s('path', { class: 'roof', d: `M${wide * 0.01} 30Q${wide * 0.3} 19 ${wide / 2} 4Q${wide * 0.7} 19 ${wide * 0.99} 30` }),
      ...[0, 1, 2].map((level) => s('g', { class: 'shelf' },
        s('line', { x1: 4, x2: wide - 4, y1: first + level * gap, y2: first + level * gap }),
        s('text', { x: 5, y: first + level * gap + 15 }, narrow.matches ? '' : titles[level]))), below);
    for (const edge of edges) {
      const [from, to] = [spots.get(edge.from), spots.get(edge.to)];
      if (!from || !to || from === to) continue;
      const { d, x, y } = seam(from, to);
      const line = s('path', { d });
      const flow = s('path', { d, class: 'flow' });
      const text = s('text', { x, y, 'text-anchor': 'middle' });
      const title = s('title');
      const group = s('g', { class: 'seam' }, title, line, flow);
      labels.append(text);
      below.append(group);
      seams.set(`${edge.from}>${edge.to}`, { group, line, flow, text, title });
    }
    for (const spot of spots.values()) {
      spot.slots.forEach((slot, number) => {
        const x = spot.x + (number - (spot.slots.length - 1) / 2) * spot.each;
        const id = `clay-${plain(slot.name).replace(/[^\w-]/g, '-')}`;
        const outline = shape(spot.role, x, spot.y, spot.each, spot.high);
        const glaze = s('rect', { class: 'glaze', x: x - spot.each, width: spot.each * 2, height: spot.high });
        const cracks = s('g', { class: 'cracks', 'clip-path': `url(#${id})` });
        const title = s('title');
        const vessel = s('g', { class: 'vessel', role: 'img' }, title, s('clipPath', { id }, s('path', { d: outline })),
          s('path', { class: 'clay', d: outline }), s('g', { 'clip-path': `url(#${id})` }, glaze), s('path', { d: outline, fill: 'url(#round)' }), cracks,
          s('path', { class: 'outline', d: outline }));
        drawing.append(vessel);
        vessels.set(slot.name, { vessel, glaze, cracks, title, x, y: spot.y, wide: spot.each, high: spot.high, drawn: -1 });
      });
      const state = s('text', { class: 'state', x: spot.x, y: spot.y + 27, 'text-anchor': 'middle' });
      drawing.append(s('text', { class: 'role', x: spot.x, y: spot.y + 15, 'text-anchor': 'middle' },
        spot.role.length * 7.4 > spot.cell ? `${spot.role.slice(0, 8)}…` : spot.role), state);
      spot.state = state;
    }
    drawing.append(labels);
    put(canvas, drawing);
    parts = { spots, seams, vessels };
  }

  function update(slots, edges) {
    const kind = `${narrow.matches}/${slots.map((slot) => slot.name).join()}/${edges.map((edge) => edge.from + edge.to).join()}`;
    if (kind !== told) { told = kind; build(slots, edges); }
    for (const slot of slots) {
      const it = parts.vessels.get(slot.name);
      const ready = slot.state === 'ready';
      const filled = slot.memoryLimitBytes ? Math.min(1, (slot.memoryBytes ?? 0) / slot.memoryLimitBytes) : 0.06;
      it.glaze.setAttribute('y', it.y - it.high * filled);
      it.vessel.setAttribute('class', `vessel ${ready ? 'ready' : /fail|down|back/.test(slot.state) ? 'broken' : 'turning'}`);
      const cracks = Math.min(6, Math.max(slot.restarts ?? 0, ready ? 0 : 1));
      if (it.drawn !== cracks) {
        it.drawn = cracks;
        put(it.cracks, ...Array.from({ length: cracks }, (_, n) => s('path', { d: crack(slot.name, n, it.x, it.y, it.wide, it.high) })));
      }
      const text = `${slot.name}: ${slot.state}, ${bytes(slot.memoryBytes)}, ${figure(slot.processorPercent ?? 0)} % of a processor`
        + (slot.restarts ? `, started again ${slot.restarts} times${slot.lastReason ? `, the last: ${slot.lastReason}` : ''}` : '');
      if (it.title.textContent !== plain(text)) it.title.textContent = plain(text);
    }
    for (const spot of parts.spots.values()) {
      const own = slots.filter((slot) => slot.role === spot.role);
      const bad = own.filter((slot) => slot.state !== 'ready');
      const processor = own.reduce((sum, slot) => sum + (slot.processorPercent ?? 0), 0);
      const queued = own.reduce((most, slot) => Math.max(most, slot.queued ?? 0), 0);
      spot.state.textContent = plain(bad.length ? (own.length > 1 ? `${bad.length} ${bad[0].state}` : bad[0].state)
        : queued ? `${figure(queued)} waiting` : `${figure(processor)} %`);
      spot.state.setAttribute('class', `state ${bad.length ? 'bad' : ''}`);
    }
    const busiest = [...edges].sort((a, b) => (b.calls + b.deliveries) - (a.calls + a.deliveries)).slice(0, narrow.matches ? 4 : 8);
    for (const edge of edges) {
      const it = parts.seams.get(`${edge.from}>${edge.to}`);
      if (!it) continue;
      const rate = (edge.calls ?? 0) + (edge.deliveries ?? 0);
      it.group.setAttribute('class', `seam ${rate > 0 ? 'runs' : ''}`);
      it.line.style.strokeWidth = String(0.8 + Math.min(4, Math.log10(1 + rate) * 1.3));
      it.flow.style.animationDuration = `${Math.max(0.5, 4 - Math.log10(1 + rate) * 1.2)}s`;
      it.text.textContent = rate > 0 && busiest.includes(edge) ? figure(rate) : '';
      it.title.textContent = plain(`${edge.from} to ${edge.to}: ${figure(edge.calls)} calls and ${figure(edge.deliveries)} deliveries a second`);
    }
    if (details.open) tables(slots, edges);
    else details.ontoggle = () => details.open && tables(slots, edges);
  }

  function tables(slots, edges) {
    put(figures, table('Processes', ['Process', 'State', 'Processor', 'Memory', 'Queue', 'In hand', 'Restarts'], slots.map((slot) => [
      slot.name, words(slot.state), `${figure(slot.processorPercent)} %`,
      [bytes(slot.memoryBytes), slot.memoryLimitBytes ? ` of ${bytes(slot.memoryLimitBytes)}` : ''], figure(slot.queued), figure(slot.inFlight),
      [figure(slot.restarts ?? 0), slot.lastReason ? h('span', { class: 'soft' }, ` ${slot.lastReason}`) : ''],
    ])), table('What they ask of each other, each second', ['From', 'To', 'Calls', 'Deliveries'], edges.map((edge) => [
      edge.from, edge.to, figure(edge.calls), figure(edge.deliveries)])));
  }

  return { update, say: (text) => put(caption, text) };
}
