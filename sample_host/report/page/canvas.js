// Charts are drawn when they come into sight, all of one moment in one frame.
const charts = [];
let isPrinting = false;
const FONT = '12px system-ui,"DejaVu Sans",sans-serif';

// `height` is a number or tells it of a width; `draw(context, width, height)` begins with a clear canvas.
function chart(id, height, draw) {
  const canvas = $(id);
  const c = {canvas, isDirty: true, isSeen: false};
  new ResizeObserver(() => {
    c.isDirty = true;
    paintSoon();
  }).observe(canvas);
  new IntersectionObserver(entries => {
    c.isSeen = entries[entries.length - 1].isIntersecting;
    if (c.isSeen) paintSoon();
  }, {rootMargin: '150px'}).observe(canvas);
  c.paint = () => {
    c.isDirty = false;
    const width = canvas.clientWidth;
    if (!width) return;
    const tall = typeof height === 'function' ? height(width) : height;
    const scale = isPrinting ? 2 : Math.min(window.devicePixelRatio || 1, 2);
    const w = Math.round(width * scale), t = Math.round(tall * scale);
    if (canvas.width !== w || canvas.height !== t) {
      canvas.width = w;
      canvas.height = t;
      canvas.style.height = tall + 'px';
    }
    const x = canvas.getContext('2d');
    x.setTransform(scale, 0, 0, scale, 0, 0);
    x.clearRect(0, 0, width, tall);
    x.font = FONT;
    x.textBaseline = 'middle';
    x.lineWidth = 1;
    draw(x, width, tall);
  };
  charts.push(c);
  return c;
}
let isPaintDue = false;
function paintSoon() {
  if (isPaintDue) return;
  isPaintDue = true;
  requestAnimationFrame(() => {
    isPaintDue = false;
    for (const c of charts)
      if (c.isDirty && c.isSeen) c.paint();
  });
}
function redraw(only) {
  for (const c of only ? [only] : charts) c.isDirty = true;
  paintSoon();
}

// The style's colours; canvases don't read variables.
let colour = {};
function readColours() {
  const style = getComputedStyle(document.documentElement);
  const css = name => style.getPropertyValue('--' + name).trim();
  colour = {
    states: STATES.map(css),
    groups: [0, 1, 2, 3, 4, 5, 6, 7].map(k => css('s' + k)),
    ink: css('ink'),
    soft: css('soft'),
    line: css('line'),
    card: css('card'),
    accent: css('accent'),
    spread: css('spread'),
  };
}
function say(x, text, left = 8, top = 20) {
  x.textAlign = 'left';
  x.fillStyle = colour.soft;
  x.fillText(text, left, top);
}
function clipTo(x, text, width) {
  let shortened = line(text);
  if (x.measureText(shortened).width <= width) return shortened;
  while (shortened.length > 1 && x.measureText(shortened + '…').width > width) {
    shortened = shortened.slice(0, Math.max(1, Math.floor(shortened.length * 0.9)));
  }
  return shortened.length > 1 ? shortened + '…' : '';
}

// About `n` round numbers from a to b.
function ticks(a, b, n) {
  const raw = (b - a) / n || 1, power = 10 ** Math.floor(Math.log10(raw)), m = raw / power;
  const step = (m < 1.5 ? 1 : m < 3.5 ? 2 : m < 7.5 ? 5 : 10) * power, out = [];
  for (let k = Math.ceil(a / step); k * step <= b + step * 1e-9; k++) out.push(k * step);
  return out;
}
// Those of a logarithmic scale, from a to b, which are positive.
function logTicks(a, b) {
  const out = [], digits = b / a < 150 ? [1, 2, 5] : [1];
  for (let e = Math.floor(Math.log10(a)); e <= Math.log10(b); e++) {
    for (const m of digits) {
      const t = +(m + 'e' + e);
      if (t >= a && t <= b) out.push(t);
    }
  }
  return out;
}
const TIME_STEPS = [
  1,   2,    5,   10,  20,  50,   100,  200,  500,   1e3,   2e3,   5e3,   1e4,    15e3,   3e4,
  6e4, 12e4, 3e5, 6e5, 9e5, 18e5, 36e5, 72e5, 108e5, 216e5, 432e5, 864e5, 1728e5, 6048e5,
];
function timeTicks(a, b, n) {
  const raw = (b - a) / n, step = TIME_STEPS.find(s => s >= raw) || Math.ceil(raw / 864e5) * 864e5, out = [];
  for (let v = Math.ceil(a / step) * step; v <= b; v += step) out.push(v);
  return out;
}
// From 0 to 1, the same for a run each time: where it stands among others of its value.
const scatterOf = run => (Math.imul(run + 1, 2654435761) >>> 9) / 8388608;
