"use strict";
// The list of questions: filters, search, order, keys and links.

const list = document.getElementById("list");
const panel = document.getElementById("question");
const filters = document.getElementById("filters");
const help = document.getElementById("help");
const wide = matchMedia("(min-width: 60rem)");
const rows = new Map();
let shown = [];
let opened = null;

function choice(name, label, options) {
  const given = options.filter(Boolean);
  return h("label", {}, h("span", {}, label),
    h("select", { name }, given.map(([value, text]) => h("option", { value }, text))));
}

function drawFilters() {
  const known = page.blocks.length > 0;
  const sections = Object.entries(page.runs[0].sheet.sections);
  const compared = page.runs.some((run) => run.comparison);
  const epochs = page.runs.some((run) => run.sheet.epochs);
  const several = page.runs.length > 1;
  filters.append(...[
    h("label", { class: "search" }, h("span", {}, "Search ", h("kbd", {}, "/")), h("input", { type: "search", name: "search", autocomplete: "off", spellcheck: "false" })),
    several && choice("run", "Run", [["", "any run"], ...page.runs.map((run, n) => [n, run.title])]),
    known && choice("block", "Block", [["", "all"], ...page.blocks.map((name) => [name, name])]),
    known && choice("section", "Section", [["", "all"], ...sections.map(([name, one]) => [name, one.title])]),
    known && choice("form", "Kind", [["", "all"], ...Object.entries(forms)]),
    choice("outcome", "Outcome", [["", "all"], ["missed", "not correct"], ...Object.entries(outcomes).map(([name, [, word]]) => [name, word])]),
    known && choice("image", "Image", [["", "any"], ["with", "with image"], ["without", "without image"]]),
    choice("change", "Special", [
      ["", "any"],
      compared && ["gained", "gained"],
      compared && ["lost", "lost"],
      several && ["differ", "runs differ"],
      epochs && ["epochs", "answer changes by epoch"],
      ["tolerant", "not in the format asked for"],
      ["prohibited", "prohibited choice"],
    ]),
    choice("order", "Order", [["exam", "of the exam"], ["lost", "points lost"], ["points", "points"], ["tokens", "tokens"], ["cost", "cost"]]),
    h("button", { type: "reset" }, "Reset"),
  ].filter(Boolean));
}

function folded(text) {
  return text.normalize("NFKC").toLowerCase();
}

/** Everything of a question that a search looks at; made when it is first needed. */
const haystack = new Map();
function hay(question) {
  if (!haystack.has(question.id)) {
    const serial = page.serials[question.serial]?.text ?? "";
    const options = (question.options ?? []).map(([, text]) => text);
    const replies = page.runs.flatMap((run) => (run.marks[question.id]?.askings ?? [])
      .flatMap((one) => [one.text?.head ?? "", one.text?.tail ?? "", one.error ?? ""]));
    haystack.set(question.id, folded([question.id, question.subject ?? "", question.text ?? "", serial, ...options, ...replies].join("\n")));
  }
  return haystack.get(question.id);
}

const specials = {
  gained: (run, id) => id in (run.comparison?.gained ?? {}),
  lost: (run, id) => id in (run.comparison?.lost ?? {}),
  epochs: (run, id) => run.sheet.epochs?.changing.includes(id),
  tolerant: (run, id) => marked(run, id)?.how === "tolerant",
  prohibited: (run, id) => Boolean(marked(run, id)?.prohibited?.length),
};

function matches(question, wanted, runs) {
  const { id } = question;
  if (wanted.block && question.block !== wanted.block) return false;
  if (wanted.section && question.section !== wanted.section) return false;
  if (wanted.form && question.form !== wanted.form) return false;
  if (wanted.image && Boolean(question.figures?.length) !== (wanted.image === "with")) return false;
  if (wanted.outcome === "missed" && !runs.some((run) => !["correct", "none"].includes(outcomeOf(run, id)))) return false;
  if (wanted.outcome && wanted.outcome !== "missed" && !runs.some((run) => outcomeOf(run, id) === wanted.outcome)) return false;
  if (wanted.change === "differ" && new Set(page.runs.map((run) => outcomeOf(run, id))).size < 2) return false;
  if (wanted.change && wanted.change !== "differ" && !runs.some((run) => specials[wanted.change](run, id))) return false;
  return wanted.search.every((word) => hay(question).includes(word));
}

const orders = {
  exam: null,
  lost: (mark) => mark.max - mark.points,
  points: (mark) => mark.max,
  tokens: (mark) => sum(mark.askings, (one) => (one.tokens?.prompt ?? 0) + (one.tokens?.completion ?? 0)),
  cost: (mark) => sum(mark.askings, (one) => one.cost ?? 0),
};

function sum(values, of_) {
  return values.reduce((total, value) => total + of_(value), 0);
}

/** Show what the filters ask for. */
function sift() {
  const wanted = Object.fromEntries(new FormData(filters));
  wanted.search = folded(wanted.search).split(/\s+/).filter(Boolean);
  const runs = wanted.run ? [page.runs[wanted.run]] : page.runs;
  shown = page.questions.filter((question) => matches(question, wanted, runs));
  const weight = orders[wanted.order];
  if (weight) {
    const weights = new Map(shown.map(({ id }) => [id, sum(runs, (run) => (run.marks[id] ? weight(marked(run, id)) : 0))]));
    shown.sort((one, other) => weights.get(other.id) - weights.get(one.id));
  }
  list.replaceChildren(...shown.map((question) => rows.get(question.id)));
  document.getElementById("none").hidden = shown.length > 0;
  document.getElementById("count").textContent = shown.length === page.questions.length
    ? counted(shown.length, "question") : `${shown.length} of ${counted(page.questions.length, "question")}`;
}

function rowOf(question) {
  const points = question.points ?? Math.max(0, ...page.runs.map((run) => marked(run, question.id)?.max ?? 0));
  const text = (question.text ?? "").replace(/^\s*\d+\s+/, "").slice(0, 90);
  return h("li", {}, h(
    "a", { href: `#${encodeURIComponent(question.id)}` },
    h("span", { class: "id" }, question.id),
    h("span", { class: "signs" }, page.runs.map((run) => sign(outcomeOf(run, question.id)))),
    h("span", { class: "worth", title: counted(points, "point") }, points),
    h("span", { class: "snippet", lang: "ja" }, foreign(text)),
    question.figures?.length ? h("span", { class: "has-figure", role: "img", "aria-label": "with image", title: "with image" }, "▣") : null,
  ));
}

function openQuestion(id) {
  rows.get(opened)?.firstChild.removeAttribute("aria-current");
  opened = id;
  document.body.classList.toggle("opened", id !== null);
  if (id === null) {
    panel.replaceChildren(h("p", { class: "quiet hint" }, "Choose a question, or press j."));
    return;
  }
  panel.replaceChildren(...questionOf(byId.get(id)).filter(Boolean));
  panel.querySelector(".close").addEventListener("click", closeQuestion);
  const row = rows.get(id);
  row.firstChild.setAttribute("aria-current", "true");
  if (row.isConnected) row.scrollIntoView({ block: "nearest" });
}

function closeQuestion() {
  const row = rows.get(opened);
  history.replaceState(null, "", "#questions");
  openQuestion(null);
  if (row?.isConnected) row.firstChild.focus();
}

/** Follow the address: a question's id opens it. */
function follow() {
  let id = location.hash.slice(1);
  try { id = decodeURIComponent(id); } catch { /* no id of ours */ }
  if (byId.has(id)) {
    openQuestion(id);
    (wide.matches ? document.getElementById("questions") : panel).scrollIntoView({ block: "start" });
    return;
  }
  if (opened !== null && id !== "") openQuestion(null);
  const section = document.getElementById(id);
  if (section?.matches("details")) section.open = true;
}

function step(by) {
  if (!shown.length) return;
  const focused = document.activeElement.closest?.("#list li");
  const current = focused ?? rows.get(opened);
  const place = shown.findIndex((question) => rows.get(question.id) === current);
  const next = shown[Math.min(Math.max(place + by, 0), shown.length - 1)];
  rows.get(next.id).firstChild.focus({ preventScroll: true });
  rows.get(next.id).scrollIntoView({ block: "nearest" });
  if (wide.matches || opened !== null) {
    history.replaceState(null, "", `#${encodeURIComponent(next.id)}`);
    openQuestion(next.id);
  }
}

const keys = {
  j: () => step(1),
  k: () => step(-1),
  "/": () => filters.elements.search.focus(),
  "?": () => help.showModal(),
  Escape: () => opened !== null && closeQuestion(),
};

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || help.open) return;
  const field = event.target.closest?.("input, select, textarea");
  if (field) {
    if (event.key === "Escape") field.blur();
    return;
  }
  // Elsewhere the arrows scroll, as they do on any page.
  const arrow = event.target.closest?.("#list") && { ArrowDown: keys.j, ArrowUp: keys.k }[event.key];
  const act = arrow ?? keys[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

drawSheets();
drawFilters();
for (const question of page.questions) rows.set(question.id, rowOf(question));
filters.addEventListener("input", sift);
filters.addEventListener("reset", () => setTimeout(sift));
filters.addEventListener("submit", (event) => event.preventDefault());
document.getElementById("help-button").addEventListener("click", () => help.showModal());
addEventListener("hashchange", follow);
addEventListener("beforeprint", () => document.querySelectorAll("details.run").forEach((one) => (one.open = true)));
sift();
openQuestion(null);
follow();
