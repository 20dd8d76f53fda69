// The open chat: its messages as they come, change and go.

import { get, post } from './api.js';
import { announce, avatar, h, icon } from './dom.js';
import { draw } from './message.js';
import { exchange } from './signin.js';
import { now, person, state } from './state.js';
import { steadily } from './steady.js';
import { day, w } from './words.js';

const CLOSE = 4 * 60 * 1000;
const TYPING = 4000;

let drawn = new Map();
let stream;
let say = () => {};
let edit = () => {};
let reply = () => {};
let typing;

export function connect(handlers) {
  ({ say, edit, reply } = handlers);
}

let meanwhile = null; // what is heard while a chat is being loaded

export async function load() {
  meanwhile = [];
  const messages = await get('messages', { chat: state.current.id });
  state.messages = new Map(messages.map((message) => [message.id, message]));
  for (const message of meanwhile || []) {
    const known = state.messages.get(message.id);
    if (message.chat === state.current.id && !(known?.version > message.version)) state.messages.set(message.id, message);
  }
  meanwhile = null;
  drawn = new Map();
  render(true);
}

export function build() {
  stream = h('div', { class: 'stream', tabindex: '-1', role: 'log', 'aria-label': state.current.name });
  return [head(), stream];
}

function head() {
  const chat = state.current;
  const open = () => document.body.classList.toggle('list-open');
  const burger = h('button', { class: 'burger', type: 'button', 'aria-label': w('showList'), onclick: open }, icon('menu'));
  const about = chat.kind === 'channel' ? `Contoso · ${chat.members.length} ${w('members')}` : chat.kind === 'groupChat' ? chat.members.map((key) => person(key).name).concat('Vouchsafe').join(', ') : '';
  const face = chat.kind === 'personal' ? avatar(person('bot')) : h('span', { class: 'avatar', style: 'background:var(--soft)' }, icon(chat.kind === 'channel' ? 'hash' : 'group'));
  const privacy = chat.kind === 'personal' && h('div', { class: 'privacy' }, icon('lock'), h('span', {}, w('private')));
  return h('div', { class: 'pane-head' }, burger, face, h('div', {}, h('h1', {}, chat.name), about && h('div', { class: 'about' }, about)), privacy);
}

export function take(message) {
  meanwhile?.push(message);
  const fresh = !state.messages.has(message.id);
  const before = state.messages.get(message.id);
  if (before && JSON.stringify(before) === JSON.stringify(message)) return;
  state.messages.set(message.id, message);
  if (message.sender === 'bot') stopTyping();
  const low = stream.scrollHeight - stream.scrollTop - stream.clientHeight < 160;
  render(fresh ? low || message.sender === state.me.key : low);
  if (fresh && message.sender !== state.me.key) announce(`${w('newMessage')} ${person(message.sender).name}: ${message.text || message.summary}`);
}

const render = steadily((toEnd) => {
  const focused = document.activeElement?.closest?.('[data-id]');
  const held = focused && stream.contains(focused) ? focused.dataset.id : '';
  const top = stream.scrollTop;
  const messages = [...state.messages.values()].sort((a, b) => Number(a.id) - Number(b.id));
  const list = h('ol', {}, ...(state.current.kind === 'channel' ? threads(messages) : flat(messages)), typing);
  stream.replaceChildren(list);
  stream.scrollTop = toEnd ? stream.scrollHeight : top;
  if (held && !stream.contains(document.activeElement)) stream.querySelector(`[data-id="${held}"]`)?.focus({ preventScroll: true });
  watch(messages);
});

function one(message, follows) {
  const before = drawn.get(message.id);
  const key = JSON.stringify([message, follows]);
  if (before?.key === key) return before.element;
  const made = { key, ...draw(message, { before, follows, say, edit }) };
  drawn.set(message.id, made);
  return made.element;
}

function flat(messages) {
  const items = messages.length ? [] : [hello()];
  let last = null;
  for (const message of messages) {
    const newDay = !last || day(last.at, now()) !== day(message.at, now());
    if (newDay) items.push(h('li', { class: 'day' }, day(message.at, now())));
    const follows = !newDay && last.sender === message.sender && new Date(message.at) - new Date(last.at) < CLOSE;
    items.push(h('li', {}, one(message, follows)));
    last = message;
  }
  return items;
}

function threads(messages) {
  const posts = new Map();
  for (const message of messages) {
    if (!posts.has(message.thread)) posts.set(message.thread, []);
    posts.get(message.thread).push(message);
  }
  const items = posts.size ? [] : [hello()];
  let last = null;
  for (const [thread, [root, ...replies]] of posts) {
    if (!last || day(last.at, now()) !== day(root.at, now())) items.push(h('li', { class: 'day' }, day(root.at, now())));
    const answers = replies.length ? h('ol', { class: 'replies' }, ...replies.map((message) => h('li', {}, one(message, false)))) : null;
    const button = h('button', { class: 'reply', type: 'button', onclick: () => reply(thread) }, w('reply'));
    items.push(h('li', { class: 'post', 'data-thread': thread }, one(root, false), answers, button));
    last = root;
  }
  return items;
}

function hello() {
  if (state.current.kind !== 'personal') return h('li', { class: 'hello' }, w('helloOther'));
  return h('li', { class: 'hello' }, h('img', { src: '/teams/client/icon.svg', alt: '' }), h('strong', {}, w('hello')), h('span', {}, w('helloText')));
}

// A card with a view of its own for this person asks for it when it comes into sight.
const sight = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    if (entry.isIntersecting) post('refresh', { message: entry.target.dataset.id }).catch((error) => console.warn('No refresh', error));
  }
}, { threshold: 0.2 });

function watch(messages) {
  sight.disconnect();
  for (const message of messages) {
    if (message.attachments.some((item) => item.content?.refresh)) sight.observe(drawn.get(message.id).element);
    if (message.attachments.some((item) => item.contentType === 'application/vnd.microsoft.card.oauth')) exchange(message);
  }
}

export function showTyping() {
  clearTimeout(typing?.timer);
  if (!typing) {
    typing = h('li', { class: 'typing', role: 'status' }, h('i'), h('i'), h('i'), w('typing'));
    stream.querySelector('ol')?.append(typing);
    stream.scrollTop = stream.scrollHeight;
  }
  typing.timer = setTimeout(stopTyping, TYPING);
}

function stopTyping() {
  clearTimeout(typing?.timer);
  typing?.remove();
  typing = undefined;
}

export const lastMine = () => [...state.messages.values()].filter((m) => m.sender === state.me.key && !m.deleted).pop();
export const suggestions = () => [...state.messages.values()].filter((m) => !m.deleted).pop()?.suggestions || [];
