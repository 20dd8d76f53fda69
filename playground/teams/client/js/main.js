// Starts the client: who this tab is, which chats there are, and what changes from now on.

import { get, listen, people, post } from './api.js';
import * as composer from './composer.js';
import { h } from './dom.js';
import { renderList } from './list.js';
import * as menus from './menus.js';
import * as outside from './outside.js';
import * as pane from './pane.js';
import { address, chat, remember, start, state } from './state.js';
import { toast } from './toast.js';
import { speak, w } from './words.js';

const LIST_AGAIN = 30000;
let lost;

async function begin() {
  const asked = start();
  const known = await people();
  for (const one of [...known.people, known.bot]) state.people.set(one.key, one);
  state.me = state.people.get(asked.key) || state.people.get('ann');
  state.tenant = known.tenant;
  remember('as', state.me.key);
  speak(state.me.language);
  time(known.now);
  document.getElementById('skip').textContent = w('skip');
  theme(asked.theme);
  outside.lead();
  menus.personas();
  pane.connect({ say: composer.send, edit: composer.edit, reply: composer.reply });
  await refresh();
  await listen({ onEvent: hear, onBack: back, onLost: () => { lost = toast(w('offline'), 'bad'); } });
  await open(state.chats.find((one) => one.slug === asked.chat) || state.chats[0]);
  setInterval(() => renderList(open), LIST_AGAIN);
  document.addEventListener('visibilitychange', seen);
}

async function refresh() {
  state.chats = await get('chats');
  if (state.current) state.current = chat(state.current.id) || state.chats[0];
}

async function open(one) {
  state.current = one;
  state.replyTo = '';
  state.editing = null;
  remember('chat', one.slug);
  address();
  document.body.classList.remove('list-open');
  document.getElementById('pane').replaceChildren(...pane.build(), composer.build());
  renderList(open);
  await pane.load();
  composer.offer();
  composer.focus();
  seen();
}

function seen() {
  if (document.visibilityState !== 'visible' || !state.current) return;
  state.current.unread = 0;
  post('seen', { chat: state.current.id }).catch((error) => console.warn('Not marked as seen', error));
}

async function hear(event) {
  if (event.kind === 'panel') return time(event.now);
  const one = chat(event.chat);
  if (!one) return refresh().then(() => renderList(open));
  one.unread = event.unread;
  if (event.kind === 'typing') {
    if (one === state.current) pane.showTyping();
    return undefined;
  }
  if (event.kind === 'message') heard(one, event.message);
  else await changed(one);
  renderList(open);
  return undefined;
}

function heard(one, message) {
  if (!one.last || Number(message.id) >= Number(one.last.id)) one.last = message;
  if (one !== state.current) return;
  const fresh = !state.messages.has(message.id);
  pane.take(message);
  composer.offer();
  if (fresh && message.sender !== state.me.key) seen();
}

async function changed(one) {
  const installed = one.installed;
  await refresh();
  if (state.current?.id === one.id && state.current.installed !== installed) await open(state.current);
}

async function back() {
  lost?.remove();
  await refresh();
  await pane.load();
  renderList(open);
}

function theme(name) {
  state.theme = ['light', 'dark', 'contrast'].includes(name) ? name : 'light';
  document.documentElement.dataset.theme = state.theme;
  remember('theme', state.theme);
  menus.themes((next) => {
    theme(next);
    address();
    pane.load();
  });
}

// The playground's clock may have been put forward; the messages' times are of that clock.
function time(now) {
  state.offset = new Date(now) - Date.now();
  const label = document.getElementById('world-time');
  label.hidden = Math.abs(state.offset) < 60000;
  label.textContent = label.hidden ? '' : `${w('world')}: ${new Date(now).toLocaleString(state.me.language, { dateStyle: 'medium', timeStyle: 'short' })}`;
}

begin().catch((error) => {
  console.error(error);
  document.getElementById('pane').replaceChildren(h('p', { class: 'hello' }, String(error)));
});
