// The table of runs: of hundreds of thousands, only the rows in sight exist.
const ROW_HEIGHT = 30, HEAD_HEIGHT = 36;
const MOST_HEIGHT = 8e6;  // of an element; beyond, scrolling is proportional
const tableField = () => fields[view.y || Math.min(1, fields.length - 1)];
const STATE_ORDER = [2, 0, 1, 3, 4];

const columns = [
  {
    title: 'state',
    width: '118px',
    text: run => stateText(state[run]),
    key: run => STATE_ORDER[state[run]],
    cellClass: run => state[run] === FAILED ? 'fg-f' : '',
  },
  ...dims.map(d => ({
                title: d.key,
                isRight: d.isNumber,
                text: run => valueText(d, run),
                key: run => d.of[run] < 0 ? NaN : d.place[d.of[run]],
                dim: d,
              })),
  {title: 'cycle', width: '62px', isRight: true, text: run => String(cycle[run]), key: run => cycle[run]},
  {
    title: 'start',
    width: '84px',
    isRight: true,
    text: run => isKnown(start[run]) ? clockText(start[run], true) : '–',
    key: run => start[run],
  },
  {
    title: 'duration',
    width: '98px',
    isRight: true,
    text: run => spanText(duration[run]),
    key: run => duration[run],
  },
  {
    title: () => tableField().key,
    width: '128px',
    isRight: true,
    text: run => fieldText(tableField(), run),
    key: run => tableField().v[run],
  },
  {
    title: 'error',
    width: 'minmax(320px,1fr)',
    text: run => errorOf[run] < 0 ? '' : D.errors.types[errorOf[run]] + ': ' + errorText.get(run).slice(0, 160),
    key: run => errorOf[run] < 0 ? NaN : errorOf[run],
  },
];
const titleOf = c => typeof c.title === 'function' ? c.title() : c.title;
// In an address: a dimension may be called like a column.
const columnName = c => typeof c.title === 'function' ? 'field' : c.dim ? c.dim.name : c.title;

const measure = document.createElement('canvas').getContext('2d');
measure.font = '13.5px system-ui,"DejaVu Sans",sans-serif';
for (const c of columns) {
  if (!c.dim) continue;
  const widths = [c.dim.key + ' ▴', ...c.dim.values.slice(0, 200)].map(
      value => measure.measureText(line(value).slice(0, 60)).width);
  c.width = Math.round(Math.max(70, Math.min(240, 18 + Math.max(...widths)))) + 'px';
}

const grid = $('grid'), body = $('rows'), pool = [];
let cursor = 0;

function sortBy(k) {
  if (view.sort !== k) {
    view.sort = k;
    view.descending = false;
  } else if (view.descending) {
    view.sort = -1;
    view.descending = false;
  } else {
    view.descending = true;
  }
  sortRows();
  paintHead();
  paintRows(true);
  saveAddress();
}
function paintHead() {
  const style = document.documentElement.style, least = c => parseInt(c.width.replace('minmax(', ''), 10);
  style.setProperty('--cols', columns.map(c => c.width).join(' '));
  style.setProperty('--tw', columns.reduce((sum, c) => sum + least(c), 0) + 'px');
  const heading = (c, k) => {
    const isSorted = view.sort === k;
    return h(
        'button', {
          type: 'button',
          role: 'columnheader',
          class: c.isRight ? 'r' : '',
          'aria-sort': isSorted ? view.descending ? 'descending' : 'ascending' : 'none',
          onclick: () => sortBy(k),
        },
        line(titleOf(c)) + (isSorted ? view.descending ? ' ▾' : ' ▴' : ''));
  };
  fill($('ghead'), columns.map(heading));
}
function makeRow() {
  const e =
      h('div', {class: 'grow', role: 'row'},
        columns.map(c => h('span', {role: 'cell', class: c.isRight ? 'r num' : ''})));
  e.addEventListener('click', () => {
    cursor = e.at;
    openRun(rows[e.at]);
  });
  body.append(e);
  return e;
}
function paintRow(e, at, top) {
  const run = rows[at];
  e.hidden = false;
  e.at = at;
  e.style.transform = 'translateY(' + top + 'px)';
  e.setAttribute('aria-rowindex', at + 2);
  e.setAttribute('aria-selected', at === cursor);
  columns.forEach((c, k) => {
    const text = line(c.text(run)), cell = e.children[k];
    if (cell.textContent !== text) {
      cell.textContent = text;
      cell.title = text.length > 12 ? text : '';
    }
    if (c.cellClass) cell.className = c.cellClass(run);
  });
}
function paintRows(toTop) {
  if (toTop) grid.scrollTop = 0;
  const full = rows.length * ROW_HEIGHT, height = Math.min(full, MOST_HEIGHT), seen = grid.clientHeight;
  body.style.height = height + 'px';
  const part = height > seen ? grid.scrollTop / (height - seen) : 0, isProportional = full > MOST_HEIGHT;
  const top = isProportional ? Math.floor(part * Math.max(0, rows.length - seen / ROW_HEIGHT)) :
                               Math.floor(grid.scrollTop / ROW_HEIGHT);
  const first = Math.max(0, top - 4), last = Math.min(rows.length, top + Math.ceil(seen / ROW_HEIGHT) + 6);
  const base = isProportional ? grid.scrollTop - (top - first) * ROW_HEIGHT : first * ROW_HEIGHT;
  for (let k = 0; k < Math.max(last - first, pool.length); k++) {
    if (k >= last - first) {
      pool[k].hidden = true;
      continue;
    }
    pool[k] = pool[k] || makeRow();
    paintRow(pool[k], first + k, base + k * ROW_HEIGHT);
  }
  $('tcount').textContent =
      rows.length === N ? int(N) + (N === 1 ? ' run' : ' runs') : int(rows.length) + ' of ' + int(N) + ' runs';
  grid.setAttribute('aria-rowcount', rows.length + 1);
}
function moveCursor(to) {
  cursor = Math.max(0, Math.min(rows.length - 1, to));
  const y = cursor * ROW_HEIGHT, seen = grid.clientHeight;
  if (rows.length * ROW_HEIGHT > MOST_HEIGHT) {
    grid.scrollTop = cursor / rows.length * (MOST_HEIGHT - seen);
  } else if (y < grid.scrollTop) {
    grid.scrollTop = y;
  } else if (y + ROW_HEIGHT + HEAD_HEIGHT > grid.scrollTop + seen) {
    grid.scrollTop = y + ROW_HEIGHT + HEAD_HEIGHT - seen;
  }
  paintRows(false);
}
grid.addEventListener('scroll', () => requestAnimationFrame(() => paintRows(false)), {passive: true});
grid.addEventListener('keydown', event => {
  if (event.target !== grid || event.ctrlKey || event.metaKey || event.altKey) return;
  const page = Math.floor(grid.clientHeight / ROW_HEIGHT) - 2;
  const to = new Map([
               ['ArrowDown', cursor + 1],
               ['j', cursor + 1],
               ['ArrowUp', cursor - 1],
               ['k', cursor - 1],
               ['PageDown', cursor + page],
               ['PageUp', cursor - page],
               ['Home', 0],
               ['End', rows.length],
             ]).get(event.key);
  if (to !== undefined) {
    event.preventDefault();
    moveCursor(to);
  } else if (event.key === 'Enter' && rows.length) {
    openRun(rows[cursor]);
  }
});
