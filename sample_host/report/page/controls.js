// What a person can do with mouse and keys; theme and print.
const option = (value, text) => h('option', {value}, clipped(text, 60));
$('y').append(...fields.map((f, k) => option(k, f.key)));
$('x').append(...axes.map((axis, k) => option(k, axis.key)));
$('by').append(option(-1, 'nothing'), ...axes.map((axis, k) => option(k, axis.key)));
for (const id of ['y', 'x', 'by']) {
  $(id).addEventListener('change', () => {
    view[id] = +$(id).value;
    showResults();
  });
}
$('log').addEventListener('change', () => {
  view.log = $('log').checked;
  showResults();
});
$('stat').addEventListener('change', () => {
  view.median = $('stat').value === 'median';
  showResults();
});
$('nums').addEventListener('toggle', () => {
  paintNumbers();
  saveAddress();
});
let typing = 0;
$('q').addEventListener('input', () => {
  clearTimeout(typing);
  typing = setTimeout(() => {
    filter.text = $('q').value;
    update();
  }, N > 3e4 ? 120 : 40);
});
$('failonly').addEventListener('click', () => {
  filter.states = new Set([FAILED]);
  update();
});

// What is under the pointer, in lines.
function tellOfBar(bar) {
  const run = runOf(bar), told = [];
  if (bar !== run) told.push('earlier attempt, ' + stateText(state[bar]) + ', ' + spanText(duration[bar]));
  told.push(
      (bar !== run ? 'now ' : '') + stateText(state[run]) + ', cycle ' + cycle[run] + ', ' + spanText(duration[run]));
  told.push(summaryText(run).slice(0, 300));
  if (errorOf[run] >= 0) told.push(D.errors.types[errorOf[run]]);
  return told;
}
function onHover(canvas, find, tell) {
  const tip = $('tip');
  let at = -1;
  const hide = () => {
    tip.style.display = 'none';
  };
  canvas.addEventListener('pointermove', event => {
    const box = canvas.getBoundingClientRect();
    at = drag ? -1 : find(event.clientX - box.left, event.clientY - box.top);
    canvas.style.cursor = at >= 0 ? 'pointer' : 'crosshair';
    if (at < 0) return hide();
    tip.textContent = tell(at).map(line).join('\n');
    tip.style.display = 'block';
    tip.style.left = Math.min(event.clientX + 14, innerWidth - tip.offsetWidth - 8) + 'px';
    tip.style.top = Math.min(event.clientY + 14, innerHeight - tip.offsetHeight - 8) + 'px';
  });
  canvas.addEventListener('pointerleave', hide);
  canvas.addEventListener('click', () => {
    if (at < 0) return;
    hide();
    openRun(runOf(at));
  });
}
onHover(
    $('gantt'), barAt,
    bar => [...tellOfBar(bar), (slotsAreKnown ? 'slot ' + lane[bar] + ', ' : '') + dateText(start[bar])]);
onHover($('scatter'), pointAt, run => [fields[view.y].key + ' ' + fieldText(fields[view.y], run), ...tellOfBar(run)]);

const gantt = $('gantt');
const timeAt = px => view.from + (px - GUTTER) / (gantt.clientWidth - GUTTER) * (view.to - view.from);
const acrossGantt = event => event.clientX - gantt.getBoundingClientRect().left;
gantt.addEventListener('pointerdown', event => {
  if (event.pointerType !== 'mouse' || event.button !== 0) return;
  drag = {a: acrossGantt(event), b: acrossGantt(event)};
  gantt.setPointerCapture(event.pointerId);
});
gantt.addEventListener('pointermove', event => {
  if (!drag) return;
  drag.b = acrossGantt(event);
  redraw(timeline);
});
gantt.addEventListener('pointerup', () => {
  if (!drag) return;
  const [a, b] = [drag.a, drag.b].sort((p, q) => p - q);
  drag = null;
  if (b - a <= 6) return redraw(timeline);
  zoom(timeAt(a), timeAt(b));
  // The click that follows is the end of the drag.
  const swallow = event => event.stopImmediatePropagation();
  gantt.addEventListener('click', swallow, {once: true, capture: true});
  setTimeout(() => gantt.removeEventListener('click', swallow, {capture: true}));
});
gantt.addEventListener('pointercancel', () => {
  drag = null;
  redraw(timeline);
});
gantt.addEventListener('dblclick', () => zoom(BEGIN, END));
gantt.addEventListener('wheel', event => {
  if (!event.ctrlKey) return;
  event.preventDefault();
  const middle = timeAt(acrossGantt(event)), factor = event.deltaY > 0 ? 1.25 : 0.8;
  zoom(middle - (middle - view.from) * factor, middle + (view.to - middle) * factor);
}, {passive: false});
gantt.addEventListener('keydown', event => {
  const quarter = (view.to - view.from) / 4;
  const act = new Map([
                ['+', () => zoomBy(0.5)],
                ['-', () => zoomBy(2)],
                ['0', () => zoom(BEGIN, END)],
                ['ArrowLeft', () => zoom(view.from - quarter, view.to - quarter)],
                ['ArrowRight', () => zoom(view.from + quarter, view.to + quarter)],
              ]).get(event.key);
  if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  act();
});
$('zin').addEventListener('click', () => zoomBy(0.5));
$('zout').addEventListener('click', () => zoomBy(2));
$('zall').addEventListener('click', () => zoom(BEGIN, END));

document.addEventListener('keydown', event => {
  if (event.ctrlKey || event.metaKey || event.altKey || dialog.open) return;
  if (/^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) {
    if (event.key === 'Escape' && event.target.id === 'q') clearFilter();
  } else if (event.key === '/') {
    event.preventDefault();
    $('q').focus();
  } else if (event.key === 'f') {
    filter.states = filter.states.has(FAILED) ? new Set() : new Set([FAILED]);
    update();
  } else if (event.key === 'Escape') {
    clearFilter();
  } else if (event.key === 't') {
    nextTheme();
  }
});

const THEMES = [['auto', '◐ auto'], ['light', '☀ light'], ['dark', '☾ dark']];
let theme = 0;
function setTheme() {
  const [name, text] = THEMES[theme];
  if (theme)
    document.documentElement.dataset.theme = name;
  else
    delete document.documentElement.dataset.theme;
  $('theme').textContent = text;
  readColours();
  redraw();
}
function nextTheme() {
  theme = (theme + 1) % THEMES.length;
  setTheme();
}
$('theme').addEventListener('click', nextTheme);
matchMedia('(prefers-color-scheme:dark)').addEventListener('change', () => {
  readColours();
  redraw();
});

// On paper there is no scrolling: the failed runs, else the first ones.
function printTable() {
  const failed = rows.filter(run => state[run] === FAILED).slice(0, 60);
  const others = rows.filter(run => state[run] !== FAILED).slice(0, Math.max(0, 40 - failed.length));
  const list = [...failed, ...others];
  const wanted = columns.filter(c => c.dim || ['state', 'cycle', 'duration', 'error'].includes(c.title));
  const title = failed.length ? 'Failed runs: ' + int(failed.length) + ' of ' + int(counts[FAILED]) :
                                'Runs: ' + int(list.length) + ' of ' + int(rows.length);
  const row = run => h('tr', {}, wanted.map(c => h('td', {}, clipped(c.text(run), c.dim ? 30 : 110))));
  fill(
      $('print'), h('h2', {}, title),
      h('table', {}, h('tr', {}, wanted.map(c => h('th', {}, line(titleOf(c))))), list.map(row)));
}
addEventListener('beforeprint', () => {
  printTable();
  // `beforeprint` still computes the screen's colours, so the theme comes first.
  document.documentElement.dataset.theme = 'light';
  isPrinting = true;
  readColours();
  for (const c of charts) c.paint();
  isPrinting = false;
});
addEventListener('afterprint', () => {
  fill($('print'));
  setTheme();
});
addEventListener('hashchange', loadAddress);
