// Sign-in cards: tried silently once by every tab, as every Teams client does; then the button.

import { post } from './api.js';
import { h, icon, spinner } from './dom.js';
import { signIn } from './presses.js';
import { w } from './words.js';

const tried = new Set();

export function oauthCard(message, content) {
  const frame = h('div', { class: 'card', 'data-testid': 'signin-card' });
  const body = h('div', { class: 'signin-card' }, h('div', {}, content.text || w('signIn')));
  frame.append(body);
  if (message.signin === 'done') body.append(h('div', { class: 'line done' }, icon('good'), w('signedIn')));
  else if (message.signin === 'button') body.append(h('div', {}, ...buttons(message, content, frame)));
  else body.append(h('div', { class: 'line' }, spinner(w('signingIn')), w('signingIn')));
  return frame;
}

function buttons(message, content, frame) {
  return (content.buttons || []).map((button) =>
    h('button', { class: 'button primary', type: 'button', onclick: () => signIn(message.id, button.value, frame) }, button.title || w('signIn')));
}

export async function exchange(message) {
  if (message.signin || message.deleted || tried.has(message.id)) return;
  tried.add(message.id);
  await post('exchange', { message: message.id }).catch((error) => console.warn('The token exchange failed', error));
}

// Hero and sign-in cards: a text and buttons.
export function heroCard(message, content, say) {
  const frame = h('div', { class: 'card' });
  const press = (button) => {
    if (button.type === 'signin') signIn(message.id, button.value, frame);
    else if (button.type === 'openUrl') window.open(button.value, '_blank', 'noopener');
    else if (button.type === 'imBack') say(String(button.value));
  };
  const row = (content.buttons || []).map((button) => h('button', { class: 'button', type: 'button', onclick: () => press(button) }, button.title || w('signIn')));
  const title = content.title && h('strong', {}, content.title);
  frame.append(h('div', { class: 'signin-card' }, title, content.text && h('div', {}, content.text), h('div', { class: 'chips' }, ...row)));
  return frame;
}
