// Dialogs: opened by a card, they wait, go on, and end; what was typed stays when an answer is an error.

import { post } from './api.js';
import { adaptive } from './cards.js';
import { h, icon, spinner } from './dom.js';
import { serve } from './host.js';
import { toast } from './toast.js';
import { w } from './words.js';

const WIDTHS = { small: 400, medium: 560, large: 800 };

const px = (value, otherwise) => (typeof value === 'number' ? Math.min(1000, Math.max(280, value)) : WIDTHS[value] || otherwise);

// `fetch` gives the first outcome; `otherwise(outcome)` takes one that is no dialog.
export function openDialog(message, fetch, otherwise) {
  const dialog = new Dialog(message, otherwise);
  dialog.wait(fetch());
}

class Dialog {
  constructor(message, otherwise) {
    this.message = message;
    this.otherwise = otherwise;
    this.title = h('h2', { id: `dialog-${message}` }, 'Vouchsafe');
    this.content = h('div', { class: 'content' });
    this.wrong = h('div', { class: 'wrong', role: 'alert', hidden: true });
    const close = h('button', { class: 'icon-button', type: 'button', 'aria-label': w('close'), 'data-testid': 'dialog-close', onclick: () => this.close() }, icon('close'));
    const head = h('header', {}, h('img', { src: '/teams/client/icon.svg', alt: '' }), this.title, close);
    this.element = h('dialog', { class: 'task', 'data-testid': 'dialog', 'aria-labelledby': this.title.id }, head, this.wrong, this.content);
    this.element.addEventListener('close', () => this.gone());
    document.body.append(this.element);
    this.element.showModal();
  }

  close() {
    this.element.close();
  }

  gone() {
    this.stop?.();
    this.element.remove();
  }

  async wait(asked) {
    if (this.busy) return;
    this.busy = true;
    const over = h('div', { class: 'waiting' }, spinner(w('sending'), true));
    this.content.append(over);
    this.wrong.hidden = true;
    this.content.setAttribute('aria-busy', 'true');
    try {
      this.take(await asked);
    } catch (error) {
      this.fail(error.name === 'Refused' ? error.message : w('wrong'));
    } finally {
      this.busy = false;
      over.remove();
      this.content.removeAttribute('aria-busy');
    }
  }

  take(outcome) {
    if (!this.element.isConnected) return;
    switch (outcome.kind) {
      case 'dialog':
        this.fill(outcome.dialog);
        return;
      case 'toast':
        this.close();
        toast(outcome.text, 'good');
        return;
      case 'error':
      case 'invalid':
        this.fail(outcome.text);
        return;
      case 'closed':
      case 'none':
        this.close();
        return;
      default:
        this.close();
        this.otherwise(outcome);
    }
  }

  fill({ title, width, height, card, url }) {
    this.stop?.();
    this.title.textContent = title || 'Vouchsafe';
    this.element.style.setProperty('--width', `${px(width, 520)}px`);
    this.element.style.setProperty('--height', `${px(height, 480)}px`);
    this.content.classList.toggle('framed', Boolean(url));
    this.content.replaceChildren(url ? this.frame(url, title) : adaptive(card, (action) => this.press(action)));
    this.content.querySelector('input, textarea, select, button, iframe')?.focus();
  }

  frame(url, title) {
    const frame = h('iframe', { src: url, title: title || 'Vouchsafe' });
    const submit = (result) => this.submit(result);
    this.stop = serve(() => frame.contentWindow, 'task', { 'tasks.completeTask': submit, 'tasks.submit': submit });
    return frame;
  }

  press(action) {
    if (action.type === 'Action.OpenUrl') window.open(action.url, '_blank', 'noopener');
    else this.submit(action.data);
  }

  submit(data) {
    this.wait(post('dialog', { message: this.message, data }));
  }

  fail(text) {
    this.wrong.replaceChildren(icon('error'), h('span', {}, text || w('wrong')));
    this.wrong.hidden = false;
  }
}
