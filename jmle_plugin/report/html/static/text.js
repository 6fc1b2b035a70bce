"use strict";
// What every page uses: the data, elements, and texts of others, which are not trusted.

const page = JSON.parse(document.getElementById("data").textContent);

/** An element with attributes and children; strings become text, never markup. */
function h(name, attributes = {}, ...children) {
  return filled(document.createElement(name), attributes, children);
}

function svg(name, attributes = {}, ...children) {
  return filled(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.flat(Infinity).filter((child) => child != null && child !== false));
  return element;
}

/** Japanese text among English. */
function ja(text, attributes = {}) {
  return h("span", { lang: "ja", ...attributes }, text);
}

// The language: the one chosen before, else the browser's first that there is, else English.

const languages = { ja: "日本語", en: "English" };
const remembered = "jmle-language";
let spoken = "en";

function firstLanguage() {
  let kept = null;
  try { kept = localStorage.getItem(remembered); } catch { /* a browser may keep nothing for a file */ }
  const wanted = [kept, ...navigator.languages.map((name) => name.split("-")[0])];
  return wanted.find((name) => name in languages) ?? "en";
}

function template(key, language = spoken) {
  const texts = page.texts[language];
  return texts[key] ?? texts[`${key}.title`];
}

/** A text of ours, in the language in force unless another is named, its places filled with strings. */
function t(key, values = {}, language = spoken) {
  return template(key, language).replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

/** The same as nodes: its places may be filled with elements. */
function nodes(key, values) {
  return template(key).split(/\{(\w+)\}/).map((part, n) => (n % 2 ? values[part] : part));
}

/** A count in words: `{number} questions`. */
function counted(number, what) {
  const one = number === 1 && page.texts[spoken][`count.${what}.one`];
  return (one || page.texts[spoken][`count.${what}.other`]).replace("{number}", number.toLocaleString("en"));
}

/** An official Japanese term, with its English beside it where English is spoken. */
function both(key) {
  return spoken === "ja" ? t(key) : [ja(t(key, {}, "ja")), ` ${t(key)}`];
}

/** Speak a language, and draw everything in it. */
function speak(language) {
  spoken = language;
  document.documentElement.lang = language;
  hear(page.words[language]);
  drawPage();
}

/** The switch between languages, which draws the page again. */
function languageSwitch() {
  const buttons = Object.entries(languages).map(([name, text]) => h("button", { type: "button", lang: name, "aria-pressed": String(name === spoken) }, text));
  const group = h("div", { class: "languages", role: "group", "aria-label": t("language") }, buttons);
  group.addEventListener("click", (event) => {
    const language = event.target.closest("button")?.lang;
    if (!language || language === spoken) return;
    try { localStorage.setItem(remembered, language); } catch { /* then it is asked for again */ }
    speak(language);
    document.querySelector(`.languages [lang="${language}"]`).focus();
  });
  return group;
}

// Controls, marks that turn the direction, lone surrogates: readers must see them.
const hidden =
  /([\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff])\1*/g;

function codeOf(sign) {
  const code = sign.codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
  return `U+${code}${sign.length > 1 ? ` ×${sign.length}` : ""}`;
}

/** Foreign text as strings, and elements for what is hidden in it. */
function pieces(text) {
  const plain = String(text).replaceAll("\r\n", "\n");
  const found = [];
  let end = 0;
  for (const match of plain.matchAll(hidden)) {
    if (match.index > end) found.push(plain.slice(end, match.index));
    found.push(h("span", { class: "hidden-sign" }, codeOf(match[0])));
    end = match.index + match[0].length;
  }
  if (end < plain.length) found.push(plain.slice(end));
  return found;
}

/** Foreign text, isolated, with what is hidden in it made visible. */
function foreign(text, attributes = {}) {
  return h("bdi", attributes, pieces(text));
}

/** The same where only a string will do: attributes, choices in a list. */
function visible(text) {
  return String(text).replace(hidden, codeOf);
}

/** Labels and their texts, those without text left out. */
function facts(pairs, attributes = {}) {
  return h(
    "dl",
    { class: "facts", ...attributes },
    pairs.map(([label, value]) => h("div", {}, h("dt", {}, label), h("dd", {}, value))),
  );
}

function signed(number) {
  return number > 0 ? `+${number}` : String(number).replace("-", "−");
}
