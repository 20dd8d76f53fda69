// Says while a new password is typed which rules it keeps; what was typed goes to our own server and stays nowhere.
"use strict";

(() => {
  const PAUSE = 300; // milliseconds without a key before we ask
  const PATIENCE = 8000; // milliseconds for the answer
  const OVER = new Set([403, 404, 410]); // this page has run out, or was never this browser's

  const by = (id) => document.getElementById(id);
  const [form, field, toggle, send] = ["form", "password", "toggle", "send"].map(by);
  const [meter, strength, word, unsure, over] = ["meter", "strength", "word", "unsure", "over"].map(by);
  const rules = document.querySelectorAll("[data-rule]");
  const say = document.querySelector("main").dataset;
  let timer = 0;
  let asking = null;

  const show = (visible) => {
    field.type = visible ? "text" : "password";
    toggle.setAttribute("aria-pressed", String(visible));
    toggle.textContent = visible ? say.hide : say.show;
  };

  const mark = (item, state) => {
    item.className = state;
    item.querySelector(".word").textContent = state ? say[state] : "";
  };

  const unmark = () => {
    for (const item of rules) mark(item, "");
    meter.hidden = strength.hidden = true;
    word.textContent = "";
  };

  const found = ({ met, strength: level, word: told }) => {
    for (const item of rules) mark(item, met.includes(item.dataset.rule) ? "met" : "unmet");
    meter.dataset.strength = String(level);
    meter.hidden = strength.hidden = false;
    if (word.textContent !== told) word.textContent = told; // told once, not at every key
    if (level && met.length === rules.length) field.removeAttribute("aria-invalid");
  };

  const ended = (told) => {
    over.textContent = told;
    over.hidden = false;
    send.disabled = true;
  };

  const ask = async (text) => {
    asking = new AbortController();
    const mine = asking;
    const patience = setTimeout(() => mine.abort("late"), PATIENCE);
    try {
      const answer = await fetch("/step-up/enter/check", {
        method: "POST",
        headers: { "Content-Type": "application/json", "Accept-Language": document.documentElement.lang },
        body: JSON.stringify({ password: text, check: form.elements.check.value }),
        signal: mine.signal,
        referrerPolicy: "no-referrer",
      });
      const told = await answer.json();
      if (mine !== asking) return;
      unsure.hidden = answer.ok || OVER.has(answer.status);
      if (answer.ok) found(told);
      else if (OVER.has(answer.status)) ended(told.text);
      else later(Number(answer.headers.get("Retry-After")) * 1000 || PATIENCE);
    } catch {
      if (mine !== asking) return; // a newer question took its place
      unsure.hidden = false;
      later(PATIENCE);
    } finally {
      clearTimeout(patience);
    }
  };

  const stop = () => {
    clearTimeout(timer);
    const before = asking;
    asking = null;
    before?.abort("newer");
  };

  const later = (wait) => {
    stop();
    timer = setTimeout(() => {
      if (field.value) ask(field.value);
    }, wait);
  };

  toggle.hidden = false;
  toggle.addEventListener("click", () => {
    show(field.type === "password");
    field.focus();
  });

  const typed = () => {
    if (!field.value) {
      stop();
      unmark();
    } else {
      later(PAUSE);
    }
  };

  field.addEventListener("input", typed);

  form.addEventListener("submit", () => {
    stop();
    show(false); // so that no browser keeps it among what was typed into ordinary fields
    send.disabled = true; // pressed twice is sent once
  });

  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    field.value = ""; // came back by the browser's memory of the page
    send.disabled = false;
    unmark();
  });

  if (field.value) typed(); // by a quick hand, or a password manager, before this script was here
})();
