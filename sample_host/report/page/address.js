// The address keeps the view, by names and not by numbers: it survives a new report of the same study.
function addressText() {
  const p = new URLSearchParams();
  if (filter.states.size) p.set('state', [...filter.states].map(s => STATES[s]).join(','));
  for (const t of filter.errors) p.append('error', D.errors.types[t]);
  axes.forEach((axis, a) => {
    for (const v of filter.axes[a]) p.append(axis.name, axis.values[v]);
  });
  if (filter.text) p.set('q', filter.text);
  if (view.y !== FIRST_FIELD) p.set('y', fields[view.y].key);
  if (view.x !== view.firstAxis) p.set('x', axes[view.x].name);
  if (view.by >= 0) p.set('by', axes[view.by].name);
  if (view.log) p.set('log', 1);
  if (view.median) p.set('stat', 'median');
  if ($('nums').open) p.set('numbers', 1);
  if (view.from > BEGIN || view.to < END) p.set('t', Math.round(view.from) + ',' + Math.round(view.to));
  if (view.sort >= 0) p.set('sort', (view.descending ? '-' : '') + columnName(columns[view.sort]));
  if (view.run >= 0) p.set('run', D.configs.hash[config[view.run]] + '.' + cycle[view.run]);
  return String(p);
}
function saveAddress() {
  const text = addressText();
  if ('#' + text === (location.hash || '#')) return;
  try {
    history.replaceState(null, '', text ? '#' + text : location.pathname + location.search);
  } catch { /* a sandbox that has no addresses */
  }
}

function loadAddress() {
  const p = new URLSearchParams(location.hash.slice(1));
  const place = (list, value) => list.findIndex(known => String(known) === value);
  const all = (name, list) => new Set(p.getAll(name).map(value => place(list, value)).filter(k => k >= 0));
  const one = (name, list, other) => {
    const k = p.has(name) ? place(list, p.get(name)) : -1;
    return k < 0 ? other : k;
  };
  filter.states = new Set((p.get('state') || '').split(',').map(s => STATES.indexOf(s)).filter(s => s >= 0));
  filter.errors = all('error', D.errors.types);
  axes.forEach((axis, a) => {
    filter.axes[a] = all(axis.name, axis.values);
  });
  filter.text = p.get('q') || '';
  const names = axes.map(axis => axis.name);
  view.y = one('y', fields.map(f => f.key), FIRST_FIELD);
  view.x = one('x', names, view.firstAxis);
  view.by = one('by', names, -1);
  view.log = p.get('log') === '1';
  view.median = p.get('stat') === 'median';
  const [from, to] = (p.get('t') || '').split(',').map(Number);
  [view.from, view.to] = from < to ? [from, to] : [BEGIN, END];
  const sort = p.get('sort') || '';
  view.descending = sort[0] === '-';
  view.sort = columns.findIndex(c => columnName(c) === sort.replace(/^-/, ''));
  $('q').value = filter.text;
  $('y').value = view.y;
  $('x').value = view.x;
  $('by').value = view.by;
  $('log').checked = view.log;
  $('stat').value = view.median ? 'median' : 'mean';
  $('nums').open = p.get('numbers') === '1';
  update(true);
  openFromAddress(p.get('run') || '');
}
function openFromAddress(name) {
  const dot = name.lastIndexOf('.'), hash = name.slice(0, dot), number = +name.slice(dot + 1);
  for (let run = 0; dot > 0 && run < N; run++) {
    if (cycle[run] === number && D.configs.hash[config[run]] === hash) return openRun(run, true);
  }
  if (dialog.open) dialog.close();
}
