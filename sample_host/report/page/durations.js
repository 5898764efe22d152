// Durations: a histogram with a logarithmic axis, stacked by state.
const DURATION_TICKS = [
  0.1, 0.3, 1, 3, 10, 30, 100, 300, 1e3, 3e3, 1e4, 3e4, 6e4, 18e4, 6e5, 18e5, 36e5, 108e5, 36e6, 864e5, 864e6,
];
const shortSpan = ms =>
    ms < 1 ? ms + ' ms' : spanText(ms).replace(/\.0+ /, ' ').replace(' 0 s', '').replace(' 0 min', '');

function binDurations(low, high, n) {
  const a = Math.log10(low), b = Math.log10(high * 1.0001);
  const bins = [COMPLETED, FAILED, RUNNING, INTERRUPTED].map(() => new Float64Array(n));
  for (let k = 0; k < count; k++) {
    const d = duration[shown[k]], s = state[shown[k]];
    if (d > 0 && s !== PENDING) bins[s][Math.min(n - 1, Math.floor((Math.log10(d) - a) / (b - a) * n))]++;
  }
  return {bins, a, b};
}
chart('hist', 190, (x, w, tall) => {
  let low = Infinity, high = 0;
  for (let k = 0; k < count; k++) {
    const d = duration[shown[k]];
    if (d > 0) {
      low = Math.min(low, d);
      high = Math.max(high, d);
    }
  }
  if (!(high > 0)) return say(x, 'No run has ended.');
  const n = Math.max(12, Math.min(60, Math.floor(w / 12))), {bins, a, b} = binDurations(low, high, n);
  let most = 0;
  for (let p = 0; p < n; p++) most = Math.max(most, bins.reduce((sum, bin) => sum + bin[p], 0));
  const left = 44, height = tall - 36, width = (w - left) / n, floor = 10 + height;
  x.textAlign = 'right';
  for (const t of ticks(0, most, 3).filter(Number.isInteger)) {
    const y = floor - t / most * height;
    x.fillStyle = colour.line;
    x.fillRect(left, y, w - left, 1);
    x.fillStyle = colour.soft;
    x.fillText(t >= 1e4 ? t / 1000 + ' k' : int(t), left - 6, y);
  }
  for (let p = 0; p < n; p++) {
    let y = floor;
    bins.forEach((bin, s) => {
      if (!bin[p]) return;
      const part = Math.max(bin[p] / most * height, 1.5);
      x.fillStyle = colour.states[s];
      x.fillRect(left + p * width, y - part, width - 1, part);
      y -= part;
    });
  }
  x.textAlign = 'center';
  x.fillStyle = colour.soft;
  const marks = DURATION_TICKS.filter(t => t >= low && t <= high);
  for (const t of marks.length ? marks : [high]) {
    const at = left + (Math.log10(t) - a) / (b - a) * (w - left);
    x.fillText(marks.length ? shortSpan(t) : spanText(t), Math.min(at, w - 24), tall - 12);
  }
});
function paintDurations() {
  const known = [];
  let sum = 0;
  for (let k = 0; k < count; k++) {
    const d = duration[shown[k]];
    if (!isKnown(d)) continue;
    known.push(d);
    sum += d;
  }
  const sorted = Float64Array.from(known).sort();
  $('durhead').textContent = sorted.length ?
      'median ' + spanText(quantile(sorted, 0.5)) + ' · 90 % under ' + spanText(quantile(sorted, 0.9)) + ' · longest ' +
          spanText(sorted[sorted.length - 1]) + ' · in all ' + spanText(sum) :
      '';
}
