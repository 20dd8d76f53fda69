// A short word at the edge of the window; it goes by itself, errors stay longer.

import { h, icon } from './dom.js';

export function toast(text, kind = '') {
  const element = h('div', { class: `toast ${kind}`, 'data-testid': 'toast' }, icon(kind === 'bad' ? 'error' : 'good'), h('span', {}, text));
  document.getElementById('toasts').append(element);
  setTimeout(() => element.remove(), kind === 'bad' ? 9000 : 6000);
  return element;
}
