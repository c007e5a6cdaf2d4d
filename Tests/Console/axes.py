"""What makes a page hard to hear or to read, as a function for the page itself: an empty list where nothing does."""

AXES = """() => {
  const wrong = [];
  const name = (it) => (it.getAttribute('aria-label') || it.getAttribute('title') || it.innerText || it.textContent || it.getAttribute('alt') || '').trim();
  if (document.querySelectorAll('main').length !== 1) wrong.push('not one main');
  if (document.querySelectorAll('h1').length !== 1) wrong.push('not one h1');
  if (!document.querySelector('header') || !document.querySelector('nav[aria-label]')) wrong.push('no header or nav');
  if (!document.querySelector('[aria-live=polite]')) wrong.push('nothing tells what arrives');
  if (!document.documentElement.lang || !document.title) wrong.push('no language or title');
  const ids = [...document.querySelectorAll('[id]')].map((it) => it.id);
  for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) wrong.push('id twice: ' + id);
  let last = 0;
  for (const it of document.querySelectorAll('h1, h2, h3, h4')) {
    const level = Number(it.tagName[1]);
    if (last && level > last + 1) wrong.push(`h${level} below h${last}: ${it.textContent}`);
    last = level;
  }
  for (const it of document.querySelectorAll('a[href], button, summary')) if (!name(it)) wrong.push('no name: ' + it.outerHTML.slice(0, 90));
  for (const it of document.querySelectorAll('input, select, textarea')) {
    if (!it.getAttribute('aria-label') && !it.labels.length) wrong.push('no label: ' + it.outerHTML.slice(0, 90));
  }
  for (const it of document.querySelectorAll('svg')) if (!it.getAttribute('aria-label') && it.getAttribute('aria-hidden') !== 'true') wrong.push('svg without a name');
  for (const it of document.querySelectorAll('table')) if (!it.caption || !it.querySelector('th[scope=col]')) wrong.push('table without caption or columns');
  for (const it of document.querySelectorAll('[aria-labelledby]')) if (!document.getElementById(it.getAttribute('aria-labelledby'))) wrong.push('labelled by nothing');
  const board = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgb = (color) => { board.clearRect(0, 0, 1, 1); board.fillStyle = color; board.fillRect(0, 0, 1, 1); return [...board.getImageData(0, 0, 1, 1).data]; };
  const over = (top, below) => top.slice(0, 3).map((part, n) => part * top[3] / 255 + below[n] * (1 - top[3] / 255));
  const light = (color) => { const [r, g, b] = color.map((part) => { part /= 255; return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4; }); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const ground = (it) => {
    const layers = [];
    for (let each = it; each; each = each.parentElement) { const own = rgb(getComputedStyle(each).backgroundColor); if (own[3]) layers.push(own); if (own[3] === 255) break; }
    return layers.reverse().reduce((below, layer) => over(layer, below), [255, 255, 255]);
  };
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const told = new Set();
  while (walk.nextNode()) {
    const it = walk.currentNode.parentElement;
    if (!walk.currentNode.textContent.trim() || !it.checkVisibility({ checkVisibilityCSS: true, contentVisibilityAuto: true }) || it.closest('.spoken, :disabled, tr.beyond, title')) continue;
    const style = getComputedStyle(it);
    const below = ground(it);
    const color = over(rgb(it.namespaceURI.endsWith('svg') ? style.fill : style.color), below);
    const [a, b] = [light(color), light(below)];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const size = parseFloat(style.fontSize);
    const least = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
    const word = `${it.tagName}.${it.getAttribute('class') ?? ''} ${style.color} ${ratio.toFixed(2)}`;
    if (ratio < least && !told.has(word)) { told.add(word); wrong.push('contrast: ' + word + ' ' + walk.currentNode.textContent.slice(0, 30)); }
  }
  return wrong;
}"""
