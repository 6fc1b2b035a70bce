"use strict";
// Runs side by side: the table, which can be sorted, and every question in every run.

const letters = { c: "correct", i: "incorrect", n: "no_answer", e: "error", "-": "none" };
const readout = document.getElementById("readout");

function nameOf(row) {
  return [foreign(row.name), row.scripted ? "*" : null];
}

function pageOf(row, id = "") {
  return row.page + (id ? `#${encodeURIComponent(id)}` : "");
}

function linkedName(row) {
  return row.page ? h("a", { href: pageOf(row) }, nameOf(row)) : nameOf(row);
}

function of_(figure, all) {
  return [String(figure), h("span", { class: "of" }, `/${all}`)];
}

/** A picture of points as parts of what can be earned; `marks` are drawn by their places, 0 to 1. */
function scale(name, attributes, from, marks) {
  const at = (share) => `${(100 * (share - from)) / (1 - from || 1)}%`;
  return svg("svg", { role: "img", "aria-label": name, ...attributes }, marks(at));
}

/** A mark of each kind: round and upright at every width, for only places are parts of it. */
const marksOf = {
  range: (from, to, y = 50) => svg("line", { class: "range", x1: from, x2: to, y1: `${y}%`, y2: `${y}%` }),
  tick: (x) => svg("line", { class: "tick", x1: x, x2: x, y1: "8%", y2: "92%" }),
  dot: (x) => svg("circle", { class: "dot", cx: x, cy: "50%", r: 4.5 }),
};

/** Points, their interval and the questions without figures. */
function strip(row, from) {
  const { points, max } = row.total;
  const [low, high] = row.interval ?? [];
  const name = row.interval ? t("board.strip", { points, low, high, max }) : t("board.strip_unknown", { points });
  return scale(name, { class: "strip" }, from, (at) => [
    axisMarks(from).map((share) => svg("line", { class: "grid", x1: at(share), x2: at(share), y1: 0, y2: "100%" })),
    row.interval && marksOf.range(at(low / max), at(high / max)),
    row.text_only.max ? marksOf.tick(at(row.text_only.points / row.text_only.max)) : null,
    marksOf.dot(at(points / max)),
  ]);
}

/** Round shares from where the axis begins to the whole. */
function axisMarks(from) {
  const step = 1 - from > 0.5 ? 0.25 : 1 - from > 0.2 ? 0.1 : 0.05;
  const marks = [];
  for (let share = Math.ceil((from - 1e-9) / step) * step; share < 1 + 1e-9; share += step) marks.push(share);
  return marks;
}

/** The axis of a table's pictures, with its figures. */
function axisOf(from) {
  return scale(t("board.axis"), { class: "strip figures" }, from, (at) => axisMarks(from).map((share) =>
    svg("text", { x: at(share), y: "85%" }, String(Math.round(100 * share)))));
}

/** What every mark of the table is. */
function markLegend(table) {
  const example = (kind, passed = true) => h("i", { class: passed ? "passed" : "failed" },
    svg("svg", { class: "strip", "aria-hidden": "true" }, kind === "range" ? marksOf.range("15%", "85%") : marksOf[kind]("50%")));
  const verdicts = new Set(table.rows.map((row) => row.verdict === "pass"));
  const known = [
    verdicts.has(true) && [example("dot"), t("board.passed")],
    verdicts.has(false) && [example("dot", false), t("board.failed")],
    table.rows.some((row) => row.text_only.max) && [example("tick"), t("board.text_only")],
    table.rows.some((row) => row.interval) && [example("range"), t("board.band", { level: page.level })],
  ].filter(Boolean);
  return h("p", { class: "legend", role: "group", "aria-label": t("board.legend") },
    known.map(([mark, text]) => h("span", {}, mark, text)), h("span", {}, t("board.axis")));
}

function verdictOf(row) {
  return h("span", { class: `verdict ${row.verdict}` }, both(`seal.${row.verdict}`));
}

/** How a cell of each form is shown, and the class of its column; `text` as it is. */
const forms = {
  text: ["number", (text) => foreign(text)],
  name: ["name", (_text, row) => linkedName(row)],
  of: ["number", (text) => of_(...text.split("/"))],
  strip: ["", (_text, row, from) => strip(row, from)],
  verdict: ["", (_text, row) => verdictOf(row)],
  vision: ["middle", (text, row) => h("span", { role: "img", "aria-label": t(`board.images.${row.images}`) }, text)],
  noise: ["number", (text, row) => h("span", { class: row.noise ? "noise" : "" }, text)],
};

/** A table of rows, sorted by a click where a column says by what. */
function rankingOf(columns, rows, label, caption, kindOf) {
  const edges = rows.flatMap((row) => [
    row.interval ? row.interval[0] / row.total.max : 1, row.text_only.max ? row.text_only.points / row.text_only.max : 1]);
  const from = Math.max(0, Math.floor(20 * Math.min(1, ...edges)) / 20);
  const body = h("tbody", {});
  const classOf = (column) => (column.left && column.form === "text" ? "" : forms[column.form][0]);
  const heads = columns.map((column) => {
    const title = column.title.charAt(0).toUpperCase() + column.title.slice(1);
    const head = h("th", { scope: "col", class: classOf(column) }, column.keys ? h("button", { type: "button" }, title) : title,
      column.form === "strip" ? axisOf(from) : null);
    if (column.keys) head.firstChild.addEventListener("click", () => sort(head, column));
    return head;
  });
  const lines = rows.map((row, n) => h("tr", { class: kindOf(row) }, columns.map((column) => {
    const named = column.form === "name";
    const cell = forms[column.form][1](column.cells[n], row, from);
    return h(named ? "th" : "td", { class: classOf(column), scope: named ? "row" : null }, cell);
  })));
  function sort(head, { keys, most_first: mostFirst }) {
    const again = head.getAttribute("aria-sort");
    const ascending = again ? again === "descending" : !mostFirst;
    for (const one of heads) one.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", ascending ? "ascending" : "descending");
    const compare = (one, other) => (keys[one] < keys[other] ? -1 : keys[one] > keys[other] ? 1 : 0);
    const sorted = [...rows.keys()].sort((one, other) => (ascending ? compare(one, other) : compare(other, one)));
    body.replaceChildren(...sorted.map((n) => lines[n]));
  }
  if (!caption) heads[0].setAttribute("aria-sort", "ascending");
  body.append(...lines);
  return h("div", { class: `scroll ranking${caption ? " further" : ""}`, role: "region", tabindex: "0", "aria-label": label },
    h("table", {}, h("caption", caption ? {} : { class: "unseen" }, caption || label), h("thead", {}, h("tr", {}, heads)), body));
}

function boardOf(table, n) {
  const label = table.difference ? t("board.of_table", { title: table.heading, number: n + 1 }) : table.heading;
  const points = table.columns.some((column) => column.form === "strip");
  return h("section", { class: "board", "aria-label": label },
    table.difference && h("p", { class: "difference" }, foreign(table.difference)),
    h("h2", { lang: "ja" }, foreign(table.heading)),
    h("p", { class: "table-facts" }, table.facts.map((fact) => foreign(fact))),
    table.rows.length && points ? markLegend(table) : null,
    table.rows.length ? rankingOf(table.columns, table.rows, t("board.ranks", { title: label }), "", (row) => (row.verdict === "pass" ? "passed" : "failed")) : null,
    table.text_only.length ? rankingOf(table.text_only_columns, table.text_only, t("board.part", { title: label, part: table.text_only_title }), table.text_only_title, () => "") : null,
    table.unranked.length ? rankingOf(table.unranked_columns, table.unranked, t("board.part", { title: label, part: table.unranked_title }), table.unranked_title, () => "") : null,
    h("ul", { class: "notes" }, [...table.notes, ...page.legend].map((note) => h("li", {}, note))),
    strataOf(table, label),
    heatOf(table, n));
}

/** Take over the sentences of a language. */
function hear(words) {
  formTitles = words.forms;
  page.legend = words.legend;
  page.tables.forEach((table, n) => Object.assign(table, words.tables[n]));
}

/** Everything, in the language in force. */
function drawPage() {
  const chosen = [...document.querySelectorAll(".heat-filters")].map((form) => Object.fromEntries(new FormData(form)));
  const runs = page.tables.reduce((sum, one) => sum + one.rows.length + one.unranked.length, 0);
  document.title = visible(`${t("board")} · ${[...new Set(page.tables.map((table) => table.title))].join(t("items"))}`);
  document.getElementById("masthead").replaceChildren(
    h("h1", {}, both("board")), h("p", {}, counted(runs, "runs")), languageSwitch());
  document.getElementById("boards").replaceChildren(...page.tables.map(boardOf));
  document.querySelectorAll(".heat-filters").forEach((form, n) => {
    for (const [name, value] of Object.entries(chosen[n] ?? {})) form.elements[name].value = value;
    form.dispatchEvent(new Event("input"));
  });
  readout.setAttribute("aria-label", t("board.pointed"));
  readout.hidden = true;
}

speak(firstLanguage());
