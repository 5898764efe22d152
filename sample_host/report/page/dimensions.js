// All swept dimensions at once: parallel coordinates, coloured by the rank of the field.
const MOST_LINES = 2000, BANDS = 7;
const PAR_LEFT = 14, PAR_TOP = 34, PAR_RIGHT = 84, PAR_BOTTOM = 14;

const hexParts = c => [1, 3, 5].map(k => parseInt(c.slice(k, k + 2), 16));
// From the lowest values' colour over grey to the highest ones', t from 0 to 1.
function ramp(t) {
  const [low, middle, high] = [colour.states[COMPLETED], colour.soft, colour.states[FAILED]].map(hexParts);
  const [p, q, u] = t < 0.5 ? [low, middle, t * 2] : [middle, high, t * 2 - 1];
  return 'rgb(' + p.map((v, k) => Math.round(v + (q[k] - v) * u)).join(',') + ')';
}
function parallelLayout(w, tall) {
  const gap = (w - PAR_LEFT - PAR_RIGHT) / dims.length, height = tall - PAR_TOP - PAR_BOTTOM;
  return {gap, height, x: k => PAR_LEFT + k * gap, y: t => PAR_TOP + height - t * height};
}
function pickLines(v) {
  const step = Math.max(1, Math.ceil(count / MOST_LINES)), picked = [];
  for (let k = 0; k < count; k += step)
    if (canShow(v[shown[k]])) picked.push(shown[k]);
  $('parnote').textContent = step > 1 ? 'Every ' + step + 'th of ' + int(count) + ' runs is drawn.' : '';
  return picked.sort((p, q) => v[p] - v[q]);
}
function paintLine(x, run, layout, height) {
  let isDrawing = false;
  const to = (k, t) => {
    if (isDrawing)
      x.lineTo(layout.x(k), layout.y(t));
    else
      x.moveTo(layout.x(k), layout.y(t));
    isDrawing = true;
  };
  dims.forEach((d, k) => {
    const n = d.values.length, apart = (scatterOf(run) - 0.5) * 0.7 / n;
    if (d.of[run] >= 0) to(k, (d.place[d.of[run]] + 0.5) / n + apart);  // past an axis on which it has no value
  });
  to(dims.length, height);
}
function paintLines(x, layout, picked, heightOf) {
  x.globalAlpha = Math.max(0.09, Math.min(0.7, 160 / picked.length));
  x.lineWidth = 1.1;
  picked.forEach((run, rank) => {
    if (rank % 10 === 0) {
      if (rank) x.stroke();
      x.beginPath();
      x.strokeStyle = ramp(Math.floor(rank / picked.length * BANDS) / (BANDS - 1));
    }
    paintLine(x, run, layout, heightOf(run));
  });
  x.stroke();
  x.globalAlpha = 1;
}
function paintDimension(x, d, k, layout) {
  const n = d.values.length, every = Math.ceil(n * 15 / layout.height);
  for (let p = 0; p < n; p += every) {
    const text = clipTo(x, d.values[d.sorted[p]], Math.min(120, layout.gap - 14));
    const y = layout.y((p + 0.5) / n), left = layout.x(k);
    x.fillStyle = colour.card;
    x.globalAlpha = 0.8;
    x.fillRect(left + 4, y - 7, x.measureText(text).width + 4, 14);
    x.globalAlpha = 1;
    x.fillStyle = filter.axes[k].has(d.sorted[p]) ? colour.accent : colour.soft;
    x.fillText(text, left + 6, y);
  }
}
function paintAxisLine(x, k, name, layout) {
  x.fillStyle = colour.ink;
  x.fillRect(layout.x(k), PAR_TOP, 1, layout.height);
  x.textAlign = k ? 'center' : 'left';
  x.fillText(clipTo(x, name, Math.max(20, (k ? 1 : 0.5) * layout.gap - 8)), layout.x(k) + (k ? 0 : 2 - PAR_LEFT), 14);
  x.textAlign = 'left';
}
chart('par', w => w < 600 ? 300 : 340, (x, w, tall) => {
  if (dims.length < 2) return;
  const field = fields[view.y], v = field.v, layout = parallelLayout(w, tall), picked = pickLines(v);
  const f = view.log ? Math.log10 : y => y;
  if (picked.length) {
    const low = v[picked[0]], high = v[picked[picked.length - 1]];
    const heightOf = y => high === low ? 0.5 : (f(y) - f(low)) / (f(high) - f(low));
    paintLines(x, layout, picked, run => heightOf(v[run]));
    x.fillStyle = colour.soft;
    x.textAlign = 'left';
    for (const t of high === low ? [low] : view.log ? logTicks(low, high) : ticks(low, high, 5)) {
      x.fillText(numberText(t), layout.x(dims.length) + 6, layout.y(heightOf(t)));
    }
  }
  dims.forEach((d, k) => {
    paintAxisLine(x, k, d.key, layout);
    paintDimension(x, d, k, layout);
  });
  paintAxisLine(x, dims.length, field.key, layout);
});
// A click on a value keeps only its runs.
$('par').addEventListener('click', event => {
  const box = $('par').getBoundingClientRect(), layout = parallelLayout(box.width, box.height);
  const across = event.clientX - box.left, k = Math.floor((across - 4) / layout.gap);
  if (k < 0 || k >= dims.length || across - layout.x(k) > 90) return;
  const n = dims[k].values.length;
  const place = Math.floor((1 - (event.clientY - box.top - PAR_TOP) / layout.height) * n);
  if (place >= 0 && place < n) toggle(filter.axes[k], dims[k].sorted[place]);
});
$('parcard').hidden = dims.length < 2;
