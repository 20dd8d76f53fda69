// Gives the outcome of a sign-in back to the Teams client that opened this window, and to nobody else.
"use strict";

(() => {
  const PATIENCE = 8000; // milliseconds for Teams to answer; a page opened elsewhere gets none
  const main = document.querySelector("main");
  const { code, failure } = main.dataset;
  main.removeAttribute("data-code");

  const language = document.documentElement.lang;
  const locale = navigator.language.startsWith(language) ? navigator.language : language;

  for (const time of document.querySelectorAll("time")) {
    const at = new Date(time.dateTime);
    const sameDay = at.toDateString() === new Date().toDateString();
    const style = sameDay ? { timeStyle: "short" } : { dateStyle: "medium", timeStyle: "short" };
    time.textContent = new Intl.DateTimeFormat(locale, style).format(at);
  }

  const patience = () => new Promise((_, reject) => {
    setTimeout(() => reject(new Error("Teams did not answer")), PATIENCE);
  });

  const teams = () => {
    if (!window.microsoftTeams) return Promise.reject(new Error("not opened by Teams"));
    return Promise.race([window.microsoftTeams.app.initialize(), patience()]);
  };

  const elsewhere = () => {
    document.getElementById("waiting").hidden = true;
    document.getElementById("elsewhere").hidden = false;
  };

  const close = document.getElementById("close");

  if (code && !close) {
    teams()
      .then(() => window.microsoftTeams.authentication.notifySuccess(code))
      .catch(elsewhere);
  }

  if (close && (code || failure)) {
    teams().then(() => {
      const { authentication } = window.microsoftTeams;
      const tell = () => (code ? authentication.notifySuccess(code) : authentication.notifyFailure(failure));
      close.hidden = false;
      close.addEventListener("click", tell);
      close.focus();
    }).catch(() => { /* opened elsewhere: the page says what to do, and the person closes it */ });
  }
})();
