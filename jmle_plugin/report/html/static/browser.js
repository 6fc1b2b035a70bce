"use strict";
// The list of questions: rows, keys and links.

const list = document.getElementById("list");
const panel = document.getElementById("question");
const help = document.getElementById("help");
const wide = matchMedia("(min-width: 60rem)");
const rows = new Map();
let shown = [];
let opened = null;

/** What a question was ordered by, for its row; the points where that is all there is to say. */
function worth(question, order, weights) {
  const weight = weights?.get(question.id);
  if (order === "tokens" && weight) return [weight.toLocaleString("en"), "tokens"];
  if (order === "cost" && weight) return [dollars(weight), ""];
  if (order === "human" && question.human != null) return [`${Math.round(100 * question.human)}%`, "of people right"];
  const points = question.points ?? Math.max(0, ...page.runs.map((run) => marked(run, question.id)?.max ?? 0));
  return [points, points === 1 ? "point" : "points"];
}

/** Show what the filters ask for. */
function sift() {
  const [found, order, weights] = sifted();
  shown = found;
  for (const question of shown) {
    const [figure, unit] = worth(question, order, weights);
    const place = rows.get(question.id).querySelector(".worth");
    place.textContent = figure;
    place.title = `${figure} ${unit}`.trim();
  }
  list.replaceChildren(...shown.map((question) => rows.get(question.id)));
  document.getElementById("none").hidden = shown.length > 0;
  document.getElementById("count").textContent = shown.length === page.questions.length
    ? counted(shown.length, "question") : `${shown.length.toLocaleString("en")} of ${counted(page.questions.length, "question")}`;
}

function rowOf(question) {
  const text = (question.text ?? "").replace(/^\s*\d+\s+/, "").slice(0, 90);
  return h("li", {}, h(
    "a", { href: `#${encodeURIComponent(question.id)}` },
    h("span", { class: "id" }, foreign(question.id)),
    h("span", { class: "signs" }, page.runs.map((run) => sign(outcomeOf(run, question.id), several ? run.title : ""))),
    h("span", { class: "worth" }),
    foreign(text, { class: "snippet", lang: "ja" }),
    question.figures?.length ? h("span", { class: "has-figure", role: "img", "aria-label": "with image", title: "with image" }, "▣") : null,
  ));
}

/** What stands where a question will. */
function hint() {
  const told = document.querySelector("#help dl").cloneNode(true);
  return h("div", { class: "hint quiet" }, h("p", {}, "Choose a question from the list."), told);
}

function openQuestion(id) {
  rows.get(opened)?.firstChild.removeAttribute("aria-current");
  opened = id;
  document.body.classList.toggle("opened", id !== null);
  if (id === null) {
    panel.replaceChildren(hint());
    return;
  }
  panel.replaceChildren(...questionOf(byId.get(id)).filter(Boolean));
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

/** Go on by so many questions, from the one named, that has the focus or is open. */
function step(by, from = null) {
  if (!shown.length) return;
  const focused = document.activeElement.closest?.("#list li");
  const current = rows.get(from) ?? focused ?? rows.get(opened);
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

panel.addEventListener("click", (event) => {
  const button = event.target.closest(".turn button");
  if (!button) return;
  if (button.matches(".close")) { closeQuestion(); return; }
  step(Number(button.dataset.step), opened);
  panel.querySelector(`[data-step="${button.dataset.step}"]`)?.focus();
  if (!wide.matches) panel.scrollIntoView({ block: "start" });
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
list.classList.toggle("long", rows.size > 1000);
sift();
openQuestion(null);
follow();
