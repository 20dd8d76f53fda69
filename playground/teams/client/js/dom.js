// Elements without markup: text is always text, so nothing that was said can become HTML here.

const PATHS = {
  chat: 'M4 5.500h16v11H10l-4.500 3.500v-3.500H4z',
  teams: 'M8.500 10a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM16.500 10.500a2.300 2.300 0 1 0 0-4.600 2.300 2.300 0 0 0 0 4.600zM3.500 19v-3a3 3 0 0 1 3-3h4a3 3 0 0 1 3 3v3M16 13.500h2a2.500 2.500 0 0 1 2.500 2.500v2.500',
  panel: 'M4 7h9M17 7h3M4 17h3M11 17h9M15 4.700v4.600M9 14.700v4.600',
  send: 'M4 4.500l16.500 7.500L4 19.500l2.500-7.500zM6.500 12h8',
  at: 'M15.800 12a3.800 3.800 0 1 1-7.600 0 3.800 3.800 0 0 1 7.600 0zm0 0v1.400a2.400 2.400 0 0 0 4.700 0V12A8.500 8.500 0 1 0 17 18.800',
  close: 'M6 6l12 12M18 6L6 18',
  mail: 'M3 6.500A1.500 1.500 0 0 1 4.500 5h15A1.500 1.500 0 0 1 21 6.500v11a1.500 1.500 0 0 1-1.500 1.500h-15A1.500 1.500 0 0 1 3 17.500zM3.500 7l8.500 6 8.500-6',
  phone: 'M8 3.500h8a1.500 1.500 0 0 1 1.500 1.500v14a1.500 1.500 0 0 1-1.500 1.500H8A1.500 1.500 0 0 1 6.500 19V5A1.500 1.500 0 0 1 8 3.500zM11 17.500h2',
  tick: 'M5 12.500l4.500 4.500L19 7.500',
  chevron: 'M6 9.500l6 6 6-6',
  edit: 'M14.500 6l3.500 3.500L8.500 19H5v-3.500zM13 7.500l3.500 3.500',
  reply: 'M10 7L5 12l5 5M5 12h9a5 5 0 0 1 5 5v1',
  error: 'M12 8v5M12 16.200v.100M12 3.500a8.500 8.500 0 1 1 0 17 8.500 8.500 0 0 1 0-17z',
  good: 'M8 12.300l2.800 2.800L16 9.500M12 3.500a8.500 8.500 0 1 1 0 17 8.500 8.500 0 0 1 0-17z',
  lock: 'M6.500 11h11v8.500h-11zM9 11V8a3 3 0 0 1 6 0v3',
  group: 'M9 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM3.500 19v-1.500a3.500 3.500 0 0 1 3.500-3.500h4a3.500 3.500 0 0 1 3.500 3.500V19M15.500 5.300a3 3 0 0 1 0 5.400M17 14.300a3.500 3.500 0 0 1 3 3.400V19',
  hash: 'M9.500 5L8 19M16 5l-1.500 14M5.500 9.500h14M4.500 14.500h14',
  sun: 'M12 8a4 4 0 1 1 0 8 4 4 0 0 1 0-8zM12 3v1.500M12 19.500V21M3 12h1.500M19.500 12H21M5.600 5.600l1.100 1.100M17.300 17.300l1.100 1.100M18.400 5.600l-1.100 1.100M6.700 17.300l-1.100 1.100',
  menu: 'M4 7h16M4 12h16M4 17h16',
};

export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (name === 'class') element.className = value;
    else if (name === 'style') element.style.cssText = value;
    else element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export function icon(name) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('class', 'glyph');
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  path.setAttribute('d', PATHS[name]);
  svg.append(path);
  return svg;
}

export function spinner(label, big = false) {
  return h('span', { class: big ? 'spinner big' : 'spinner', role: 'img', 'aria-label': label });
}

const HUES = [8, 32, 92, 150, 178, 205, 232, 262, 292, 325];

export function avatar(person, small = false) {
  const size = small ? ' small' : '';
  if (person.key === 'bot') {
    return h('span', { class: `avatar bot${size}`, 'aria-hidden': 'true' }, h('img', { src: '/teams/client/icon.svg', alt: '' }));
  }
  const hue = HUES[[...person.key].reduce((sum, letter) => sum + letter.codePointAt(0), 0) % HUES.length];
  const initials = person.name.split(' ').slice(0, 2).map((part) => part[0]).join('').toUpperCase();
  const look = `background:hsl(${hue} 46% 84%);color:hsl(${hue} 60% 22%)`;
  return h('span', { class: `avatar${size}`, style: look, 'aria-hidden': 'true' }, initials);
}

export function announce(text) {
  document.getElementById('announcer').textContent = text;
}
