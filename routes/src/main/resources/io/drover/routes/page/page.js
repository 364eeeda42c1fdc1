// The list of imports, kept up to date by server-sent events, and the way to one import's page.

import {STATES, baseName, bytes, duration, element, put, rate} from './format.js';
import {ImportPage} from './import.js';

const STEP = 500;
const FILTERS = [
  ['all', 'All', () => true],
  ['going', 'Running', (row) => row.status === 'running' || row.status === 'retrying'],
  ['queued', 'Queued', (row) => row.status === 'queued'],
  ['paused', 'Paused', (row) => row.status === 'paused'],
  ['failed', 'Failed', (row) => row.status === 'failed' || row.status === 'cancelled'],
  ['completed', 'Finished', (row) => row.status === 'completed'],
];

const $ = (id) => document.getElementById(id);
const imports = new Map();
const lines = new Map();
let filter = 'all';
let shown = STEP;
let stale = new Set();
let order = true;
let page = null;

function line(row) {
  const name = element('a', {class: 'name', href: `#/import/${encodeURIComponent(row.id)}`});
  const place = element('span', {class: 'place'});
  const state = element('span', {class: 'state'});
  const phase = element('span', {class: 'small'});
  const bar = element('progress', {max: '100', 'aria-label': 'progress'});
  const amount = element('span', {class: 'amount'});
  const speed = element('td', {class: 'number'});
  const left = element('td', {class: 'number'});
  const worker = element('span', {class: 'small'});
  const tr = element('tr', {},
      element('td', {}, name, place), element('td', {}, state, phase),
      element('td', {}, bar, amount), speed, left, element('td', {}, worker));
  tr.dataset.id = row.id;
  return {tr, name, place, state, phase, bar, amount, speed, left, worker, text: ''};
}

function fill(parts, row) {
  const going = row.status === 'running' || row.status === 'retrying';
  put(parts.name, baseName(row.source));
  parts.name.title = row.source ?? '';
  put(parts.place, row.destination ?? '');
  parts.place.title = row.destination ?? '';
  put(parts.state, row.status);
  parts.state.className = `state ${row.status}`;
  const silent = (Date.now() - row.updated) / 1000;
  put(parts.phase, row.error ?? (going ? (silent > 60 ? `silent for ${duration(silent)}` : row.phase ?? '') : ''));
  parts.phase.title = row.error ?? '';
  parts.bar.value = row.status === 'completed' ? 100 : row.percent;
  parts.bar.className = row.status;
  put(parts.amount, row.size > 0 ? `${(row.status === 'completed' ? 100 : row.percent).toFixed(0)} % of ${bytes(row.size)}` : '');
  put(parts.speed, going ? rate(row.rate) : '');
  put(parts.left, going ? duration(row.eta) : '');
  put(parts.worker, row.worker ?? '');
  parts.worker.title = row.worker ?? '';
  parts.text = `${row.source} ${row.destination} ${row.worker} ${row.error ?? ''} ${row.status} ${row.id}`.toLowerCase();
}

function take(row) {
  const before = imports.get(row.id);
  if (!before || before.status !== row.status || before.accepted !== row.accepted) {
    order = true;
  }
  imports.set(row.id, row);
  stale.add(row.id);
}

function compare(one, other) {
  return STATES.indexOf(one.status) - STATES.indexOf(other.status)
      || other.accepted - one.accepted
      || (one.id < other.id ? -1 : 1);
}

function arrange() {
  const wanted = $('search').value.trim().toLowerCase();
  const passes = FILTERS.find(([key]) => key === filter)[2];
  const rows = [...imports.values()].filter(passes).sort(compare)
      .filter((row) => !wanted || lines.get(row.id).text.includes(wanted));
  const body = $('rows');
  const visible = rows.slice(0, shown).map((row) => lines.get(row.id).tr);
  // in place: rows that stay where they are are not touched, and keep their focus
  visible.forEach((tr, index) => {
    if (body.children[index] !== tr) {
      body.insertBefore(tr, body.children[index] ?? null);
    }
  });
  while (body.children.length > visible.length) {
    body.lastElementChild.remove();
  }
  $('more').hidden = rows.length <= shown;
  put($('more'), `Show more of ${rows.length}`);
  $('empty').hidden = rows.length > 0;
  put($('empty'), imports.size === 0 ? 'No import yet. They appear here as soon as they are accepted.' : 'No import matches.');
  document.querySelector('.table').hidden = rows.length === 0;
}

function count() {
  let speed = 0;
  let size = 0;
  let sent = 0;
  const counts = new Map(FILTERS.map(([key]) => [key, 0]));
  for (const row of imports.values()) {
    for (const [key, , passes] of FILTERS) {
      counts.set(key, counts.get(key) + (passes(row) ? 1 : 0));
    }
    if (row.status === 'running') {
      speed += row.rate ?? 0;
    }
    size += row.logical;
    sent += row.sent;
  }
  for (const button of $('filters').children) {
    put(button.querySelector('.count'), String(counts.get(button.dataset.key)));
  }
  put($('totals'), `${bytes(size)} imported · ${bytes(sent)} sent · ${rate(speed)} now`);
}

/** Once for each batch that comes, not for each import. */
function draw() {
  for (const id of stale) {
    const row = imports.get(id);
    if (!lines.has(id)) {
      lines.set(id, line(row));
    }
    fill(lines.get(id), row);
  }
  if (stale.size > 0) {
    count();
  }
  stale = new Set();
  if (order) {
    order = false;
    arrange();
  }
}

let asked = false;
function later() {
  if (!asked) {
    asked = true;
    // a page in the background gets no frames
    const run = () => { asked = false; draw(); };
    document.hidden ? setTimeout(run, 1000) : requestAnimationFrame(run);
  }
}

function connect() {
  const source = new EventSource('/events');
  let seen = new Set();
  const link = (text, kind) => {
    put($('link'), text);
    $('link').className = `link ${kind}`;
  };
  source.addEventListener('begin', () => { seen = new Set(); });
  source.addEventListener('imports', (event) => {
    for (const row of JSON.parse(event.data)) {
      seen.add(row.id);
      take(row);
      page?.changed(row.id);
    }
    later();
  });
  source.addEventListener('all', () => {
    for (const id of [...imports.keys()].filter((each) => !seen.has(each))) {
      imports.delete(id);
      stale.delete(id);
      lines.delete(id);
      order = true;
    }
    order = true;
    link('live', 'live');
    document.body.dataset.ready = 'true';
    later();
    count();
  });
  source.addEventListener('busy', () => { link('too many readers; trying again', 'lost'); });
  source.addEventListener('error', () => { link('connection lost; trying again', 'lost'); });
}

function route() {
  const match = /^#\/import\/(.+)$/.exec(location.hash);
  page?.close();
  page = null;
  $('list').hidden = Boolean(match);
  $('one').hidden = !match;
  if (match) {
    let id;
    try {
      id = decodeURIComponent(match[1]);
    } catch {
      id = match[1];
    }
    page = new ImportPage($('one'), id);
  } else {
    document.title = 'Drover';
  }
  scrollTo(0, 0);
}

for (const [key, label] of FILTERS) {
  const button = element('button', {
    type: 'button',
    'aria-pressed': String(key === filter),
    onclick: () => {
      filter = key;
      shown = STEP;
      for (const other of $('filters').children) {
        other.setAttribute('aria-pressed', String(other.dataset.key === key));
      }
      arrange();
    },
  }, label, element('span', {class: 'count'}, '0'));
  button.dataset.key = key;
  $('filters').append(button);
}
$('search').addEventListener('input', () => { shown = STEP; arrange(); });
$('more').addEventListener('click', () => { shown += STEP; arrange(); });
// whoever is silent is seen to be
setInterval(() => {
  for (const row of imports.values()) {
    if (row.status === 'running') {
      stale.add(row.id);
    }
  }
  later();
}, 15000);
addEventListener('hashchange', route);
route();
connect();
