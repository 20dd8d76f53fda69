// Adaptive Cards by the official renderer; what a press does is decided in presses.js.

import { badge } from './badge.js';
import { h, icon } from './dom.js';
import { hostConfig } from './hosts.js';
import { markdown } from './markdown.js';
import { persona } from './persona.js';
import { state } from './state.js';
import { w } from './words.js';

export const ADAPTIVE = 'application/vnd.microsoft.card.adaptive';
export const OAUTH = 'application/vnd.microsoft.card.oauth';

let prepared = false;

function prepare() {
  if (prepared) return;
  prepared = true;
  AdaptiveCards.AdaptiveCard.onProcessMarkdown = (text, result) => {
    result.outputHtml = markdown(text);
    result.didProcess = true;
  };
  AdaptiveCards.GlobalSettings.setTabIndexAtCardRoot = false;
  badge();
  persona();
}

// The action as it goes over the wire: inputs are merged into `data` by the renderer when it was pressed.
function wire(action) {
  const type = action.getJsonTypeName();
  if (type === 'Action.OpenUrl') return { type, title: action.title, url: action.url };
  return { type, title: action.title, id: action.id, verb: action.verb, data: action.data };
}

// A picker of people searches the tenant; here everybody fits into one list that narrows as one types.
function withPeople(node) {
  if (Array.isArray(node)) return node.map(withPeople);
  if (!node || typeof node !== 'object') return node;
  const copy = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, withPeople(value)]));
  if (copy['choices.data']?.dataset !== 'graph.microsoft.com/users') return copy;
  delete copy['choices.data'];
  const people = [...state.people.values()].filter((one) => one.id && one.key !== 'bot');
  return { ...copy, style: 'filtered', choices: people.map((one) => ({ title: `${one.name}, ${one.title}`, value: one.id })) };
}

function draw(content, onAction) {
  const card = new AdaptiveCards.AdaptiveCard();
  card.hostConfig = hostConfig(state.theme);
  card.onExecuteAction = (action) => onAction(wire(action));
  // The renderer keeps a global expression for `lang`, which would pass over every second card.
  AdaptiveCards.CardElement.langProperty.regEx.lastIndex = 0;
  card.parse(withPeople(content));
  return card.render();
}

// Renders into a frame with a line for news under it; `onAction(action, frame)` may use the line.
export function adaptive(content, onAction) {
  prepare();
  const frame = h('div', { class: 'card' });
  try {
    const drawn = draw(content, (action) => onAction(action, frame));
    frame.append(drawn || h('p', { class: 'unknown' }, w('unsupported')));
  } catch (error) {
    console.error('A card could not be drawn', error);
    frame.append(h('p', { class: 'unknown' }, w('unsupported')));
  }
  for (const button of frame.querySelectorAll('button.ac-pushButton')) button.setAttribute('type', 'button');
  return frame;
}

export function busy(frame, on) {
  frame.setAttribute('aria-busy', on ? 'true' : 'false');
  for (const button of frame.querySelectorAll('.ac-pushButton')) button.disabled = on;
}

// kind: bad, good or note; an empty text takes the line away.
export function status(frame, kind, text) {
  frame.querySelector(':scope > .card-status')?.remove();
  if (!text) return;
  const role = kind === 'bad' ? 'alert' : 'status';
  frame.append(h('div', { class: `card-status ${kind}`, role }, icon(kind === 'bad' ? 'error' : 'good'), h('span', {}, text)));
}
