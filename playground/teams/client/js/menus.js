// The two menus of the bar: the theme, and whom this tab belongs to; both work by keyboard alone.

import { avatar, h, icon } from './dom.js';
import { remember, state } from './state.js';
import { w } from './words.js';

const THEMES = ['light', 'dark', 'contrast'];

function menu(slot, { name, label, face, items, wide, caption }) {
  const list = h('div', { class: wide ? 'menu wide' : 'menu', role: 'menu', hidden: true, 'aria-label': label });
  if (caption) list.append(h('div', { class: 'caption' }, caption));
  list.append(...items);
  const button = h('button', { class: `menu-button ${name}`, type: 'button', 'data-testid': name, 'aria-haspopup': 'menu', 'aria-expanded': 'false', 'aria-label': label, title: label }, ...face, chevron());
  const show = (on) => {
    list.hidden = !on;
    button.setAttribute('aria-expanded', String(on));
    if (on) (items.find((item) => item.getAttribute('aria-checked') === 'true') || items[0]).focus();
  };
  button.addEventListener('click', () => show(list.hidden));
  list.addEventListener('click', () => show(false));
  list.addEventListener('keydown', (event) => move(event, items, () => { show(false); button.focus(); }));
  document.addEventListener('pointerdown', (event) => { if (!slot.contains(event.target)) show(false); });
  slot.className = 'menu-slot';
  slot.replaceChildren(button, list);
}

function chevron() {
  const svg = icon('chevron');
  svg.classList.add('chevron');
  return svg;
}

function move(event, items, leave) {
  const at = items.indexOf(document.activeElement);
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) items[(at + step + items.length) % items.length].focus();
  else if (event.key === 'Home') items[0].focus();
  else if (event.key === 'End') items.at(-1).focus();
  else if (event.key === 'Escape' || event.key === 'Tab') leave();
  else return;
  event.preventDefault();
}

function item({ testid, checked, onclick }, ...content) {
  const tick = checked && h('span', { class: 'tick' }, icon('tick'));
  return h('button', { type: 'button', role: 'menuitemradio', tabindex: '-1', 'aria-checked': String(checked), 'data-testid': testid, onclick }, ...content, tick);
}

export function themes(change) {
  const items = THEMES.map((theme) => item({ testid: `theme-${theme}`, checked: theme === state.theme, onclick: () => change(theme) }, w(theme)));
  menu(document.getElementById('theme-slot'), { name: 'theme', label: w('theme'), face: [icon('sun')], items });
}

export function personas() {
  const everybody = [...state.people.values()].filter((one) => one.key !== 'bot');
  const items = everybody.map((one) => {
    const about = [one.title, one.guest && w('guest'), !one.enabled && w('off')].filter(Boolean).join(' · ');
    const name = h('span', {}, one.name, h('span', { class: 'sub' }, about));
    return item({ testid: `persona-${one.key}`, checked: one.key === state.me.key, onclick: () => become(one.key) }, avatar(one, true), name);
  });
  const face = [avatar(state.me, true), h('span', {}, state.me.name)];
  menu(document.getElementById('persona-slot'), { name: 'persona', label: `${w('signedInAs')} ${state.me.name}`, face, items, wide: true, caption: w('beSomebody') });
}

function become(key) {
  remember('as', key);
  const query = new URLSearchParams(location.search);
  query.set('as', key);
  location.assign(`/?${query}`);
}
