// The timeline: a lane per slot. Bars thinner than some pixels share them, and what went wrong wins.
const RANK = [1, 4, 2, 3, 0];  // of the states
const SHOWN_BIT = 8;
const GUTTER = 46, LANES_TOP = 44;

const startedBars = [];
for (let bar = 0; bar < BARS; bar++)
  if (isKnown(start[bar])) startedBars.push(bar);
startedBars.sort((a, b) => start[a] - start[b]);
const slotsAreKnown = startedBars.length > 0 && startedBars.every(bar => slot[bar] >= 0);

// Where no store has told the slots, each bar takes the lowest lane that is free.
function placeBars() {
  const free = [], lane = new Int32Array(BARS).fill(-1);
  for (const bar of startedBars) {
    let k = slot[bar];
    if (!slotsAreKnown) {
      k = 0;
      while (k < free.length && free[k] > start[bar] + 0.5) k++;
    }
    while (free.length <= k) free.push(-Infinity);
    free[k] = Math.max(free[k], endOf(bar));
    lane[bar] = k;
  }
  return {lane, lanes: free.length};
}
const {lane, lanes} = placeBars();
let laneLists = null;
function barsOf(k) {
  if (!laneLists) {
    laneLists = Array.from({length: lanes}, () => []);
    for (const bar of startedBars) laneLists[lane[bar]].push(bar);
  }
  return laneLists[k];
}
const laneHeight = () => lanes <= 12 ? 24 : lanes <= 40 ? 13 : Math.max(2, 520 / lanes);

let drag = null;  // {a, b} in pixels, while somebody drags

function paintWideBar(x, bar, left, right, top, tall, width) {
  const from = Math.max(0, left), to = Math.min(width, right);
  x.globalAlpha = isShown[runOf(bar)] ? 1 : 0.13;
  x.fillStyle = colour.states[state[bar]];
  x.fillRect(GUTTER + from, top, to - from - (right - left > 5 ? 1 : 0), tall);
  if (state[bar] === FAILED && to - from > 14 && tall >= 10) {
    x.fillStyle = colour.card;
    x.textAlign = 'center';
    x.fillText('✕', GUTTER + (from + to) / 2, top + tall / 2);
  }
}
// Neighbouring pixels of the same state in one rectangle.
function paintPixels(x, best, top, tall) {
  for (let p = 0; p < best.length;) {
    if (best[p] < 0) {
      p++;
      continue;
    }
    let q = p + 1;
    while (q < best.length && best[q] === best[p]) q++;
    const s = RANK.indexOf(best[p] & 7), isOn = best[p] & SHOWN_BIT;
    x.globalAlpha = isOn ? 1 : 0.13;
    x.fillStyle = colour.states[s];
    x.fillRect(GUTTER + p, top, Math.max(q - p, s === FAILED && isOn ? 2 : 1), tall);
    p = q;
  }
  x.globalAlpha = 1;
}
function paintLane(x, k, width, busy) {
  const high = laneHeight(), top = LANES_TOP + k * high + (high > 6 ? 1 : 0), tall = high > 6 ? high - 2 : high;
  const scale = width / (view.to - view.from), pixels = busy.length, best = new Int8Array(pixels).fill(-1);
  for (const bar of barsOf(k)) {
    const end = endOf(bar);
    if (end < view.from || start[bar] > view.to) continue;
    const left = (start[bar] - view.from) * scale, right = (end - view.from) * scale;
    const first = Math.max(0, Math.floor(left)), last = Math.min(pixels - 1, Math.floor(right));
    for (let p = first; p <= last; p++) busy[p] += Math.max(0, Math.min(right, p + 1) - Math.max(left, p));
    if (right - left >= 3) {
      paintWideBar(x, bar, left, right, top, tall, width);
    } else {
      const rank = RANK[state[bar]] + (isShown[runOf(bar)] ? SHOWN_BIT : 0);
      for (let p = first; p <= last; p++)
        if (rank > best[p]) best[p] = rank;
    }
  }
  paintPixels(x, best, top, tall);
}
function paintLaneNames(x) {
  const high = laneHeight();
  x.textAlign = 'right';
  x.fillStyle = colour.soft;
  for (let k = 0; high >= 11 && k < lanes; k++) {
    x.fillText(String(slotsAreKnown ? k : k + 1), GUTTER - 9, LANES_TOP + (k + 0.5) * high);
  }
  if (high < 11) x.fillText('slots', GUTTER - 6, LANES_TOP + lanes * high / 2);
  x.fillText('busy', GUTTER - 9, 20);
}
const timeline = chart('gantt', () => Math.ceil(lanes * laneHeight()) + 76, (x, w) => {
  if (!startedBars.length) return say(x, 'Nothing has started yet.');
  const width = w - GUTTER, busy = new Float64Array(Math.max(1, Math.ceil(width))), bottom = lanes * laneHeight();
  paintLaneNames(x);
  for (let k = 0; k < lanes; k++) paintLane(x, k, width, busy);
  x.fillStyle = colour.soft;
  x.globalAlpha = 0.35;
  busy.forEach((n, p) => {
    const tall = Math.min(1, n / lanes) * 26;
    x.fillRect(GUTTER + p, 34 - tall, 1, tall);
  });
  x.globalAlpha = 1;
  x.textAlign = 'center';
  for (const t of timeTicks(view.from, view.to, Math.max(2, width / 90))) {
    const p = GUTTER + (t - view.from) * width / (view.to - view.from);
    x.fillStyle = colour.line;
    x.fillRect(p, 38, 1, bottom + 10);
    x.fillStyle = colour.soft;
    x.fillText(clockText(t), Math.min(w - 24, Math.max(GUTTER + 20, p)), LANES_TOP + bottom + 16);
  }
  if (!drag) return;
  x.fillStyle = colour.accent;
  x.globalAlpha = 0.25;
  x.fillRect(Math.min(drag.a, drag.b), 6, Math.abs(drag.b - drag.a), bottom + 42);
  x.globalAlpha = 1;
});

// The bar at that place of the canvas; -1: none.
function barAt(px, py) {
  const k = Math.floor((py - LANES_TOP) / laneHeight());
  if (k < 0 || k >= lanes) return -1;
  const perPixel = (view.to - view.from) / ($('gantt').clientWidth - GUTTER);
  const t = view.from + (px - GUTTER) * perPixel, near = 2 * perPixel;
  let best = -1, rank = -1;
  for (const bar of barsOf(k)) {
    if (start[bar] > t + near) break;
    if (t < start[bar] - near || t > endOf(bar) + near) continue;
    const r = RANK[state[bar]] + (isShown[runOf(bar)] ? SHOWN_BIT : 0);
    if (r > rank) {
      rank = r;
      best = bar;
    }
  }
  return best;
}
function zoom(from, to) {
  const width = Math.min(Math.max(50, to - from), END - BEGIN);
  view.from = Math.max(BEGIN, Math.min(from, END - width));
  view.to = view.from + width;
  redraw(timeline);
  saveAddress();
}
function zoomBy(factor) {
  const middle = (view.from + view.to) / 2, half = (view.to - view.from) * factor / 2;
  zoom(middle - half, middle + half);
}
$('ganttname').textContent = slotsAreKnown ? 'Timeline by slot' : 'Timeline';
