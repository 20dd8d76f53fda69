// The chats on the left, with what is unread.

import { avatar, h, icon } from './dom.js';
import { markdown } from './markdown.js';
import { now, person, state } from './state.js';
import { steadily } from './steady.js';
import { shortly, w } from './words.js';

const plain = (html) => new DOMParser().parseFromString(html, 'text/html').body.textContent;

function preview(last, personal) {
  if (!last) return w('empty');
  if (last.deleted) return w('deleted');
  const text = last.summary ? last.summary : last.text ? plain(last.sender === 'bot' ? markdown(last.text) : last.text.replace(/</g, '&lt;')) : cardTitle(last);
  return last.sender === state.me.key || personal ? text : `${person(last.sender).name.split(' ')[0]}: ${text}`;
}

function cardTitle(last) {
  const find = (node) => {
    if (!node || typeof node !== 'object') return '';
    if (node.type === 'TextBlock' && node.text) return node.text;
    return Object.values(node).map(find).find(Boolean) || '';
  };
  return plain(markdown(last.attachments.map((item) => item.content?.text || find(item.content?.body)).find(Boolean) || '…'));
}

function unread(chat) {
  return chat.unread > 0 && chat !== state.current;
}

function item(chat, open) {
  const channel = chat.kind === 'channel';
  const face = channel ? h('span', { class: 'hash' }, icon('hash')) : chat.kind === 'personal' ? withPresence(chat) : h('span', { class: 'avatar', style: 'background:var(--mine);color:var(--link)' }, icon('group'));
  const text = h('span', { style: 'min-width:0' }, h('span', { class: 'name' }, chat.name), !channel && h('span', { class: 'preview' }, preview(chat.last, chat.kind === 'personal')));
  const mark = unread(chat) ? h('span', { class: 'dot', role: 'img', 'aria-label': `${chat.unread}` }) : null;
  const side = h('span', { class: 'when' }, !channel && chat.last && shortly(chat.last.at, now()), mark);
  return h('li', {}, h('button', {
    class: `chat-item${channel ? ' channel' : ''}${unread(chat) ? ' unread' : ''}`,
    type: 'button',
    'data-testid': `chat-item-${chat.slug}`,
    'aria-current': chat === state.current ? 'true' : 'false',
    onclick: () => open(chat),
  }, face, text, side));
}

function withPresence(chat) {
  const face = avatar(person('bot'));
  face.append(h('span', { class: `presence${chat.installed ? '' : ' off'}` }));
  return face;
}

export const renderList = steadily((open) => {
  const list = document.getElementById('list');
  const held = document.activeElement?.dataset?.testid;
  const chats = state.chats.filter((chat) => chat.kind !== 'channel').sort((a, b) => (a.kind === 'personal' ? 0 : 1) - (b.kind === 'personal' ? 0 : 1));
  const channels = state.chats.filter((chat) => chat.kind === 'channel');
  list.replaceChildren(
    h('h1', {}, w('chat')),
    h('ul', {}, ...chats.map((chat) => item(chat, open))),
    h('h2', {}, w('teams')),
    h('div', { class: 'team-name' }, h('span', { class: 'team-icon', 'aria-hidden': 'true' }, 'Co'), 'Contoso'),
    h('ul', {}, ...channels.map((chat) => item(chat, open))),
  );
  if (held?.startsWith('chat-item-')) list.querySelector(`[data-testid="${held}"]`)?.focus({ preventScroll: true });
  const total = state.chats.filter(unread).length;
  document.title = `${total ? `(${total}) ` : ''}${state.current ? state.current.name : 'Teams'} | Teams (playground)`;
  renderRail(open, total);
});

function renderRail(open, total) {
  const first = (kind) => state.chats.find((chat) => (kind === 'channel') === (chat.kind === 'channel'));
  const here = state.current?.kind === 'channel' ? 'teams' : 'chat';
  const button = (name, chat) => h('button', { type: 'button', 'aria-current': here === name ? 'page' : 'false', onclick: () => chat && open(chat) }, icon(name), w(name));
  const chat = button('chat', first('chat'));
  if (total) chat.append(h('span', { class: 'count', 'aria-hidden': 'true' }, String(total)));
  const panel = h('a', { href: '/panel', target: 'playground-panel', 'data-testid': 'panel' }, icon('panel'), w('panel'));
  const phone = h('a', { href: `/wallet?as=${state.me.key}`, target: `playground-phone-${state.me.key}`, 'data-testid': 'phone' }, icon('phone'), w('phone'));
  const mail = h('a', { href: `/inbox?as=${state.me.key}`, target: `playground-inbox-${state.me.key}`, 'data-testid': 'inbox' }, icon('mail'), w('mail'));
  document.getElementById('rail').replaceChildren(chat, button('teams', first('channel')), h('span', { class: 'spacer' }), mail, phone, panel);
}
