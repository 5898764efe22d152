// Numbers about numbers.

// The quantile of sorted values, interpolated (R's type 7, numpy's default).
function quantile(sorted, q) {
  const at = q * (sorted.length - 1), low = Math.floor(at), high = Math.min(low + 1, sorted.length - 1);
  return sorted[low] + (sorted[high] - sorted[low]) * (at - low);
}
function describe(sorted) {
  const n = sorted.length;
  let sum = 0, squares = 0;
  for (const x of sorted) sum += x;
  const mean = sum / n;
  for (const x of sorted) squares += (x - mean) * (x - mean);
  return {
    n,
    mean,
    sd: n > 1 ? Math.sqrt(squares / (n - 1)) : NaN,
    low: sorted[0],
    high: sorted[n - 1],
    q1: quantile(sorted, 0.25),
    median: quantile(sorted, 0.5),
    q3: quantile(sorted, 0.75),
  };
}

// What the shown runs' values of a field are in each group; `groupOf` gives -1 for a run in none.
function groupStatistics(groups, v, groupOf) {
  const sizes = new Int32Array(groups + 1);
  const each = f => {
    for (let k = 0; k < count; k++) {
      const g = isKnown(v[shown[k]]) ? groupOf(shown[k]) : -1;
      if (g >= 0) f(g, v[shown[k]]);
    }
  };
  each(g => {
    sizes[g + 1]++;
  });
  for (let g = 0; g < groups; g++) sizes[g + 1] += sizes[g];
  const next = sizes.slice(), values = new Float64Array(sizes[groups]);
  each((g, value) => {
    values[next[g]++] = value;
  });
  return Array.from({length: groups}, (_, g) => {
    const list = values.subarray(sizes[g], sizes[g + 1]);
    return list.length ? describe(list.sort()) : null;
  });
}

// How much of a field's spread an axis explains, less what as many groups would by chance (epsilon squared).
function explainedShare(v, axis, n, sum, total) {
  const sizes = new Float64Array(axis.values.length), sums = new Float64Array(axis.values.length);
  let seen = 0;
  for (let k = 0; k < count; k++) {
    const run = shown[k], value = axis.of[run];
    if (!isKnown(v[run]) || value < 0) continue;
    seen++;
    sizes[value]++;
    sums[value] += v[run];
  }
  let between = 0, groups = 0;
  for (let g = 0; g < sizes.length; g++) {
    if (!sizes[g]) continue;
    groups++;
    between += sums[g] * sums[g] / sizes[g];
  }
  if (seen < n || n <= groups || !(total > 0)) return 0;
  const eta = (between - sum * sum / n) / total;
  return Math.max(0, 1 - (1 - eta) * (n - 1) / (n - groups));
}
function explainedByAxes(v) {
  let n = 0, sum = 0, squares = 0;
  for (let k = 0; k < count; k++) {
    const y = v[shown[k]];
    if (!isKnown(y)) continue;
    n++;
    sum += y;
    squares += y * y;
  }
  const total = squares - sum * sum / n;
  const shares = axes.map((axis, a) => ({a, share: n > 2 ? explainedShare(v, axis, n, sum, total) : 0}));
  return {n, shares: shares.sort((p, q) => q.share - p.share || p.a - q.a)};
}
// By how much cycles of one configuration differ: the median of sd / mean; NaN where none has two.
function cycleSpread(v) {
  const spreads = groupStatistics(D.configs.hash.length, v, run => config[run])
                      .filter(s => s && s.n > 1 && s.mean)
                      .map(s => s.sd / Math.abs(s.mean));
  return spreads.length ? quantile(Float64Array.from(spreads).sort(), 0.5) : NaN;
}
