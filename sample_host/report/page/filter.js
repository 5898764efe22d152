// The filter: one for everything on the page. And the order of the table.
const filter = {
  states: new Set(),
  errors: new Set(),
  axes: axes.map(() => new Set()),
  text: ''
};
const view = {
  y: FIRST_FIELD,
  x: 0,
  by: -1,
  log: false,
  median: false,
  from: BEGIN,
  to: END,
  sort: -1,
  descending: false,
  run: -1,
};
const isShown = new Uint8Array(N);
const shown = new Int32Array(N);  // the first `count`, in order
let count = 0;
let counts = [0, 0, 0, 0, 0];  // of those, by state

const lowerValues = axes.map(axis => axis.values.map(v => String(v).toLowerCase()));
const lowerErrors = D.errors.types.map(t => t.toLowerCase());

// What a word of the search finds, looked up once for each value and not for each run.
function makeQuery(word) {
  return {
    word,
    axes: lowerValues.map(values => values.map(v => v.includes(word))),
    errors: lowerErrors.map(t => t.includes(word)),
    states: STATES.map(name => name === word),
  };
}
function matches(query, run) {
  if (query.states[state[run]]) return true;
  for (let a = 0; a < axes.length; a++) {
    const value = axes[a].of[run];
    if (value >= 0 && query.axes[a][value]) return true;
  }
  if (errorOf[run] >= 0) {
    if (query.errors[errorOf[run]]) return true;
    if (errorText.get(run).toLowerCase().includes(query.word)) return true;
  }
  return D.configs.hash[config[run]].toLowerCase().startsWith(query.word);
}
function applyFilter() {
  const queries = filter.text.toLowerCase().split(/\s+/).filter(Boolean).map(makeQuery);
  const chosen = filter.axes.map((set, a) => set.size ? a : -1).filter(a => a >= 0);
  const passes = run => {
    if (filter.states.size && !filter.states.has(state[run])) return false;
    if (filter.errors.size && !filter.errors.has(errorOf[run])) return false;
    for (const a of chosen)
      if (!filter.axes[a].has(axes[a].of[run])) return false;
    for (const query of queries)
      if (!matches(query, run)) return false;
    return true;
  };
  count = 0;
  counts = [0, 0, 0, 0, 0];
  for (let run = 0; run < N; run++) {
    isShown[run] = passes(run) ? 1 : 0;
    if (!isShown[run]) continue;
    shown[count++] = run;
    counts[state[run]]++;
  }
  sortRows();
}

let rows = new Int32Array(0);  // the runs of the table, in its order
function sortRows() {
  rows = shown.slice(0, count);
  const column = columns[view.sort];
  if (!column) return;
  const keys = new Float64Array(N), sign = view.descending ? -1 : 1;
  for (const run of rows) keys[run] = isKnown(column.key(run)) ? column.key(run) : Infinity;
  rows.sort((a, b) => {  // what has no value comes last, either way
    if (keys[a] === keys[b]) return a - b;
    if (keys[a] === Infinity) return 1;
    return keys[b] === Infinity ? -1 : sign * (keys[a] - keys[b]);
  });
}
function toggle(set, value) {
  if (!set.delete(value)) set.add(value);
  update();
}
function clearFilter() {
  filter.states.clear();
  filter.errors.clear();
  filter.axes.forEach(set => set.clear());
  filter.text = '';
  $('q').value = '';
  update();
}
function paintChips() {
  const list = [...filter.states].map(s => [STATES[s], () => filter.states.delete(s)]);
  for (const t of filter.errors) list.push([D.errors.types[t], () => filter.errors.delete(t)]);
  filter.axes.forEach((set, a) => {
    const {key, values} = axes[a];
    if (set.size > 3)
      list.push([key + ': ' + set.size + ' values', () => set.clear()]);
    else
      for (const v of set) list.push([key + ' = ' + values[v], () => set.delete(v)]);
  });
  const chip = ([text, drop]) =>
      h('button', {
        class: 'chip small',
        type: 'button',
        title: 'remove this filter',
        onclick: () => {
          drop();
          update();
        },
      },
        clipped(text, 60) + ' ×');
  const all = h('button', {class: 'plain small', type: 'button', onclick: clearFilter}, 'show all');
  fill($('chips'), list.map(chip), list.length || filter.text ? all : null);
  $('n').textContent = count === N ? '' : int(count) + ' of ' + int(N) + ' runs';
}
