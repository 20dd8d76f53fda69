// The host's side of the Teams JavaScript library: answers a page's first questions, passes on what it reports.

import { state } from './state.js';

// What version 4 of the library's runtime configuration must have; the playground offers no capability beyond it.
const RUNTIME = JSON.stringify({ apiVersion: 4, hostVersionsInfo: {}, isLegacyTeams: false, supports: { dialog: { card: {}, url: {} }, pages: {} } });
const SDK = '2.58.0';

function context(frame) {
  return {
    locale: state.me.language.toLowerCase(),
    theme: { light: 'default' }[state.theme] || state.theme,
    loginHint: state.me.upn,
    userPrincipalName: state.me.upn,
    userObjectId: state.me.id,
    tid: state.tenant.id,
    hostName: 'Teams',
    hostClientType: 'web',
    frameContext: frame,
    sessionId: '',
    entityId: '',
  };
}

// Listens to one window until the returned function is called; `on` has a handler for each message it wants.
export function serve(target, frame, on) {
  const answer = (message, args) => target().postMessage({ id: message.id, uuidAsString: message.uuidAsString, args }, location.origin);
  const hear = (event) => {
    const message = event.data;
    if (event.source !== target() || event.origin !== location.origin || typeof message?.func !== 'string') return;
    if (message.func === 'initialize') answer(message, [frame, 'web', RUNTIME, SDK]);
    else if (message.func === 'getContext') answer(message, [context(frame)]);
    else on[message.func]?.(...(message.args || []));
  };
  window.addEventListener('message', hear);
  return () => window.removeEventListener('message', hear);
}
