// Addresses of the world outside that the playground plays itself: its links lead to them.

import { state } from './state.js';

const SECURITY_INFO = 'https://aka.ms/mysecurityinfo';

export function lead() {
  document.addEventListener('click', (event) => {
    const link = event.target.closest?.(`a[href^="${SECURITY_INFO}"]`);
    if (link) link.href = `/entra/${state.tenant.id}/pass-sign-in?upn=${encodeURIComponent(state.me.upn || '')}`;
  }, true);
}
