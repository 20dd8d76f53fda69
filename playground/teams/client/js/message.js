// One message as an element; its cards are kept as they are as long as what they show has not changed.

import { ADAPTIVE, OAUTH, adaptive } from './cards.js';
import { avatar, h, icon } from './dom.js';
import { markdown, sanitized } from './markdown.js';
import { press } from './presses.js';
import { heroCard, oauthCard } from './signin.js';
import { person, state } from './state.js';
import { full, time, w } from './words.js';

const HERO = ['application/vnd.microsoft.card.hero', 'application/vnd.microsoft.card.signin', 'application/vnd.microsoft.card.thumbnail'];

function words(message) {
  const bubble = h('div', { class: 'bubble' });
  if (message.deleted) bubble.append(w('deleted'));
  else if (message.sender !== 'bot' || message.format === 'plain') {
    message.text.split(/(@Vouchsafe\b)/i).forEach((part, n) => bubble.append(n % 2 ? h('span', { class: 'at' }, 'Vouchsafe') : part));
    bubble.style.whiteSpace = 'pre-wrap';
  } else if (message.format === 'xml') bubble.append(sanitized(message.text));
  else bubble.innerHTML = markdown(message.text);
  return bubble;
}

function attachment(message, item, say) {
  if (item.contentType === ADAPTIVE) return adaptive(item.content, (action, frame) => press(message.id, action, frame));
  if (item.contentType === OAUTH) return oauthCard(message, item.content);
  if (HERO.includes(item.contentType)) return heroCard(message, item.content, say);
  return h('div', { class: 'card' }, h('p', { class: 'unknown' }, w('unsupported')));
}

function cards(message, before, say) {
  const key = JSON.stringify([message.attachments, message.attachments.some((a) => a.contentType === OAUTH) && message.signin]);
  if (before?.cardKey === key) return { cardKey: key, cards: before.cards };
  return { cardKey: key, cards: message.attachments.map((item) => attachment(message, item, say)) };
}

function meta(message, sender) {
  const stamp = h('time', { class: 'time', datetime: message.at, title: full(message.at) }, time(message.at));
  const app = message.sender === 'bot' && h('span', { class: 'app' }, w('bot'));
  return h('div', { class: 'meta' }, h('span', { class: 'who' }, sender.name), app, stamp, message.edited && h('span', { class: 'edited' }, w('edited')));
}

// Returns {element, cardKey, cards}; `before` is what an earlier call returned for the same message.
export function draw(message, { before, follows, say, edit }) {
  const sender = person(message.sender);
  const mine = message.sender === state.me.key;
  const made = message.deleted ? { cards: [] } : cards(message, before, say);
  const body = h('div', { class: 'body' }, meta(message, sender));
  if (message.text || message.deleted) body.append(words(message));
  body.append(...made.cards);
  const look = ['message', mine && 'mine', follows && 'follows', message.deleted && 'deleted'].filter(Boolean).join(' ');
  const element = h('article', {
    class: look,
    'data-testid': 'message',
    'data-id': message.id,
    'data-sender': message.sender,
    tabindex: '-1',
    'aria-label': `${sender.name}, ${time(message.at)}`,
  }, avatar(sender), body);
  if (mine && !message.deleted) {
    const button = h('button', { type: 'button', 'aria-label': w('edit'), title: w('edit'), onclick: () => edit(message) }, icon('edit'));
    element.append(h('div', { class: 'tools' }, button));
  }
  return { element, ...made };
}
