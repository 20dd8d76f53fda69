// The client's own words in both languages; the language is the person's.

const ENGLISH = {
  chat: 'Chat', teams: 'Teams', panel: 'Panel', phone: 'Phone', mail: 'Mail', write: 'Type a message', writePost: 'Start a post. Type @ to mention Vouchsafe',
  writeGroup: 'Type a message. Type @ to mention Vouchsafe', writeReply: 'Reply', send: 'Send', mention: 'Mention Vouchsafe',
  signedInAs: 'You are', beSomebody: 'Be somebody else in this tab', theme: 'Theme', light: 'Light', dark: 'Dark', contrast: 'High contrast',
  today: 'Today', yesterday: 'Yesterday', edited: 'Edited', deleted: 'This message has been deleted.', edit: 'Edit', editing: 'Editing your message',
  cancel: 'Cancel', reply: 'Reply', replying: 'Replying in the thread', private: 'Only you and Vouchsafe see this chat', members: 'members',
  hello: 'Your private chat with Vouchsafe', helloText: 'Ask for a pass, prove who you are, or type “help”.', helloOther: 'Nothing has been said here yet.',
  bot: 'App', guest: 'Guest', off: 'Account disabled', typing: 'Vouchsafe is typing', sending: 'Working on it', signIn: 'Sign in',
  signingIn: 'Signing you in', signedIn: 'You are signed in.', popup: 'Finish in the window that opened.', cancelled: 'Sign-in was cancelled.',
  blocked: 'The browser blocked the sign-in window. Allow pop-ups for this page and try again.', notInstalled: 'Vouchsafe is not installed for you. Ask your administrator.',
  notInstalledHere: 'Vouchsafe is not a member of this conversation.', wrong: 'Something went wrong. Please try again.', unsupported: 'This card cannot be shown.',
  close: 'Close', newMessage: 'New message from', offline: 'Connection lost. Trying again…', empty: 'No messages yet', world: 'World time', team: 'Team', showList: 'Show chats', skip: 'Skip to the message box',
};

const GERMAN = {
  chat: 'Chat', teams: 'Teams', panel: 'Pult', phone: 'Telefon', mail: 'Mail', write: 'Nachricht eingeben', writePost: 'Beitrag beginnen. Mit @ Vouchsafe erwähnen',
  writeGroup: 'Nachricht eingeben. Mit @ Vouchsafe erwähnen', writeReply: 'Antworten', send: 'Senden', mention: 'Vouchsafe erwähnen',
  signedInAs: 'Sie sind', beSomebody: 'In diesem Tab jemand anderes sein', theme: 'Design', light: 'Hell', dark: 'Dunkel', contrast: 'Hoher Kontrast',
  today: 'Heute', yesterday: 'Gestern', edited: 'Bearbeitet', deleted: 'Diese Nachricht wurde gelöscht.', edit: 'Bearbeiten', editing: 'Sie bearbeiten Ihre Nachricht',
  cancel: 'Abbrechen', reply: 'Antworten', replying: 'Antwort im Thread', private: 'Diesen Chat sehen nur Sie und Vouchsafe', members: 'Mitglieder',
  hello: 'Ihr privater Chat mit Vouchsafe', helloText: 'Fordern Sie einen Pass an, weisen Sie sich aus oder schreiben Sie „Hilfe“.', helloOther: 'Hier wurde noch nichts geschrieben.',
  bot: 'App', guest: 'Gast', off: 'Konto deaktiviert', typing: 'Vouchsafe schreibt', sending: 'In Arbeit', signIn: 'Anmelden',
  signingIn: 'Sie werden angemeldet', signedIn: 'Sie sind angemeldet.', popup: 'Bitte im geöffneten Fenster fortfahren.', cancelled: 'Die Anmeldung wurde abgebrochen.',
  blocked: 'Der Browser hat das Anmeldefenster blockiert. Erlauben Sie Pop-ups für diese Seite und versuchen Sie es erneut.', notInstalled: 'Vouchsafe ist für Sie nicht installiert. Wenden Sie sich an Ihre Administratoren.',
  notInstalledHere: 'Vouchsafe gehört nicht zu dieser Unterhaltung.', wrong: 'Etwas ist schiefgelaufen. Bitte versuchen Sie es erneut.', unsupported: 'Diese Karte kann nicht angezeigt werden.',
  close: 'Schließen', newMessage: 'Neue Nachricht von', offline: 'Verbindung verloren. Neuer Versuch…', empty: 'Noch keine Nachrichten', world: 'Weltzeit', team: 'Team', showList: 'Chats zeigen', skip: 'Zum Nachrichtenfeld springen',
};

let words = ENGLISH;
let locale = 'en-US';

export function speak(language) {
  locale = language;
  words = language.startsWith('de') ? GERMAN : ENGLISH;
  document.documentElement.lang = language;
}

export const w = (key) => words[key];

export function time(at) {
  return new Date(at).toLocaleTimeString(locale, { hour: '2-digit', minute: '2-digit' });
}

export function day(at, now) {
  const date = new Date(at);
  const days = Math.round((new Date(now).setHours(0, 0, 0, 0) - new Date(date).setHours(0, 0, 0, 0)) / 86400000);
  if (days === 0) return words.today;
  if (days === 1) return words.yesterday;
  return date.toLocaleDateString(locale, { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });
}

export function shortly(at, now) {
  const label = day(at, now);
  if (label === words.today) return time(at);
  return label === words.yesterday ? label : new Date(at).toLocaleDateString(locale, { day: 'numeric', month: 'short' });
}

export const full = (at) => new Date(at).toLocaleString(locale, { dateStyle: 'long', timeStyle: 'medium' });
