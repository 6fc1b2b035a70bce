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

/** Points, their interval and the questions without figures, as parts of what can be earned. */
function strip(row, from) {
  const at = (points, all) => (100 * ((all ? points / all : 0) - from)) / (1 - from || 1);
  const { points, max } = row.total;
  const text = at(row.text_only.points, row.text_only.max);
  const told = row.interval ? `${row.interval[0]} to ${row.interval[1]} of ${max}` : "unknown";
  return svg("svg", { viewBox: "0 0 100 10", preserveAspectRatio: "none", role: "img", "aria-label": `points ${points}, interval ${told}` },
    svg("line", { class: "axis", x1: 0, x2: 100, y1: 9.5, y2: 9.5, "vector-effect": "non-scaling-stroke" }),
    row.interval && svg("line", { class: "range", x1: at(row.interval[0], max), x2: at(row.interval[1], max), y1: 5, y2: 5, "vector-effect": "non-scaling-stroke" }),
    row.text_only.max ? svg("rect", { class: "tick", x: text - 0.3, y: 0.5, width: 0.6, height: 9 }) : null,
    svg("ellipse", { class: "dot", cx: at(points, max), cy: 5, rx: 2, ry: 3.4 }));
}

function verdictOf(row) {
  const [japanese, english] = seals[row.verdict];
  return h("span", { class: `verdict ${row.verdict}` }, ja(japanese), ` ${english}`);
}

/** How a cell of each form is shown, and the class of its column; `text` as it is. */
const forms = {
  text: ["number", (text) => foreign(text)],
  name: ["name", (_text, row) => linkedName(row)],
  of: ["number", (text) => of_(...text.split("/"))],
  strip: ["", (_text, row, from) => strip(row, from)],
  verdict: ["", (_text, row) => verdictOf(row)],
  vision: ["middle", (text, row) => h("span", { role: "img", "aria-label": row.images }, text)],
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
    const head = h("th", { scope: "col", class: classOf(column) }, column.keys ? h("button", { type: "button" }, title) : title);
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
  const label = `${table.title}${table.difference ? `, table ${n + 1}` : ""}`;
  return h("section", { class: "board", "aria-label": label },
    table.difference && h("p", { class: "difference" }, foreign(table.difference)),
    h("h2", { lang: "ja" }, foreign(table.title)),
    h("p", { class: "table-facts" }, table.facts.map((fact) => foreign(fact))),
    table.rows.length ? rankingOf(table.columns, table.rows, `${label}: ranks`, "", (row) => (row.verdict === "pass" ? "passed" : "failed")) : null,
    table.text_only.length ? rankingOf(table.text_only_columns, table.text_only, `${label}: ${table.text_only_title}`, table.text_only_title, () => "") : null,
    table.unranked.length ? rankingOf(table.unranked_columns, table.unranked, `${label}: ${table.unranked_title}`, table.unranked_title, () => "") : null,
    h("ul", { class: "notes" }, [...table.notes, ...page.legend].map((note) => h("li", {}, note))),
    heatOf(table, n));
}

document.getElementById("masthead").append(
  h("h1", {}, ja("順位表"), " Leaderboard"), h("p", {}, counted(page.tables.reduce((sum, one) => sum + one.rows.length + one.unranked.length, 0), "run")));
document.getElementById("boards").append(...page.tables.map(boardOf));
