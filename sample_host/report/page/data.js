// The study as columns, as ../FORMAT.md has them. A run is its place in them, and so is everything about it.
const bootStart = performance.now();
const $ = id => document.getElementById(id);
document.documentElement.classList.add('js');
const D = JSON.parse($('data').textContent);
$('data').remove();
const parsedAt = performance.now();

const study = D.study;
const N = D.runs.status.length;
const LETTERS = 'cfrip';
const STATES = ['completed', 'failed', 'running', 'interrupted', 'pending'];
const GLYPHS = ['✓', '✕', '▶', '◼', '○'];
const COMPLETED = 0, FAILED = 1, RUNNING = 2, INTERRUPTED = 3, PENDING = 4;

// Bars of the timeline: the runs, 0 to N - 1, as they stand, then their earlier attempts.
const BARS = N + D.attempts.run.length;
const runOf = bar => bar < N ? bar : D.attempts.run[bar - N];
const state = new Uint8Array(BARS);
const start = new Float64Array(BARS);     // ms since the study began; NaN: not started
const duration = new Float64Array(BARS);  // ms; NaN: not ended
const slot = new Int32Array(BARS);        // -1: not known
const config = Int32Array.from(D.runs.config);
const cycle = Int32Array.from(D.runs.cycle);

function takeBars(from, columns, count) {
  const number = x => x === null ? NaN : x;
  for (let k = 0; k < count; k++) {
    state[from + k] = LETTERS.indexOf(columns.status[k]);
    start[from + k] = number(columns.start[k]);
    duration[from + k] = number(columns.duration[k]);
    slot[from + k] = columns.slot[k];
  }
  columns.start = columns.duration = columns.slot = null;
}
takeBars(0, D.runs, N);
takeBars(N, D.attempts, BARS - N);
D.runs.config = D.runs.cycle = null;

const isKnown = x => x === x;
const END = Math.max(study.until_ms - study.started_ms, 1);
const endOf = bar => start[bar] + (isKnown(duration[bar]) ? duration[bar] : Math.max(END - start[bar], 0));
let begin = 0;  // clocks differ: a run may have begun before its study
for (let bar = 0; bar < BARS; bar++)
  if (start[bar] < begin) begin = start[bar];
const BEGIN = begin;

const errorOf = new Int32Array(N).fill(-1);
const errorText = new Map();
D.errors.of.forEach((run, k) => {
  errorOf[run] = D.errors.type[k];
  errorText.set(run, D.errors.message[k]);
});

// What runs can be set apart by: swept dimensions, then texts of the results that have few enough values.
const MOST_VALUES = 1000;
function makeAxis(key, isNumber, values, of, isSwept) {
  const sorted = values.map((_, k) => k);
  if (isNumber) sorted.sort((a, b) => values[a] - values[b]);
  if (!isSwept) sorted.sort((a, b) => values[a] < values[b] ? -1 : values[a] > values[b] ? 1 : 0);
  const place = new Int32Array(values.length);
  sorted.forEach((value, k) => {
    place[value] = k;
  });
  return {key, isNumber, values, of, sorted, place, isSwept, name: (isSwept ? 'd.' : 'r.') + key};
}
const dims = D.dims.map(d => {
  const of = new Int32Array(N);
  for (let run = 0; run < N; run++) of[run] = d.of[config[run]];
  return makeAxis(d.key, d.kind === 'number', d.values, of, true);
});
const texts = D.texts.map(t => ({key: t.key, values: t.values, of: Int32Array.from(t.of)}));
const axes = dims.concat(texts.filter(t => t.values.length > 1 && t.values.length <= MOST_VALUES)
                             .map(t => makeAxis(t.key, false, t.values, t.of, false)));

// What can be measured: durations, then the numbers of the results.
const fields = [{key: 'duration (s)', v: duration.slice(0, N).map(ms => ms / 1000), isBoolean: false}];
for (const m of D.metrics) {
  const v = new Float64Array(N);
  for (let run = 0; run < N; run++) v[run] = m.values[run] === null ? NaN : m.values[run];
  m.values = null;
  fields.push({key: m.key, v, isBoolean: m.kind === 'boolean'});
}

// The field that is shown at first: one that differs, and isn't the configuration said again.
function firstField() {
  const said = new Set(dims.flatMap(d => [d.key, d.key.slice(d.key.lastIndexOf('.') + 1)]));
  const differs = v => {
    let seen = NaN;
    for (const x of v) {
      if (!isKnown(x)) continue;
      if (isKnown(seen) && seen !== x) return true;
      seen = x;
    }
    return false;
  };
  const found = fields.findIndex((f, k) => k > 0 && !said.has(f.key) && differs(f.v));
  return found > 0 ? found : 0;
}
const FIRST_FIELD = firstField();
