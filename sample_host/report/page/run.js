// One run: error, configuration, time, earlier attempts, result beside the other cycles, log, files.
const dialog = $('run');

// {text, size, isWhole}; null where its log isn't in the page.
function logOf(run) {
  const e = $('log-' + Math.floor(run / D.logs.chunk));
  if (!e) return null;
  e.logs = e.logs ||
      new Map(JSON.parse(e.textContent).map(([of, text, size, whole]) => [of, {text, size, isWhole: whole === 1}]));
  return e.logs.get(run) || null;
}

// The names of files in the study's directory; empty where there is none.
const otherResults = new Map(D.files.results.run.map((run, k) => [run, D.files.results.name[k]]));
function stemOf(run) {
  const kind = D.files.kinds[D.files.of[config[run]]];
  if (kind) {
    const [prefix, digits, hasCycle] = kind;
    return prefix + D.configs.hash[config[run]].slice(0, digits) + (hasCycle ? '_c' + cycle[run] : '');
  }
  const result = otherResults.get(run) || '';
  return result.slice(0, Math.max(0, result.lastIndexOf('.')));
}
function resultOf(run) {
  if (state[run] !== COMPLETED) return '';
  return otherResults.has(run) ? otherResults.get(run) : stemOf(run) + '.json';
}
// A name that leads out of the directory, or is more than a name, is shown and leads nowhere.
const isPlainName = name => !/[\/\\\0]/.test(name) && !/^\.*$/.test(name) && !/^[a-z][a-z0-9+.-]*:/i.test(name);
function fileLink(name) {
  if (!isPlainName(name)) return h('span', {}, line(name));
  return h(
      'a', {href: './' + encodeURIComponent(name.replace(/[\ud800-\udfff]/gu, '\ufffd')), rel: 'noreferrer'},
      line(name));
}
function fileList(run) {
  const names = [resultOf(run), D.logs.there[run] === '1' ? stemOf(run) + '.log' : ''].filter(Boolean);
  if (!names.length) return null;
  return h(
      'p', {class: 'small'}, 'In the study directory, beside this page if it is there: ',
      names.flatMap((name, k) => [k ? ', ' : null, fileLink(name)]));
}

function pairs(list) {
  return h(
      'table', {class: 'kv'},
      list.map(([name, value]) => h('tr', {}, h('th', {scope: 'row'}, line(name)), h('td', {}, line(value)))));
}
function errorPart(run) {
  if (errorOf[run] < 0) return null;
  return [h('h3', {}, line(D.errors.types[errorOf[run]])), h('pre', {id: 'errortext'}, visible(errorText.get(run)))];
}
function configurationPart(run) {
  return [
    h('h3', {}, 'Configuration'),
    pairs([...dims.map(d => [d.key, valueText(d, run)]), ['config hash', D.configs.hash[config[run]]]]),
    D.fixed.length ? h('details', {}, h('summary', {}, 'the same in all runs'), pairs(D.fixed)) : null,
  ];
}
function timePart(run) {
  const known = [
    ['started', isKnown(start[run]) ? dateText(start[run]) : '–'],
    ['duration', spanText(duration[run])],
  ];
  if (slot[run] >= 0) known.push(['slot', String(slot[run])]);
  const tries = [];
  D.attempts.run.forEach((of, k) => {
    if (of === run) tries.push(N + k);
  });
  const told = bar =>
      [dateText(start[bar]),
       stateText(state[bar]) + ' after ' + spanText(duration[bar]) + (slot[bar] >= 0 ? ', slot ' + slot[bar] : '')];
  return [
    h('h3', {}, 'Time'),
    pairs(known),
    tries.length ? [h('h3', {}, 'Earlier attempts'), pairs(tries.map(told))] : null,
  ].flat();
}
function resultPart(run) {
  const heading = h('h3', {}, 'Result, beside the other cycles');
  if (state[run] !== COMPLETED) return [heading, h('p', {class: 'soft small'}, 'no result')];
  const cycles = [];
  for (let k = 0; k < N; k++)
    if (config[k] === config[run]) cycles.push(k);
  const row = (key, textOf) =>
      h('tr', {}, h('th', {scope: 'row'}, line(key)),
        cycles.map(k => h('td', {class: 'r'}, k === run ? h('b', {}, textOf(k)) : textOf(k))));
  return [
    heading,
    h('table', {class: 'kv', id: 'result'},
      h('tr', {}, h('th', {}, ''),
        cycles.map(k => h('th', {class: 'r'}, (k === run ? '▸ ' : '') + 'cycle ' + cycle[k]))),
      fields.map(f => row(f.key, k => fieldText(f, k))),
      texts.map(t => row(t.key, k => t.of[k] < 0 ? '–' : clipped(t.values[t.of[k]], 60)))),
  ];
}
function logPart(run) {
  const log = logOf(run);
  if (log === null) {
    return [
      h('h3', {}, 'Log'), h('p', {class: 'soft small'}, D.logs.there[run] === '1' ? 'not kept in this page' : 'none')
    ];
  }
  const note = log.isWhole ? '' : ', its end: ' + int(log.text.length) + ' characters of ' + int(log.size) + ' bytes';
  return [h('h3', {}, 'Log' + note), h('pre', {id: 'logtext'}, visible(log.text))];
}

// The run that stands so many rows further down in the table; nothing where there is none.
function goBy(by) {
  const at = rows.indexOf(view.run);
  if (at < 0 || at + by < 0 || at + by >= rows.length) return;
  cursor = at + by;
  paintRows(false);
  openRun(rows[cursor]);
}
function openRun(run, isQuiet) {
  view.run = run;
  const at = rows.indexOf(run);
  const button = (text, name, isOff, onclick) =>
      h('button', {class: 'plain', type: 'button', disabled: isOff, onclick, 'aria-label': name}, text);
  fill(
      dialog,
      h('div', {class: 'dhead'},
        h('div', {},
          h('h2', {}, h('span', {class: 'dot bg-' + LETTERS[state[run]]}),
            ' ' + stateText(state[run]) + ', cycle ' + cycle[run]),
          h('div', {class: 'small soft'}, clipped(summaryText(run), 400))),
        h('div', {class: 'tools'}, button('↑', 'previous run', at <= 0, () => goBy(-1)),
          button('↓', 'next run', at < 0 || at >= rows.length - 1, () => goBy(1)),
          button('✕', 'close', false, () => dialog.close()))),
      h('div', {class: 'dbody'}, errorPart(run), configurationPart(run), timePart(run), resultPart(run), logPart(run),
        fileList(run)));
  if (!dialog.open) dialog.showModal();
  if (!dialog.contains(document.activeElement)) dialog.focus();  // what had the focus is gone
  dialog.scrollTop = 0;
  if ($('logtext')) $('logtext').scrollTop = 1e9;
  if (!isQuiet) saveAddress();
}
dialog.addEventListener('close', () => {
  view.run = -1;
  saveAddress();
});
dialog.addEventListener('keydown', event => {
  const by = {j: 1, k: -1}[event.key];
  if (by && !event.ctrlKey && !event.metaKey && !event.altKey) goBy(by);
});
dialog.addEventListener('click', event => {
  if (event.target === dialog) dialog.close();
});
