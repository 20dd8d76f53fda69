// What this tab knows: who it is, which chats there are, what is open.

export const state = {
  me: null,
  people: new Map(),
  chats: [],
  current: null,
  messages: new Map(),
  theme: 'light',
  offset: 0,
  replyTo: '',
  editing: null,
};

export const now = () => Date.now() + state.offset;
export const person = (key) => state.people.get(key) || { key, name: key };
export const chat = (id) => state.chats.find((one) => one.id === id);

export function remember(name, value) {
  sessionStorage.setItem(name, value);
}

export function start() {
  const asked = new URLSearchParams(location.search);
  const kept = (name, otherwise) => asked.get(name) || sessionStorage.getItem(name) || otherwise;
  const theme = kept('theme', matchMedia('(forced-colors: active)').matches ? 'contrast' : 'light');
  return { key: kept('as', 'ann'), theme: { high: 'contrast', 'high-contrast': 'contrast', default: 'light' }[theme] || theme, chat: kept('chat', 'vouchsafe') };
}

export function address() {
  const query = new URLSearchParams({ as: state.me.key });
  if (state.current) query.set('chat', state.current.slug);
  if (state.theme !== 'light') query.set('theme', state.theme);
  history.replaceState(null, '', `/?${query}`);
}
