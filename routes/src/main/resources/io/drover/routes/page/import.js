// The page of one import: map of the disk, throughput, what happened, and how to open the result.

import {baseName, bytes, clock, duration, element, put, rate, time} from './format.js';

const KINDS = {
  '.': ['unknown', 'not planned yet'],
  d: ['send', 'data, to be sent'],
  z: ['copy', 'zeros, to be filled on the server'],
  S: ['data', 'data, sent'],
  s: ['zeros', 'zeros within sent parts'],
  C: ['copied', 'filled or copied on the server'],
};
const SVG = 'http://www.w3.org/2000/svg';

export class ImportPage {
  #root;
  #id;
  #closed = false;
  #busy = false;
  #again = false;
  #timer = 0;
  #built = null;
  #actions = null;

  constructor(root, id) {
    this.#root = root;
    this.#id = id;
    root.replaceChildren(
        element('a', {class: 'back', href: '#/'}, '← All imports'), element('p', {class: 'empty'}, 'Loading…'));
    this.#load();
  }

  changed(id) {
    if (id === this.#id) {
      this.#load();
    }
  }

  close() {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  /** One question at a time, and at most two in a second. */
  async #load() {
    if (this.#busy) {
      this.#again = true;
      return;
    }
    this.#busy = true;
    try {
      const answer = await fetch(`/api/imports/${encodeURIComponent(this.#id)}`);
      this.#actions ??= await (await fetch('/api/about')).json();
      if (!this.#closed) {
        answer.ok ? this.#draw(expanded(await answer.json())) : this.#missing();
      }
    } catch {
      // the list says that the connection is lost, and comes back with news
    }
    this.#timer = setTimeout(() => {
      this.#busy = false;
      if (this.#again && !this.#closed) {
        this.#again = false;
        this.#load();
      }
    }, 500);
  }

  #missing() {
    this.#built = null;
    this.#root.replaceChildren(
        element('a', {class: 'back', href: '#/'}, '← All imports'),
        element('p', {class: 'empty'}, 'No such import is known here: it may be older than what is kept.'));
  }

  #draw(state) {
    this.#built ??= build(this.#root, state);
    const page = this.#built;
    document.title = `${state.percent.toFixed(0)} % ${baseName(state.source)} – Drover`;
    const going = state.status === 'running' || state.status === 'retrying';
    put(page.title, baseName(state.source));
    put(page.source, `${state.source ?? ''} → ${state.destination ?? ''}`);
    put(page.state, state.status);
    page.state.className = `state ${state.status}`;
    const done = state.status === 'completed' ? 100 : state.percent;
    page.bar.value = done;
    page.bar.className = state.status;
    // a source that was refused has no size: there is nothing to picture
    page.mapCard.hidden = state.size === 0;
    page.chartCard.hidden = state.size === 0;
    facts(page.facts, [
      ['Done', `${done.toFixed(1)} % of ${bytes(state.size)}`],
      ['Phase', going ? state.phase : state.status],
      ['Rate', going ? rate(state.rate) : average(state)],
      [going ? 'Left' : 'Took', going ? duration(state.eta) || '…' : took(state)],
      ['Parts', `${state.parts.done} of ${state.parts.total}`],
      ['Data', bytes(state.bytes.data)],
      ['Zeros', bytes(state.bytes.zero)],
      ['Read', bytes(state.bytes.read)],
      ['Sent', bytes(state.bytes.sent)],
      ['Filled on the server', bytes(state.bytes.copied)],
      ['Format', state.format ?? ''],
      ['Run', String(state.attempt)],
      ['Worker', state.worker],
      ['Accepted', time(state.accepted)],
      ['Id', state.id],
    ].filter(([, value]) => value));
    drawError(page, state);
    drawMap(page, state);
    drawChart(page, state);
    drawHistory(page, state);
    drawResult(page, state);
    drawActions(page, state, this.#actions);
  }
}

function took(state) {
  return state.started == null ? '' : duration((state.updated - state.started) / 1000);
}

function average(state) {
  const seconds = state.started == null ? 0 : (state.updated - state.started) / 1000;
  return seconds > 0 && state.status === 'completed' ? `${rate(state.size / seconds)} on average` : '';
}

function build(root, state) {
  const page = {
    title: element('h1'), source: element('p', {class: 'small'}), state: element('span', {class: 'state'}),
    bar: element('progress', {max: '100', 'aria-label': 'progress'}), facts: element('dl', {class: 'facts'}),
    actions: element('div', {class: 'actions'}),
    error: element('section', {class: 'card error'}), errorTitle: element('h2'), errorText: element('p'), errorPlace: element('p'),
    canvas: element('canvas', {class: 'map', role: 'img', width: '960', height: '152'}),
    legend: element('ul', {class: 'legend'}), mapNote: element('p', {class: 'small'}),
    chart: document.createElementNS(SVG, 'svg'), chartNote: element('p', {class: 'small'}),
    history: element('ol', {class: 'history'}), told: -1,
    result: element('section', {class: 'card'}), opened: false, started: '',
  };
  page.mapCard = element('section', {class: 'card'}, element('h2', {}, 'Map of the disk'), page.canvas, page.legend, page.mapNote);
  page.chartCard = element('section', {class: 'card'}, element('h2', {}, 'Throughput'), page.chart, page.chartNote);
  page.error.append(page.errorTitle, page.errorText, page.errorPlace);
  page.error.hidden = true;
  page.result.hidden = true;
  page.chart.setAttribute('class', 'chart');
  page.chart.setAttribute('viewBox', '0 0 1000 100');
  page.chart.setAttribute('preserveAspectRatio', 'none');
  page.chart.setAttribute('role', 'img');
  root.replaceChildren(
      element('a', {class: 'back', href: '#/'}, '← All imports'),
      element('section', {class: 'card head'}, page.state, page.title, page.source, page.bar, page.facts, page.actions),
      page.error,
      page.mapCard,
      page.result,
      element('div', {class: 'pair'},
          page.chartCard,
          element('section', {class: 'card'}, element('h2', {}, 'What happened'), page.history)));
  return page;
}

function facts(list, pairs) {
  if (list.children.length !== pairs.length) {
    list.replaceChildren(...pairs.map(() => element('div', {}, element('dt'), element('dd'))));
  }
  pairs.forEach(([name, value], index) => {
    put(list.children[index].firstElementChild, name);
    put(list.children[index].lastElementChild, value ?? '');
  });
}

function drawError(page, state) {
  page.error.hidden = !state.error;
  if (!state.error) {
    return;
  }
  page.error.classList.toggle('again', state.status === 'retrying' || state.status === 'paused');
  put(page.errorTitle, state.status === 'retrying' ? `${state.error.code}: trying again` : state.error.code ?? '');
  put(page.errorText, state.error.message ?? '');
  put(page.errorPlace, state.error.offset == null ? '' : `At byte ${state.error.offset} of the source (${bytes(state.error.offset)} from its beginning).`);
}

function drawMap(page, state) {
  const canvas = page.canvas;
  const style = getComputedStyle(document.documentElement);
  const colour = (kind) => style.getPropertyValue(kind === 'error' ? '--bad' : `--cell-${kind}`);
  const scale = devicePixelRatio || 1;
  const width = Math.max(200, Math.round(canvas.clientWidth * scale));
  const height = Math.round(152 * scale);
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  const brush = canvas.getContext('2d');
  brush.clearRect(0, 0, width, height);
  if (state.map) {
    drawCells(brush, state, width, height, scale, colour);
  } else {
    drawSums(brush, state, width, height, colour);
  }
  const seen = state.map ? Object.keys(KINDS).filter((key) => state.map.includes(key)) : ['S', 'C', '.'];
  const counts = seen.map((key) => [KINDS[key], share(state, key)]);
  const signature = counts.map(([kind, part]) => kind[0] + part).join();
  if (page.legend.dataset.signature !== signature) {
    page.legend.dataset.signature = signature;
    page.legend.replaceChildren(...counts.map(([kind, part]) =>
        element('li', {}, element('i', {class: `k-${kind[0]}`}), `${kind[1]} ${part} %`)));
    canvas.setAttribute('aria-label', counts.map(([kind, part]) => `${kind[1]}: ${part} percent`).join(', '));
  }
  put(page.mapNote, state.map ? 'Each square is the same share of the virtual disk, from its first byte at the top left, row by row.'
      : 'Whoever told of this import said nothing of where its data lies: these are sums.');
}

/** The map as one character for each square; it comes as runs, S12z700d56. */
function expanded(state) {
  return {...state, map: state.map?.replace(/(\D)(\d+)/g, (run, kind, count) => kind.repeat(count))};
}

function share(state, key) {
  if (state.map) {
    return ((100 * state.map.split(key).length - 100) / state.map.length).toFixed(0);
  }
  const size = state.size || 1;
  const sent = Math.min(state.bytes.sent, size);
  const copied = Math.min(state.bytes.copied, size - sent);
  const part = key === 'S' ? sent : key === 'C' ? copied : size - sent - copied;
  return (100 * part / size).toFixed(0);
}

function drawCells(brush, state, width, height, scale, colour) {
  const cells = state.map.length;
  const columns = Math.max(1, Math.round(Math.sqrt(cells * width / height)));
  const rows = Math.ceil(cells / columns);
  const across = width / columns;
  const down = height / rows;
  const gap = Math.min(2 * scale, across / 5);
  for (let index = 0; index < cells; index++) {
    brush.fillStyle = colour(KINDS[state.map[index]]?.[0] ?? 'unknown');
    brush.fillRect((index % columns) * across, Math.floor(index / columns) * down, across - gap, down - gap);
  }
  // a raw source's offsets are the disk's; those of others lie in the file
  if (state.error?.offset != null && state.format === 'raw' && state.size > 0) {
    const cell = Math.min(cells - 1, Math.floor(state.error.offset / state.size * cells));
    brush.strokeStyle = colour('error');
    brush.lineWidth = 3 * scale;
    brush.strokeRect((cell % columns) * across - scale, Math.floor(cell / columns) * down - scale, across + gap, down + gap);
  }
}

function drawSums(brush, state, width, height, colour) {
  let from = 0;
  for (const [kind, key] of [['data', 'S'], ['copied', 'C'], ['unknown', '.']]) {
    const part = kind === 'unknown' ? width - from : width * Number(share(state, key)) / 100;
    brush.fillStyle = colour(kind);
    brush.fillRect(from, height / 3, part, height / 3);
    from += part;
  }
}

function drawChart(page, state) {
  const points = state.throughput;
  const rates = [];
  // bytes count as done part by part: over less than a few seconds that is all peaks
  const least = points.length ? Math.max(1, (points[points.length - 1][0] - points[0][0]) / 40000) : 1;
  for (let index = 1, from = 0; index < points.length; index++) {
    const seconds = (points[index][0] - points[from][0]) / 1000;
    if (seconds >= least) {
      rates.push([points[index][0], Math.max(0, points[index][1] - points[from][1]) / seconds]);
      from = index;
    }
  }
  if (rates.length < 2) {
    page.chart.replaceChildren();
    put(page.chartNote, 'Too little has been seen yet.');
    return;
  }
  const first = rates[0][0];
  const span = Math.max(1, rates[rates.length - 1][0] - first);
  const most = Math.max(1, ...rates.map(([, value]) => value));
  const path = rates.map(([at, value], index) =>
      `${index ? 'L' : 'M'}${((at - first) / span * 1000).toFixed(1)} ${(97 - value / most * 92).toFixed(1)}`).join('');
  if (page.chart.children.length === 0) {
    const area = document.createElementNS(SVG, 'path');
    area.setAttribute('class', 'area');
    page.chart.append(area, document.createElementNS(SVG, 'path'));
  }
  page.chart.firstElementChild.setAttribute('d', `${path}L1000 100L0 100Z`);
  page.chart.lastElementChild.setAttribute('d', path);
  const note = `Of the virtual disk: at most ${rate(most)}, over ${duration(span / 1000)}.`;
  page.chart.setAttribute('aria-label', note);
  put(page.chartNote, note);
}

function drawHistory(page, state) {
  const told = state.history.length ? state.history[state.history.length - 1].time + state.history.length : 0;
  if (page.told === told) {
    return;
  }
  page.told = told;
  page.history.replaceChildren(...[...state.history].reverse().map((step) => element('li', {},
      element('time', {datetime: new Date(step.time).toISOString()}, clock(step.time)),
      element('span', {class: `state ${step.type}`}, step.type),
      element('span', {class: 'small'}, step.worker ?? ''),
      step.error ? element('span', {class: 'why'}, `${step.error.code}: ${step.error.message}`) : null)));
}

function drawResult(page, state) {
  page.result.hidden = !state.result;
  if (!state.result || page.opened) {
    return;
  }
  page.opened = true;
  const names = {data: 'Data object', metadata: 'Metadata', manifest: 'Manifest'};
  const list = element('dl', {class: 'facts wide'});
  for (const [key, label] of Object.entries(names)) {
    const {uri, url} = state.result[key];
    const safe = /^https?:\/\//.test(url ?? '');
    list.append(element('div', {}, element('dt', {}, label),
        element('dd', {}, safe ? element('a', {href: url, rel: 'noreferrer'}, uri) : uri ?? '')));
  }
  list.append(element('div', {}, element('dt', {}, 'Digest of the disk'), element('dd', {}, state.result.digest ?? '')));
  const ways = (state.open ?? []).map(({title, command}) => {
    const copy = element('button', {type: 'button', onclick: async () => {
      try {
        await navigator.clipboard.writeText(command);
        put(copy, 'Copied');
      } catch {
        put(copy, 'Select it');
      }
      setTimeout(() => put(copy, 'Copy'), 1500);
    }}, 'Copy');
    return element('div', {class: 'way'}, element('span', {}, title), element('div', {}, element('code', {}, command), copy));
  });
  page.result.replaceChildren(element('h2', {}, 'Result'), list, ...ways);
}

let token = '';

function drawActions(page, state, about) {
  if (!about?.actions) {
    return;
  }
  const going = ['running', 'retrying', 'queued'].includes(state.status);
  const wanted = going ? 'cancel' : ['failed', 'cancelled'].includes(state.status) ? 'retry' : '';
  if (page.started === wanted) {
    return;
  }
  page.started = wanted;
  const say = element('p', {role: 'status'});
  const secret = element('input', {type: 'password', placeholder: 'Token', 'aria-label': 'Token', autocomplete: 'off'});
  secret.value = token;
  const button = (action, label) => element('button', {type: 'button', onclick: async () => {
    token = secret.value;
    put(say, '…');
    const answer = await fetch(`/api/imports/${encodeURIComponent(state.id)}/${action}`, {
      method: 'POST',
      headers: {'Authorization': `Bearer ${token}`, 'X-Drover-Action': action},
    }).catch(() => null);
    put(say, answer ? (await answer.text()).trim() : 'no answer');
  }}, label);
  const labels = {cancel: 'Cancel', retry: 'Try again'};
  page.actions.replaceChildren(...(wanted ? [secret, button(wanted, labels[wanted])] : []), say);
}
