// @ts-check
// What is ordered now, what is in stock, and how much comes through.
import { ask } from '/api.js';
import { spark } from '/charts.js';
import { ago, figure, h, put, words } from '/dom.js';
import { part, section, table } from '/parts.js';

export async function draw(room, { signal }) {
  const load = h('div', { class: 'tiles load' });
  const orders = h('div');
  const recent = h('div');
  const stock = h('div');
  put(room, h('h1', null, 'Shop'), load, section('orders', 'Orders', orders), section('recent', 'The latest', recent), section('stock', 'Stock', stock));
  const made = /** @type {number[]} */ ([]);
  const failed = /** @type {number[]} */ ([]);
  const tile = (name, value, values) => h('div', null, h('dt', null, name), h('dd', null, figure(value)), spark(values, name));
  const look = () => part(load, ask('/api/shop', { signal }), (it) => {
    made.push(it.rates?.ordersPerSecond ?? NaN);
    failed.push(it.rates?.failedPerSecond ?? NaN);
    if (made.length > 90) { made.shift(); failed.shift(); }
    put(load, h('dl', { class: 'tiles' }, tile('orders a second', made.at(-1), made), tile('failed a second', failed.at(-1), failed),
      it.orders ? h('div', null, h('dt', null, 'of the latest'), h('dd', null, figure(it.orders.total))) : ''));
    const missing = (name) => h('p', { class: 'calm' }, `${name} does not answer now.`);
    if (!it.orders) { put(orders, missing('Orders')); put(recent); } else {
    const sum = Math.max(1, ...Object.values(it.orders.byStatus));
    put(orders, h('ul', { class: 'counts' }, Object.entries(it.orders.byStatus).map(([name, count]) => h('li', null, h('span', null, words(name)),
      h('span', { class: 'bar', 'aria-hidden': 'true' }, h('i', { css: { width: `${(count / sum) * 100}%` } })), h('span', { class: 'figures' }, figure(count))))));
    put(recent, table('The latest orders', ['Order', 'Status', 'Customer', 'Total', 'When'], it.orders.recent.map((each) => [
      h('code', null, String(each.id)), words(each.status), each.customer, typeof each.total === 'number' ? figure(each.total) : String(each.total ?? '—'), [ago(each.created), ' ago']])));
    }
    put(stock, it.stock ? table('Stock', ['Product', 'Name', 'On hand'], it.stock.map((each) => [h('code', null, each.sku), each.name,
      h('span', { class: each.onHand <= 0 ? 'burning' : '' }, figure(each.onHand))])) : missing('Inventory'));
  }, 'The shop');
  await look();
  const again = setInterval(() => { if (!document.hidden) look(); }, 2000);
  signal.addEventListener('abort', () => clearInterval(again));
}
