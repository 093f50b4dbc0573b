'use strict';

// What the server sends about once a second is shown as it comes; nothing is asked for twice, and texts only ever
// become text, never markup.
const texts = JSON.parse(document.getElementById('texts').textContent);
const byId = id => document.getElementById(id);
const numbers = new Intl.NumberFormat(texts.lang, { maximumFractionDigits: 0 });
const clock = new Intl.DateTimeFormat(texts.lang, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });

const graphSeconds = 120;
const retryMs = 2000;
const staleMs = 6000;
const rates = [];
let shown = new Set();
let source = null;
let lastFrameAt = 0;

function say(key, values = {}) {
  return Object.entries(values).reduce((text, [name, value]) => text.replace(`{${name}}`, value), texts[key]);
}

function state(kind, text) {
  document.body.className = `is-${kind}`;
  const place = byId('state-text');
  if (place.textContent !== text) place.textContent = text;
}

// What is not known now is not shown: a rate that stands still looks like one that lives.
function pause(key) {
  state('warn', say(key));
  for (const figure of ['rate', 'lag', 'history-lag']) byId(figure).textContent = '–';
}

function duration(ms) {
  if (ms <= 0) return say('none');
  if (ms < 1000) return say('ms', { n: numbers.format(ms) });
  if (ms < 120000) return say('seconds', { n: numbers.format(ms / 1000) });
  return say('minutes', { n: numbers.format(ms / 60000) });
}

function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

// u:42 is shown as 42; a visitor is named so, because its id says nothing to a person.
function customer(id) {
  const cell = element('span', 'id', id.slice(2));
  cell.title = id;
  if (!id.startsWith('a:')) return [cell];
  return [cell, element('span', 'kind', say('visitor'))];
}

function drawGraph() {
  const top = Math.max(1, ...rates) * 1.08;
  const step = 120 / (graphSeconds - 1);
  const from = graphSeconds - rates.length;
  const points = rates.map((rate, i) => `${((from + i) * step).toFixed(2)} ${(39 - rate / top * 37).toFixed(2)}`);
  const line = points.length ? `M${points.join('L')}` : '';
  byId('graph-line').setAttribute('d', line);
  byId('graph-area').setAttribute('d', line ? `${line}L120 40L${(from * step).toFixed(2)} 40Z` : '');
}

function showRate(frame) {
  if (frame.rate === null) return;
  rates.push(frame.rate);
  if (rates.length > graphSeconds) rates.shift();
  byId('rate').textContent = numbers.format(frame.rate);
  byId('rate-peak').textContent = say('peak', { n: numbers.format(Math.max(...rates)) });
  drawGraph();
}

function showNewest(events) {
  const keyOf = event => `${event.at} ${event.id} ${event.name} ${event.type}`;
  const now = new Set(events.map(keyOf));
  // Where most rows are new every second, marking them would only flicker.
  const mark = [...now].filter(key => !shown.has(key)).length <= events.length / 2;
  const rows = events.map(event => {
    const row = element('tr', mark && !shown.has(keyOf(event)) ? 'is-new' : '');
    row.append(element('td', '', clock.format(event.at)));
    const what = element('td', '', event.name || event.type);
    what.title = event.name || event.type;
    if (event.name && event.type !== 'track') what.append(element('span', 'kind', event.type));
    const who = element('td');
    who.append(...customer(event.id));
    row.append(what, who);
    return row;
  });
  shown = now;
  byId('newest').replaceChildren(...rows);
}

function showActive(customers) {
  const most = Math.max(1, ...customers.map(c => c.events));
  byId('active').replaceChildren(...customers.map(c => {
    const item = element('li');
    const bar = element('span', 'bar');
    bar.style.width = `${c.events / most * 100}%`;
    item.append(bar, ...customer(c.id), element('span', 'count', numbers.format(c.events)));
    return item;
  }));
}

function show(frame) {
  lastFrameAt = Date.now();
  if (frame.answering === 0) {
    pause('waiting');
    return;
  }

  if (frame.answering < frame.partitions) state('warn', say('partly', { n: frame.partitions - frame.answering, all: frame.partitions }));
  else state('live', say('live'));
  showRate(frame);
  byId('lag').textContent = duration(frame.lagMs);
  byId('history-lag').textContent = duration(frame.historyLagMs);
  byId('total').textContent = numbers.format(frame.events);
  byId('partitions').textContent = say('partitions', { n: frame.answering });
  const empty = frame.logged === 0;
  byId('empty').hidden = !empty;
  byId('newest-section').hidden = byId('active-section').hidden = empty;
  showNewest(frame.newest);
  showActive(frame.active);
}

// The browser gives up for good when the answer is no stream: ask why, and begin again.
async function again() {
  disconnect();
  let key = 'lost';
  try {
    const asked = new AbortController();
    const answer = await fetch('/live', { signal: asked.signal });
    asked.abort();
    if (answer.status === 401) location.reload();
    if (answer.status === 503) key = 'crowded';
  } catch { /* The server is away: said below, tried again after the pause. */ }
  pause(key);
  setTimeout(connect, retryMs);
}

function disconnect() {
  if (source) source.close();
  source = null;
}

function connect() {
  if (source || document.hidden) return;
  source = new EventSource('/live');
  source.addEventListener('pulse', message => show(JSON.parse(message.data)));
  source.addEventListener('error', () => {
    pause('lost');
    if (source && source.readyState === EventSource.CLOSED) again();
  });
}

byId('curl').textContent = [
  'KEY=$(./crm keys create --kind write --name shop)',
  `curl -u $KEY: ${location.origin}/v1/track \\`,
  `  -d '{"userId":"u1","event":"Product Viewed","properties":{"product_id":"p1"}}'`,
].join('\n');

// Nobody looks: let the server rest.
document.addEventListener('visibilitychange', () => document.hidden ? disconnect() : connect());
setInterval(() => { if (source && lastFrameAt && Date.now() - lastFrameAt > staleMs) pause('lost'); }, 1000);
connect();
