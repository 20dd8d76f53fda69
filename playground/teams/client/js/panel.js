// The panel's page: plain words for each fault, and the state as the server last told it.

import { h } from './dom.js';
import { FAULTS } from './faults.js';

const RISKS = ['none', 'low', 'medium', 'high', 'compromised'];
const STEPS = [['10 minutes', 600], ['1 hour', 3600], ['1 day', 86400]];
const PLACES = { graph: 'Graph', entra: 'Entra', connector: 'Teams connector', verified: 'Verified ID', teams: 'Deliveries to the bot' };

const at = (id) => document.getElementById(id);
let offset = 0;

async function call(method, path, body) {
  const options = { method, signal: AbortSignal.timeout(90000) };
  if (body) Object.assign(options, { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
  try {
    const response = await fetch(`/panel/api/${path}`, options);
    const answer = await response.json();
    if (!response.ok) throw new Error(answer.error);
    at('wrong').hidden = true;
    render(answer);
  } catch (error) {
    at('wrong').textContent = error.message;
    at('wrong').hidden = false;
  }
}

const post = (path, body) => call('POST', path, body);
const button = (text, onclick, look = '') => h('button', { type: 'button', class: look, onclick }, text);

function fixed() {
  at('clock').append(
    ...STEPS.map(([label, seconds]) => button(`+ ${label}`, () => post('clock', { advance_seconds: seconds }))),
    button('Real time', () => post('clock', { reset: true })),
  );
  at('faults').append(...FAULTS.map(([title, about, fault]) =>
    h('button', { type: 'button', onclick: () => post('faults', fault) }, h('strong', {}, title), h('span', {}, about))));
  at('clear').addEventListener('click', () => call('DELETE', 'faults'));
  for (const [label, ring] of [['Entra', 'entra'], ['Bot Framework', 'botframework']]) {
    at('keys').append(
      button(`New ${label} key`, () => post('keys/roll', { ring })),
      button(`New ${label} key, old one gone`, () => post('keys/roll', { ring, keep_old: false }), 'danger'),
    );
  }
}

function render(state) {
  offset = new Date(state.now) - Date.now();
  at('offset').textContent = Math.abs(state.offset) < 1 ? '' : `${ahead(state.offset)} ahead of real time`;
  tick();
  at('replicas').replaceChildren(...(state.replicas.length ? state.replicas.map(replica) : [none('The bot runs elsewhere.')]));
  at('live').replaceChildren(...(state.faults.length ? state.faults.map(live) : [none('Everything works.')]));
  habits(state.habits);
  people(state);
}

const none = (text) => h('li', { class: 'none' }, text);

function ahead(seconds) {
  const parts = [['d', 86400], ['h', 3600], ['min', 60]].map(([unit, size], n, all) => {
    const value = Math.floor((n ? seconds % all[n - 1][1] : seconds) / size);
    return value ? `${value} ${unit}` : '';
  });
  return parts.filter(Boolean).join(' ') || `${Math.round(seconds)} s`;
}

function replica({ number, url, running }) {
  const change = running
    ? button('Crash it', () => post('replicas', { number, running: false }), 'danger')
    : button('Start it', () => post('replicas', { number, running: true }));
  return h('li', {}, h('span', { class: running ? 'lamp' : 'lamp off', role: 'img', 'aria-label': running ? 'running' : 'stopped' }), `Process ${number + 1} at ${url}`, change);
}

function live(fault) {
  const words = { slow: `slow by ${fault.seconds} s`, throttle: '429 with Retry-After', throttle_bare: '429', unavailable: 'not reachable', lost: 'answers get lost', duplicate: 'twice', error: `error ${fault.status}` };
  const left = fault.times === null ? 'until cleared' : `${fault.times} more`;
  return h('li', {}, h('span', { class: 'lamp off', 'aria-hidden': 'true' }), `${PLACES[fault.where]}: ${words[fault.kind]}${fault.match ? ` for ${fault.match}` : ''}, ${left}`);
}

function habits({ trigger, patience, relaxed, windows }) {
  const choice = h('select', { onchange: (event) => post('habits', { trigger: event.target.value }) },
    ...[['alternate', 'every other time'], ['always', 'always'], ['never', 'never']].map(([value, label]) => h('option', { value, selected: value === trigger }, label)));
  const wait = h('input', { type: 'number', min: '0.5', max: '60', step: '0.5', value: patience, onchange: (event) => post('habits', { patience: Number(event.target.value) }) });
  const free = h('input', { type: 'checkbox', checked: relaxed, onchange: (event) => post('habits', { relaxed: event.target.checked }) });
  const opens = h('input', { type: 'checkbox', checked: windows, onchange: (event) => post('habits', { windows: event.target.checked }) });
  at('habits').replaceChildren(
    h('label', {}, 'A press says what set it off', choice),
    h('label', {}, 'Seconds Teams waits for an answer', wait),
    h('label', {}, 'No limit on messages per second', free),
    h('label', {}, 'Clients open dialogs and sign-in windows', opens),
  );
}

function people({ people: all, groups }) {
  const head = h('tr', {}, h('th', {}, 'Person'), ...['Account enabled', 'App installed', 'Signs in silently', 'Risk', ...groups.map((group) => group.name)].map((name) => h('th', { class: 'tick' }, name)));
  const box = (person, name, checked, change) => h('td', { class: 'tick' }, h('input', { type: 'checkbox', checked, 'aria-label': `${person.name}: ${name}`, onchange: (event) => change(event.target.checked) }));
  const risk = (person) => h('select', { 'aria-label': `${person.name}: risk`, onchange: (event) => post(`people/${person.key}`, { risk: event.target.value }) },
    ...RISKS.map((value) => h('option', { value, selected: value === person.risk }, value)));
  const row = (person) => h('tr', {},
    h('td', {}, h('strong', {}, person.name), h('span', {}, person.title)),
    box(person, 'account enabled', person.enabled, (on) => post(`people/${person.key}`, { enabled: on })),
    box(person, 'app installed', person.installed, (on) => post('installed', { person: person.key, installed: on })),
    box(person, 'signs in silently', person.silent, (on) => post('silent', { person: person.key, on })),
    h('td', { class: 'tick' }, person.risk === null ? '' : risk(person)),
    ...groups.map((group) => box(person, group.name, person.groups.includes(group.id), (on) => post(`people/${person.key}`, { [on ? 'join' : 'leave']: [group.id] }))));
  at('people').replaceChildren(h('thead', {}, head), h('tbody', {}, ...all.map(row)));
}

function tick() {
  at('now').textContent = new Date(Date.now() + offset).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
}

document.documentElement.dataset.theme = sessionStorage.getItem('theme') || (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');
fixed();
call('GET', 'state');
setInterval(tick, 1000);
setInterval(() => { if (document.visibilityState === 'visible' && !document.activeElement.matches('input,select')) call('GET', 'state'); }, 5000);
