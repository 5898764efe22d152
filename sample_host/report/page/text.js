// Texts as a person reads them, and elements made of them: nothing that comes from the study is ever markup.
const CONTROLS =
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
const codeOf = c => '⟨' + c.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0') + '⟩';
const visible = text => String(text).replace(CONTROLS, codeOf);
const line = text => visible(String(text).replace(/[\n\t]+/g, ' '));
const clipped = (text, most) => {
  const shown = line(text);
  return shown.length > most ? shown.slice(0, most - 1) + '…' : shown;
};

// An element; of `props`, `class`, listeners (`onclick`) and attributes.
function h(tag, props, ...children) {
  const e = document.createElement(tag);
  for (const [name, value] of Object.entries(props || {})) {
    if (name === 'class') {
      e.className = value;
    } else if (name.startsWith('on')) {
      e.addEventListener(name.slice(2), value);
    } else if (value === true) {
      e.setAttribute(name, '');
    } else if (value !== false && value !== null && value !== undefined) {
      e.setAttribute(name, value);
    }
  }
  for (const child of children.flat()) {
    if (child !== null && child !== undefined && child !== false) e.append(child);
  }
  return e;
}
function fill(e, ...children) {
  e.textContent = '';
  e.append(...children.flat().filter(Boolean));
}

const int = n => n.toLocaleString('en-US');
const percent = x => (x > 0 && x < 0.001 ? '<0.1' : (100 * x).toFixed(x < 0.0995 ? 1 : 0)) + ' %';
function numberText(x) {
  if (!isKnown(x)) return '–';
  const size = Math.abs(x);
  if (size >= 1e6 || (x !== 0 && size < 1e-3)) return x.toExponential(3);
  return size >= 1000 ? Math.round(x).toLocaleString('en-US') : String(+x.toPrecision(4));
}
const fieldText = (field, run) =>
    field.isBoolean && isKnown(field.v[run]) ? String(field.v[run] === 1) : numberText(field.v[run]);
function spanText(ms) {
  if (!isKnown(ms)) return '–';
  const s = ms / 1000;
  if (s < 1) return Math.round(ms) + ' ms';
  if (s < 60) return s.toFixed(s < 10 ? 2 : 1) + ' s';
  const minutes = Math.floor(s / 60);
  if (minutes < 60) return minutes + ' min ' + Math.floor(s % 60) + ' s';
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return hours + ' h ' + (minutes % 60) + ' min';
  return Math.floor(hours / 24) + ' d ' + (hours % 24) + ' h';
}
// Time since the study began, as on a clock.
function clockText(ms, isExact) {
  const s = Math.floor(Math.abs(ms) / 1000), two = n => String(n).padStart(2, '0');
  const seconds = isExact || END < 6 * 3.6e6 || s % 60 ? ':' + two(s % 60) : '';
  return (ms < 0 ? '-' : '') + Math.floor(s / 3600) + ':' + two(Math.floor(s / 60) % 60) + seconds;
}
const dateText = ms => new Date(study.started_ms + ms).toISOString().slice(0, 19).replace('T', ' ') + ' UTC';
const stateText = s => GLYPHS[s] + ' ' + STATES[s];
const valueText = (axis, run) => axis.of[run] < 0 ? '–' : String(axis.values[axis.of[run]]);
const summaryText = run => dims.map(d => d.key + '=' + valueText(d, run)).join(', ');
