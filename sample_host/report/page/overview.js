// How far the study is.
const totals = [0, 0, 0, 0, 0];
for (let run = 0; run < N; run++) totals[state[run]]++;

function paintOverview() {
  const there = [COMPLETED, FAILED, RUNNING, INTERRUPTED, PENDING].filter(s => totals[s]);
  const part = s => {
    const e = h('i', {class: 'bg-' + LETTERS[s], title: STATES[s] + ': ' + int(totals[s])});
    e.style.flexGrow = totals[s];
    return e;
  };
  const button = s =>
      h('button', {
        class: 'chip',
        type: 'button',
        'aria-pressed': filter.states.has(s),
        'data-state': STATES[s],
        onclick: () => toggle(filter.states, s),
      },
        h('span', {class: 'dot bg-' + LETTERS[s]}), stateText(s), h('b', {class: 'num'}, int(totals[s])),
        h('span', {class: 'soft small'}, percent(totals[s] / N)));
  fill($('bar'), there.map(part));
  $('bar').setAttribute('aria-label', there.map(s => int(totals[s]) + ' ' + STATES[s]).join(', '));
  fill($('counts'), there.length ? there.map(button) : 'The study has no runs yet.');
}

function progressText() {
  let first = Infinity, last = -Infinity;
  for (let run = 0; run < N; run++) {
    if (state[run] > FAILED || !isKnown(start[run])) continue;
    first = Math.min(first, start[run]);
    last = Math.max(last, endOf(run));
  }
  const done = totals[COMPLETED] + totals[FAILED], left = N - done;
  if (!N) return '';
  let text = int(done) + ' of ' + int(N) + ' runs ended in ' + spanText(END);
  if (left && done > 4 && !study.over && last > first) {
    text += '; at this pace about ' + spanText(left * (last - first) / done) + ' to go';
  } else if (left) {
    text += '; ' + int(left) + ' left';
  }
  return text;
}
function paintProgress() {
  $('eta').textContent = progressText();
  fill($('notes'), D.notes.map(note => h('li', {}, line(note))));
}
