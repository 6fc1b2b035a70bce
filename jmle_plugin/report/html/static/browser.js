"use strict";
// The list of questions: rows, keys and links.

const list = document.getElementById("list");
const panel = document.getElementById("question");
const help = document.getElementById("help");
const section = document.getElementById("questions");
const browser = document.querySelector(".browser");
const frame = document.getElementById("list-frame");
const wide = matchMedia("(min-width: 60rem)");
const more = document.getElementById("more");
const batch = 1000; // rows drawn at once; few exams have more
const rows = new Map();
let shown = [];
let order = "exam";
let weights = null;
let drawn = 0;
let opened = null;

/** What a question was ordered by, for its row; the points where that is all there is to say. */
function worth(question) {
  const weight = weights?.get(question.id);
  if (order === "tokens" && weight) return [weight.toLocaleString("en"), t("row.tokens", { number: weight.toLocaleString("en") })];
  if (order === "cost" && weight) return [dollars(weight), dollars(weight)];
  if (order === "human" && question.human != null) return [`${Math.round(100 * question.human)}%`, t("row.human", { share: `${Math.round(100 * question.human)}%` })];
  const points = question.points ?? Math.max(0, ...page.runs.map((run) => marked(run, question.id)?.max ?? 0));
  return [points, counted(points, "points")];
}

/** Show what the filters ask for. */
function sift() {
  [shown, order, weights] = sifted();
  list.replaceChildren();
  drawn = 0;
  draw(batch);
  document.getElementById("none").hidden = shown.length > 0;
  document.getElementById("count").textContent = shown.length === page.questions.length
    ? counted(shown.length, "questions")
    : t("count.some", { some: shown.length.toLocaleString("en"), all: counted(page.questions.length, "questions") });
}

/** Draw the list up to so many rows. */
function draw(number) {
  const added = shown.slice(drawn, number).map((question) => {
    const row = rowFor(question.id);
    const [figure, meaning] = worth(question);
    const place = row.querySelector(".worth");
    place.textContent = figure;
    place.title = meaning;
    return row;
  });
  list.append(...added);
  drawn += added.length;
  more.hidden = drawn >= shown.length;
}

function rowFor(id) {
  if (!rows.has(id)) rows.set(id, rowOf(byId.get(id)));
  return rows.get(id);
}

function rowOf(question) {
  const text = (question.text ?? "").replace(/^\s*\d+\s+/, "").slice(0, 90);
  return h("li", { "data-id": question.id }, h(
    "a", { href: `#${encodeURIComponent(question.id)}` },
    h("span", { class: "id" }, foreign(question.id)),
    h("span", { class: "signs" }, page.runs.map((run) => sign(outcomeOf(run, question.id), several ? run.title : ""))),
    h("span", { class: "worth" }),
    foreign(text, { class: "snippet", lang: "ja" }),
    question.figures?.length ? h("span", { class: "has-figure", role: "img", "aria-label": t("row.image"), title: t("row.image") }, "▣") : null,
  ));
}

/** The keys, and what they do. */
function keyList() {
  const known = [[["j", "k"], "step"], [["↓", "↑"], "arrows"], [["Enter"], "open"], [["/"], "search"], [["Esc"], "escape"], [["?"], "help"]];
  return h("dl", {}, known.map(([names, what]) => h("div", {},
    h("dt", {}, names.map((name, n) => [n ? " " : "", h("kbd", {}, name)])), h("dd", {}, t(`help.${what}`)))));
}

/** What stands around the questions. */
function drawFrame() {
  document.getElementById("questions-title").replaceChildren(...[both("questions")].flat());
  document.getElementById("help-button").replaceChildren(`${t("help")} `, h("kbd", {}, "?"));
  filters.setAttribute("aria-label", t("questions"));
  frame.setAttribute("aria-label", t("questions.found"));
  more.textContent = t("questions.more");
  document.getElementById("none").textContent = t("questions.none");
  help.replaceChildren(h("h2", { id: "help-title" }, t("help")), keyList(),
    h("form", { method: "dialog" }, h("button", {}, t("help.close"))));
}

/** Everything, in the language in force; what was opened and chosen stays. */
function drawPage() {
  document.title = visible([page.exam.title, page.runs.map((run) => run.title).join(t("items"))].join(" · "));
  const open = [...document.querySelectorAll("#sheets details")].map((one) => one.open);
  drawSheets();
  document.querySelectorAll("#sheets details").forEach((one, n) => { one.open ||= Boolean(open[n]); });
  drawFrame();
  redrawFilters();
  rows.clear();
  sift();
  openQuestion(opened);
}

/** Take over the sentences of a language. */
function hear(words) {
  formTitles = words.forms;
  page.missing = words.missing;
  page.runs.forEach((run, n) => Object.assign(run, words.runs[n], {
    comparison: run.compared && { ...run.compared, ...words.runs[n].comparison },
  }));
}

/** What stands where a question will. */
function hint() {
  return h("div", { class: "hint quiet" }, h("p", {}, t("questions.choose")), keyList());
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
  draw(shown.indexOf(byId.get(id)) + 1);
  const row = rowFor(id);
  row.firstChild.setAttribute("aria-current", "true");
}

/** Let the list end where the window does, once head and filters are at the window's top. */
function fit() {
  const [above, below] = [section, browser].map((one) => one.getBoundingClientRect().top);
  frame.style.setProperty("--above", `${below + browser.clientTop - above}px`);
}

/** Scroll the list, and never the page, to where a row is seen. */
function reveal(row) {
  if (!row.isConnected) return;
  const [inside, at] = [frame, row].map((one) => one.getBoundingClientRect());
  if (at.top < inside.top || at.bottom > inside.bottom) {
    frame.scrollTop += at.top - inside.top - (inside.height - at.height) / 2;
  }
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
    (wide.matches ? section : panel).scrollIntoView({ block: "start" });
    reveal(rowFor(id));
    (wide.matches ? rowFor(id).firstChild : panel).focus({ preventScroll: true });
    return;
  }
  if (opened !== null && id !== "") openQuestion(null);
  const target = document.getElementById(id);
  if (target?.matches("details")) target.open = true;
}

/** Go on by so many questions, from the one named, that has the focus or is open. */
function step(by, from = null) {
  if (!shown.length) return;
  const focused = document.activeElement.closest?.("#list li")?.dataset.id;
  const current = byId.get(from ?? focused ?? opened);
  const place = Math.min(Math.max(shown.indexOf(current) + by, 0), shown.length - 1);
  const next = shown[place];
  draw(place + 1);
  const row = rowFor(next.id);
  row.firstChild.focus({ preventScroll: true });
  if (wide.matches) {
    reveal(row);
    const { top, bottom } = row.getBoundingClientRect();
    // Where the list or the beginning of a question would be out of the window.
    if (top < 0 || bottom > innerHeight || panel.getBoundingClientRect().top < 0) section.scrollIntoView();
  } else {
    row.scrollIntoView({ block: "nearest" });
  }
  if (wide.matches || opened !== null) {
    history.replaceState(null, "", `#${encodeURIComponent(next.id)}`);
    openQuestion(next.id);
  }
}

/** Whether arrows are for the questions: elsewhere they scroll, as they do on any page. */
function inUse(target) {
  const { top, bottom } = browser.getBoundingClientRect();
  const chosen = target.closest?.("#list") || (target === document.body && opened !== null);
  return chosen && top < innerHeight && bottom > 0;
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
  const arrow = inUse(event.target) && { ArrowDown: keys.j, ArrowUp: keys.k }[event.key];
  const act = arrow || keys[event.key];
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

speak(firstLanguage());
fit();
new ResizeObserver(fit).observe(filters);
filters.addEventListener("input", sift);
filters.addEventListener("reset", () => setTimeout(sift));
filters.addEventListener("submit", (event) => event.preventDefault());
more.addEventListener("click", () => draw(drawn + batch));
new IntersectionObserver((seen) => seen.some((one) => one.isIntersecting) && draw(drawn + batch)).observe(more);
document.getElementById("help-button").addEventListener("click", () => help.showModal());
addEventListener("hashchange", follow);
addEventListener("beforeprint", () => {
  document.querySelectorAll("details.run").forEach((one) => (one.open = true));
  document.querySelectorAll(".changes + button").forEach((one) => one.click());
  draw(shown.length);
});
follow();
