// What failed, and what those have in common. It counts; it never says "because".
const MOST_SENTENCES = 6, MOST_CONDITIONS = 3, FEWEST_FAILURES = 4;
const COMPARE = {
  '=': (axis, value) => run => axis.of[run] === value,
  '≥': (axis, value) => run => axis.of[run] >= 0 && axis.place[axis.of[run]] >= axis.place[value],
  '≤': (axis, value) => run => axis.of[run] >= 0 && axis.place[axis.of[run]] <= axis.place[value],
};

// Of the runs that are `inside` and have ended, how many have each value, and how many of those have failed so.
function tally(inside, type) {
  const all = dims.map(d => new Int32Array(d.values.length)), hit = dims.map(d => new Int32Array(d.values.length));
  for (let k = 0; k < count; k++) {
    const run = shown[k];
    if (!inside[run] || state[run] > FAILED) continue;
    for (let d = 0; d < dims.length; d++) {
      const value = dims[d].of[run];
      if (value < 0) continue;
      all[d][value]++;
      if (errorOf[run] === type) hit[d][value]++;
    }
  }
  return {all, hit};
}

// The condition that keeps most of `mine` failures while it leaves out most of the `ended` runs; null: none does.
function bestCondition({all, hit}, taken, mine, ended) {
  let best = null;
  const offer = (d, op, value, hits, runs) => {
    const share = hits / mine, base = runs / ended;
    if (hits < 3 || share < 0.8 || base > 0.6 * share) return;
    const gain = share * share * Math.log(share / base);
    if (!best || gain > best.gain * (op === '=' ? 1 : 1.05)) best = {gain, d, op, value, hits, runs};
  };
  const offerSide = (d, op, places) => {
    let hits = 0, runs = 0;
    for (const place of places) {
      const value = dims[d].sorted[place];
      offer(d, op, value, hits += hit[d][value], runs += all[d][value]);
    }
  };
  dims.forEach((axis, d) => {
    if (taken.some(c => c.d === d)) return;
    axis.values.forEach((_, value) => offer(d, '=', value, hit[d][value], all[d][value]));
    if (!axis.isNumber) return;
    const places = axis.sorted.map((_, place) => place);
    offerSide(d, '≥', places.slice(1).reverse());
    offerSide(d, '≤', places.slice(0, -1));
  });
  return best;
}

// What `n` failures of a type have in common, of `ended` runs: null, or conditions with what they hold.
function inCommon(type, n, ended) {
  const conditions = [], inside = new Uint8Array(N).fill(1);
  let runs = ended, mine = n;
  while (n >= FEWEST_FAILURES && conditions.length < MOST_CONDITIONS) {
    const best = bestCondition(tally(inside, type), conditions, mine, runs);
    if (!best) break;
    const holds = COMPARE[best.op](dims[best.d], best.value);
    for (let k = 0; k < count; k++)
      if (!holds(shown[k])) inside[shown[k]] = 0;
    conditions.push(best);
    runs = best.runs;
    mine = best.hits;
  }
  return conditions.length && mine / runs > 2.5 * n / ended ? {conditions, runs, mine} : null;
}
function showThese(conditions) {
  for (const c of conditions) {
    const axis = dims[c.d];
    filter.axes[c.d] = new Set(axis.sorted.filter(v => {
      const difference = axis.place[v] - axis.place[c.value];
      return c.op === '=' ? difference === 0 : c.op === '≥' ? difference >= 0 : difference <= 0;
    }));
  }
  update();
}
function sentence(type, n, ended) {
  const found = inCommon(type, n, ended);
  if (!found) return null;
  const told = found.conditions.flatMap(
      (c, k) =>
          [k ? ' and ' : null,
           h('b', {}, clipped(dims[c.d].key + ' ' + c.op + ' ' + dims[c.d].values[c.value], 100)),
  ]);
  return h(
      'div', {class: 'insight'}, h('b', {}, clipped(D.errors.types[type], 80)),
      ': ' + (found.mine === n ? 'all ' + int(n) : int(found.mine) + ' of ' + int(n)) + ' where ', told,
      '. Of the ' + int(found.runs) + ' runs there, ' + percent(found.mine / found.runs) + ' end so. ',
      h('button', {class: 'plain small noprint', type: 'button', onclick: () => showThese(found.conditions)},
        'show these'));
}

function horizontalBar(text, size, most, note, isOn, onclick) {
  const bar = h('i');
  bar.style.width = Math.max(size ? 1.5 : 0, 100 * size / (most || 1)) + '%';
  return h(
      'button', {class: 'hb', type: 'button', 'aria-pressed': isOn, onclick, title: clipped(text, 300)},
      h('span', {class: 't'}, clipped(text, 200)), h('span', {class: 'track'}, bar),
      h('span', {class: 'num soft'}, note));
}
function shareBars(axis, d, all, failed) {
  const most = innerWidth < 760 ? 6 : 12, share = v => failed[d][v] / all[d][v];
  const there = axis.sorted.filter(v => all[d][v]);
  const isCut = there.length > most;
  const list = isCut ? there.slice().sort((a, b) => share(b) - share(a)).slice(0, most) : there;
  const highest = list.reduce((high, v) => Math.max(high, share(v)), 1e-9);
  return h(
      'div', {}, h('h3', {}, line(axis.key) + (isCut ? ' (highest ' + most + ' of ' + there.length + ')' : '')),
      list.map(
          v => horizontalBar(
              String(axis.values[v]), share(v), highest, percent(share(v)), filter.axes[d].has(v),
              () => toggle(filter.axes[d], v))));
}
function paintFailures() {
  const byType = D.errors.types.map(() => 0);
  const all = dims.map(d => new Int32Array(d.values.length)), failed = dims.map(d => new Int32Array(d.values.length));
  for (let k = 0; k < count; k++) {
    const run = shown[k];
    if (state[run] > FAILED) continue;
    if (state[run] === FAILED) byType[errorOf[run]]++;
    for (let d = 0; d < dims.length; d++) {
      const value = dims[d].of[run];
      if (value < 0) continue;
      all[d][value]++;
      if (state[run] === FAILED) failed[d][value]++;
    }
  }
  const ended = counts[COMPLETED] + counts[FAILED];
  const types = byType.map((n, type) => [n, type]).filter(([n]) => n).sort((a, b) => b[0] - a[0]);
  $('failhead').textContent = counts[FAILED] ?
      int(counts[FAILED]) + ' of ' + int(ended) + ' ended runs failed (' + percent(counts[FAILED] / ended) + ')' :
      ended ? 'nothing failed' :
              'nothing has ended yet';
  fill($('insights'), types.slice(0, MOST_SENTENCES).map(([n, type]) => sentence(type, n, ended)));
  fill(
      $('types'),
      types.slice(0, 12).map(
          ([n, type]) => horizontalBar(
              D.errors.types[type], n, types[0][0], int(n), filter.errors.has(type),
              () => toggle(filter.errors, type))));
  $('sharehead').hidden = !counts[FAILED] || !dims.length;
  fill($('bydim'), counts[FAILED] ? dims.map((axis, d) => shareBars(axis, d, all, failed)) : []);
}
