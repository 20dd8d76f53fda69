// The box messages are written in: Enter sends, Shift+Enter breaks the line, Escape leaves a reply or an edit.

import { post } from './api.js';
import { avatar, h, icon } from './dom.js';
import { lastMine, suggestions } from './pane.js';
import { person, state } from './state.js';
import { toast } from './toast.js';
import { w } from './words.js';

const SHOWN = 6; // people who may be meant, at once

let box;
let button;
let context;
let mentions;
let chips;

export function build() {
  const chat = state.current;
  if (!chat.installed && chat.kind === 'personal') return h('div', { class: 'foot' }, h('div', { class: 'readonly' }, w('notInstalled')));
  const hint = { personal: 'write', channel: 'writePost', groupChat: 'writeGroup' }[chat.kind];
  box = h('textarea', { id: 'compose', 'data-testid': 'compose', rows: '1', placeholder: w(hint), 'aria-label': w(hint), oninput: typed, onkeydown: key });
  button = h('button', { class: 'send', type: 'button', 'data-testid': 'send', 'aria-label': w('send'), title: w('send'), disabled: true, onclick: submit }, icon('send'));
  const at = chat.kind !== 'personal' && h('button', { type: 'button', 'aria-label': w('mention'), title: w('mention'), onclick: () => mention('Vouchsafe') }, icon('at'));
  context = h('div', { class: 'context', hidden: true });
  chips = h('div', { class: 'chips', hidden: true });
  mentions = h('div', { class: 'mentions', hidden: true });
  return h('div', { class: 'foot' }, chips, context, h('div', { class: 'composer' }, box, at, button, mentions));
}

export function focus() {
  box?.focus({ preventScroll: true });
}

export function offer() {
  if (!chips) return;
  const actions = suggestions().filter((action) => action.type === 'imBack' || action.type === 'messageBack');
  chips.hidden = !actions.length;
  chips.replaceChildren(...actions.map((action) => h('button', { type: 'button', onclick: () => send(String(action.value || action.text || action.title)) }, action.title)));
}

export function edit(message) {
  state.editing = message;
  state.replyTo = '';
  box.value = message.text;
  about(w('editing'));
}

export function reply(thread) {
  state.replyTo = thread;
  state.editing = null;
  box.placeholder = w('writeReply');
  about(w('replying'));
}

function about(text) {
  const leave = h('button', { type: 'button', 'aria-label': w('cancel'), onclick: clear }, icon('close'));
  context.replaceChildren(text, leave);
  context.hidden = false;
  typed();
  focus();
}

function clear() {
  state.editing = null;
  state.replyTo = '';
  box.value = '';
  box.placeholder = w({ personal: 'write', channel: 'writePost', groupChat: 'writeGroup' }[state.current.kind]);
  context.hidden = true;
  typed();
  focus();
}

function typed() {
  box.style.height = 'auto';
  box.style.height = `${box.scrollHeight}px`;
  button.disabled = !box.value.trim();
  suggest();
}

// Whoever may be meant by what was begun after an @: here the bot, everywhere all people of the tenant.
function suggest() {
  const begun = box.value.slice(0, box.selectionStart).match(/(^|\s)@(\w*)$/);
  const bot = state.current.kind === 'personal' ? [] : [person('bot')];
  const everybody = begun ? [...bot, ...[...state.people.values()].filter((one) => one.key !== 'bot')] : [];
  const meant = everybody.filter((one) => one.name.toLowerCase().startsWith(begun[2].toLowerCase())).slice(0, SHOWN);
  mentions.replaceChildren(...meant.map((one) => h('button', { type: 'button', onclick: () => mention(one.name) }, avatar(one, true), one.name)));
  mentions.hidden = !meant.length;
}

function mention(name) {
  const before = `${box.value.slice(0, box.selectionStart).replace(/@\w*$/, '')}@${name} `;
  box.value = before + box.value.slice(box.selectionStart);
  box.selectionStart = box.selectionEnd = before.length;
  typed();
  focus();
}

function key(event) {
  if (event.isComposing) return;
  if (!mentions.hidden && (event.key === 'Enter' || event.key === 'Tab')) {
    event.preventDefault();
    mentions.firstChild.click();
  } else if (event.key === 'Enter' && !event.shiftKey) {
    event.preventDefault();
    submit();
  } else if (event.key === 'Escape') {
    if (!mentions.hidden) mentions.hidden = true;
    else if (!context.hidden) clear();
  } else if (event.key === 'ArrowUp' && !box.value && lastMine()) {
    event.preventDefault();
    edit(lastMine());
  }
}

function submit() {
  const text = box.value.trim();
  if (text) send(text);
}

export async function send(text) {
  const { editing, replyTo, current } = state;
  const kept = box.value;
  clear();
  try {
    if (editing) await post('edit', { message: editing.id, text });
    else await post('say', { chat: current.id, text, thread: replyTo });
  } catch (error) {
    box.value = kept;
    typed();
    toast(error.message, 'bad');
  }
}
