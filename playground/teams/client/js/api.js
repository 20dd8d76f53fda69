// Calls to the playground's server and the stream of what changes; every call says as whom.

import { state } from './state.js';

const AGAIN = 1000;

export class Refused extends Error {
  name = 'Refused';
}

async function read(response) {
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new Refused(body.error || response.statusText);
  return body;
}

export async function get(name, query = {}) {
  const search = new URLSearchParams({ as: state.me.key, ...query });
  return read(await fetch(`/teams/api/${name}?${search}`, { signal: AbortSignal.timeout(15000) }));
}

export async function people() {
  return read(await fetch('/teams/api/people', { signal: AbortSignal.timeout(15000) }));
}

// An invoke may take three attempts of fifteen seconds each before Teams gives it up.
export async function post(name, body) {
  return read(await fetch(`/teams/api/${name}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ as: state.me.key, ...body }),
    signal: AbortSignal.timeout(60000),
  }));
}

// Resolves when changes are heard for the first time, or cannot be: what is loaded after that misses nothing.
export function listen({ onEvent, onBack, onLost }) {
  let lost = false;
  let begun;
  const first = new Promise((resolve) => { begun = resolve; });
  const connect = () => {
    const socket = new WebSocket(`ws://${location.host}/teams/api/events?as=${encodeURIComponent(state.me.key)}`);
    socket.onmessage = (event) => onEvent(JSON.parse(event.data));
    socket.onopen = () => {
      if (lost) onBack();
      lost = false;
      begun();
    };
    socket.onclose = () => {
      if (!lost) onLost();
      lost = true;
      begun();
      setTimeout(connect, AGAIN);
    };
  };
  addEventListener('pagehide', () => { lost = true; });
  connect();
  return first;
}
