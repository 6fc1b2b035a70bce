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

function counted(number, one, several = `${one}s`) {
  return `${number.toLocaleString("en")} ${number === 1 ? one : several}`;
}

function signed(number) {
  return number > 0 ? `+${number}` : String(number).replace("-", "−");
}
