// Any field of the results against any axis: every run a point, and what they come to for each value.
const MOST_COLOURS = 8;
let points = null;  // where the shown runs were drawn, in their order: {x, y}
let groups = [];    // what is drawn of them: {place, colour, …describe()}

const groupCount = () => view.by < 0 ? 1 : Math.min(MOST_COLOURS, axes[view.by].values.length);
// The last colour stands for all values behind it, too; without a value, for none.
function colourOf(run) {
  if (view.by < 0) return 0;
  const axis = axes[view.by], value = axis.of[run];
  return value < 0 ? -1 : Math.min(MOST_COLOURS - 1, axis.place[value]);
}
const canShow = y => isKnown(y) && (!view.log || y > 0);

// From values to pixels; null where there is nothing to show.
function makeScale(v, top, tall) {
  let low = Infinity, high = -Infinity;
  for (let k = 0; k < count; k++) {
    const y = v[shown[k]];
    if (!canShow(y)) continue;
    low = Math.min(low, y);
    high = Math.max(high, y);
  }
  if (!(high >= low)) return null;
  if (!view.log && low > 0 && low < high * 0.4) low = 0;
  if (low === high) {
    low = view.log ? low / 2 : low - (Math.abs(low) * 0.1 || 1);
    high = view.log ? high * 2 : high + (Math.abs(high) * 0.1 || 1);
  }
  const f = view.log ? Math.log10 : y => y, pad = (f(high) - f(low)) * 0.04;
  const from = low === 0 && !view.log ? 0 : f(low) - pad, to = f(high) + pad;
  const pixel = y => top + tall - (f(y) - from) / (to - from) * tall;
  return {
    // A whisker may lead below everything that a logarithm has.
    pixel: y => view.log && y <= low ? pixel(low) : pixel(y),
    ticks: view.log ? logTicks(10 ** from, 10 ** to) : ticks(from, to, tall / 55),
  };
}
function makeLayout(w, tall) {
  const left = 62, top = 12, axis = axes[view.x], width = w - left - 8, n = groupCount();
  const column = width / axis.values.length, group = Math.min(column * 0.86, 220) / n;
  return {
    axis,
    left,
    top,
    width,
    column,
    group,
    tall: tall - 58,
    middle: (place, g) => left + place * column + (column - group * n) / 2 + (g + 0.5) * group,
  };
}
function paintPoints(x, v, layout, scale) {
  const {axis, group} = layout, px = new Float32Array(count).fill(NaN), py = new Float32Array(count);
  const list = Array.from({length: groupCount()}, () => []);
  for (let k = 0; k < count; k++) {
    const run = shown[k], g = colourOf(run);
    if (!canShow(v[run]) || axis.of[run] < 0 || g < 0) continue;
    px[k] = layout.middle(axis.place[axis.of[run]], g) + group * (0.76 * scatterOf(run) - 0.38);
    py[k] = scale.pixel(v[run]);
    list[g].push(k);
  }
  const r = count > 20000 ? 1.5 : count > 3000 ? 2 : 3;
  x.globalAlpha = count > 50000 ? 0.25 : count > 5000 ? 0.4 : 0.65;
  list.forEach((ks, g) => {
    x.fillStyle = colour.groups[g];
    for (const k of ks) x.fillRect(px[k] - r, py[k] - r, 2 * r, 2 * r);
  });
  x.globalAlpha = 1;
  points = {x: px, y: py};
}
// A box for the middle, a thin line for the spread, a thick one for the mean or the median.
function paintGroup(x, s, layout, scale) {
  const middle = layout.middle(s.place, s.colour), half = layout.group;
  const sd = isKnown(s.sd) ? s.sd : 0;
  const [low, centre, high] = view.median ? [s.q1, s.median, s.q3] : [s.mean - sd, s.mean, s.mean + sd];
  const bottom = scale.pixel(low), top = scale.pixel(high), y = scale.pixel(centre);
  if (half > 7) {
    x.fillStyle = colour.spread;
    x.fillRect(middle - half * 0.45, top, half * 0.9, bottom - top);
  }
  const stroke = (width, style, x0, y0, x1, y1) => {
    x.lineWidth = width;
    x.strokeStyle = style;
    x.beginPath();
    x.moveTo(x0, y0);
    x.lineTo(x1, y1);
    x.stroke();
  };
  stroke(1, colour.ink, middle, bottom, middle, top);
  stroke(5, colour.card, middle - half * 0.42, y, middle + half * 0.42, y);
  const style = groupCount() > 1 ? colour.groups[s.colour] : colour.ink;
  stroke(2.5, style, middle - half * 0.42, y, middle + half * 0.42, y);
  x.lineWidth = 1;
}
function paintFrame(x, layout, scale) {
  x.textAlign = 'right';
  for (const t of scale.ticks) {
    const y = scale.pixel(t);
    x.fillStyle = colour.line;
    x.fillRect(layout.left, y, layout.width, 1);
    x.fillStyle = colour.soft;
    x.fillText(numberText(t), layout.left - 7, y);
  }
  x.textAlign = 'center';
  const {axis, column, left, top, tall, width} = layout, every = Math.ceil(axis.values.length * 34 / width);
  for (let place = 0; place < axis.values.length; place += every) {
    const text = clipTo(x, axis.values[axis.sorted[place]], column * every - 4);
    x.fillText(text, left + (place + 0.5) * column, top + tall + 14);
  }
  x.fillStyle = colour.ink;
  x.fillText(clipTo(x, axis.key, width), left + width / 2, top + tall + 33);
}
function computeGroups() {
  groups = [];
  if (!axes.length) return;
  const axis = axes[view.x], v = fields[view.y].v, n = groupCount();
  const groupOf = run => {
    const g = colourOf(run);
    return axis.of[run] < 0 || g < 0 || !canShow(v[run]) ? -1 : axis.place[axis.of[run]] * n + g;
  };
  groupStatistics(axis.values.length * n, v, groupOf).forEach((s, k) => {
    if (s) groups.push({place: Math.floor(k / n), colour: k % n, ...s});
  });
}
const scatter = chart('scatter', w => w < 600 ? 320 : 400, (x, w, tall) => {
  points = null;
  computeGroups();
  if (!axes.length) return say(x, 'Nothing was swept: see the runs below.');
  const field = fields[view.y], layout = makeLayout(w, tall), scale = makeScale(field.v, layout.top, layout.tall);
  $('scatter').setAttribute(
      'aria-label',
      clipped(field.key, 60) + ' against ' + clipped(layout.axis.key, 60) + ', ' + int(count) +
          ' runs; the numbers are below');
  if (!scale) return say(x, 'None of the selected runs has this field.');
  paintFrame(x, layout, scale);
  paintPoints(x, field.v, layout, scale);
  for (const s of groups) paintGroup(x, s, layout, scale);
});
function pointAt(px, py) {
  let nearest = 100, found = -1;
  for (let k = 0; points && k < count; k++) {
    const dx = points.x[k] - px, dy = points.y[k] - py, distance = dx * dx + dy * dy;
    if (distance < nearest) {
      nearest = distance;
      found = shown[k];
    }
  }
  return found;
}

function groupName(g) {
  const axis = axes[view.by], name = line(axis.values[axis.sorted[g]]).slice(0, 40);
  return name + (g === MOST_COLOURS - 1 && axis.values.length > MOST_COLOURS ? ' and more' : '');
}
function paintLegend() {
  const entry = (_, g) => {
    const dot = h('span', {class: 'dot'});
    dot.style.background = colour.groups[g];
    return h('span', {class: 'small'}, dot, ' ' + groupName(g) + '  ');
  };
  fill($('legend'), view.by < 0 ? [] : Array.from({length: groupCount()}, entry));
  $('spreadnote').textContent = 'Each point is a run, every cycle its own; thick line: ' +
      (view.median ? 'median; box: from the lower to the upper quartile.' : 'mean; box: ± one standard deviation.');
}
function paintNumbers() {
  if (!$('nums').open || !axes.length) return;
  computeGroups();
  const axis = axes[view.x], by = view.by < 0 ? [] : [axes[view.by].key];
  const head = [axis.key, ...by, 'runs', 'mean', 'sd', 'min', 'lower quartile', 'median', 'upper quartile', 'max'];
  const row = s =>
      h('tr', {}, h('td', {}, line(axis.values[axis.sorted[s.place]])),
        by.length ? h('td', {}, groupName(s.colour)) : null,
        [int(s.n), ...[s.mean, s.sd, s.low, s.q1, s.median, s.q3, s.high].map(numberText)].map(
            text => h('td', {class: 'r'}, text)));
  const most = 300, cut = groups.length > most ? 'The first ' + most + ' of ' + int(groups.length) + '.' : null;
  fill(
      $('numbody'),
      h('table', {class: 'kv'},
        h('tr', {}, head.map((text, k) => h('th', {class: k > by.length ? 'r' : ''}, line(text)))),
        groups.slice(0, most).map(row)),
      cut);
}
// Which axes explain the field: buttons that choose one. Gives the best.
function paintExplained() {
  const v = fields[view.y].v, {n, shares} = explainedByAxes(v), spread = cycleSpread(v);
  const chip = ({a, share}) =>
      h('button', {
        class: 'chip small',
        type: 'button',
        'aria-pressed': view.x === a,
        onclick: () => {
          view.x = a;
          $('x').value = a;
          showResults();
        },
      },
        clipped(axes[a].key, 60), h('b', {class: 'num'}, percent(share)));
  const noise = isKnown(spread) ? h('span', {class: 'soft small'},
                                    'cycles of a configuration differ by ' + percent(spread) + ' (median, sd / mean)') :
                                  null;
  const told = n > 2 && axes.length;
  fill(
      $('explain'),
      told ? [h('span', {class: 'soft small'}, 'Spread explained by'), shares.map(chip), noise].flat() : []);
  return shares.length ? shares[0].a : 0;
}
function showResults() {
  paintExplained();
  paintLegend();
  paintNumbers();
  paintHead();
  sortRows();
  paintRows(true);
  redraw();
  saveAddress();
}
