// A pressed button: asks the server to send it to the bot, then shows what came of it.

import { post } from './api.js';
import { busy, status } from './cards.js';
import { openDialog } from './dialog.js';
import { popup } from './popup.js';
import { toast } from './toast.js';
import { w } from './words.js';

const special = (action) => (action.type === 'Action.Submit' && action.data && typeof action.data === 'object' && action.data.msteams) || {};

export async function press(message, action, frame) {
  const kind = special(action).type;
  if (action.type === 'Action.OpenUrl') return openUrl(action.url);
  if (kind === 'signin') return signIn(message, special(action).value, frame);
  status(frame, '', '');
  if (kind === 'task/fetch') return openDialog(message, () => post('act', { message, action }), (outcome) => show(message, action, frame, outcome));
  return send(message, action, frame);
}

async function send(message, action, frame, extra) {
  busy(frame, true);
  try {
    await show(message, action, frame, await post('act', { message, action, extra }));
  } catch (error) {
    status(frame, 'bad', error.name === 'Refused' ? error.message : w('wrong'));
  } finally {
    busy(frame, false);
  }
}

async function show(message, action, frame, outcome) {
  switch (outcome.kind) {
    case 'toast':
      status(frame, 'good', outcome.text);
      return;
    case 'error':
    case 'invalid':
      status(frame, 'bad', outcome.text || w('wrong'));
      return;
    case 'dialog':
      openDialog(message, async () => outcome, () => {});
      return;
    case 'popup':
      signIn(message, outcome.url, frame);
      return;
    case 'open':
      openUrl(outcome.url);
      return;
    case 'login':
      await login(message, action, frame, outcome.oauth);
      return;
    default:
      status(frame, '', '');
  }
}

// The bot wants a sign-in with this press: silently first, else by the button of the card it sent.
async function login(message, action, frame, oauth) {
  const { extra } = await post('login', { oauth });
  if (extra) {
    const outcome = await post('act', { message, action, extra });
    if (outcome.kind !== 'login') return show(message, action, frame, outcome);
  }
  const button = (oauth.buttons || []).find((one) => one.type === 'signin');
  if (!button) return status(frame, 'bad', w('wrong'));
  popup(button.value, {
    onResult: (state) => send(message, action, frame, { state }),
    onCancel: () => toast(w('cancelled')),
    onBlocked: () => status(frame, 'bad', w('blocked')),
  });
  return undefined;
}

// The popup's result goes to the bot in the name of whoever has this tab.
export function signIn(message, url, frame) {
  status(frame, 'note', w('popup'));
  popup(url, {
    onResult: async (state) => {
      status(frame, 'note', w('signingIn'));
      try {
        const outcome = await post('verify', { message, state });
        if (outcome.kind === 'signed') status(frame, 'good', w('signedIn'));
        else status(frame, 'bad', outcome.text || w('wrong'));
      } catch {
        status(frame, 'bad', w('wrong'));
      }
    },
    onFailure: (reason) => status(frame, 'bad', reason || w('wrong')),
    onCancel: () => {
      status(frame, '', '');
      toast(w('cancelled'));
    },
    onBlocked: () => status(frame, 'bad', w('blocked')),
  });
}

function openUrl(url) {
  let target;
  try {
    target = new URL(url);
  } catch {
    return;
  }
  if (['https:', 'http:', 'mailto:'].includes(target.protocol)) window.open(target, '_blank', 'noopener');
}
