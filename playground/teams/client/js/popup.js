// The sign-in window: opened by a press, it ends with a result, a failure, or by being closed.

import { serve } from './host.js';

const WATCH = 400;
const LAST_WORD = 700;

const size = (url, name, otherwise) => Math.min(1000, Math.max(320, Number(url.searchParams.get(name)) || otherwise));

export function popup(address, { onResult, onFailure = () => {}, onCancel = () => {}, onBlocked = () => {} }) {
  const url = new URL(address, location.href);
  const [width, height] = [size(url, 'width', 600), size(url, 'height', 640)];
  const left = Math.max(0, window.screenX + (window.outerWidth - width) / 2);
  const top = Math.max(0, window.screenY + (window.outerHeight - height) / 2);
  const opened = /^https?:$/.test(url.protocol) && window.open(url, '_blank', `popup,width=${width},height=${height},left=${left},top=${top}`);
  if (!opened) return onBlocked();
  let over = false;
  const end = (then, value) => {
    if (over) return;
    over = true;
    clearInterval(watch);
    stop();
    then(value);
  };
  const stop = serve(() => opened, 'authentication', {
    'authentication.authenticate.success': (result) => end(onResult, result ?? ''),
    'authentication.authenticate.failure': (reason) => end(onFailure, reason ?? ''),
  });
  // A page that reports and closes at once may be seen closed before its message is heard.
  const watch = setInterval(() => {
    if (opened.closed) setTimeout(() => end(onCancel), LAST_WORD);
  }, WATCH);
  return undefined;
}
