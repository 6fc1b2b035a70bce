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

const unknownLast = (row) => row.cost.usd ?? Infinity;

/** Title, class, what it is sorted by (null: not at all), whether more is better, cell. */
function columnsOf(table) {
  const edges = table.rows.flatMap((row) => [
    row.interval ? row.interval[0] / row.total.max : 1, row.text_only.max ? row.text_only.points / row.text_only.max : 1]);
  const from = Math.max(0, Math.floor(20 * Math.min(1, ...edges)) / 20);
  const several = table.rows.length > 1;
  return [
    ["Rank", "number", (row) => row.rank, false, (row) => String(row.rank)],
    ["Model", "name", (row) => row.name.toLowerCase(), false, linkedName],
    ["Points", "number points", (row) => row.total.points, true, (row) => of_(row.total.points, row.total.max)],
    [`${page.level} on another exam`, "", null, false, (row) => strip(row, from)],
    ["Interval", "number", (row) => row.interval?.[0] ?? -1, true, (row) => row.interval_text],
    several && ["Ranks left open", "number", (row) => row.ranks[0] + row.ranks[1], false, (row) => row.ranks_text],
    several && ["To the row above, p", "number", null, false, (row) => h("span", { class: row.noise ? "noise" : "" }, row.above)],
    ["Verdict", "", (row) => row.verdict, true, verdictOf],
    ["Vision", "middle", (row) => row.vision, false, (row) => h("span", { role: "img", "aria-label": row.images }, row.vision)],
    ["Correct", "number", (row) => row.total.correct, true, (row) => of_(row.total.correct, row.total.questions)],
    ["Text-only points", "number", (row) => row.text_only.points, true, (row) => of_(row.text_only.points, row.text_only.max)],
    ["Text-only correct", "number", (row) => row.text_only.correct, true, (row) => of_(row.text_only.correct, row.text_only.questions)],
    table.priced && ["Cost", "number", unknownLast, false, (row) => row.cost_text],
    table.epochs && ["Epochs", "number", (row) => row.epochs, true, (row) => String(row.epochs)],
  ].filter(Boolean);
}

function verdictOf(row) {
  const [japanese, english] = seals[row.verdict];
  return h("span", { class: `verdict ${row.verdict}` }, ja(japanese), ` ${english}`);
}

function rankingOf(table, label) {
  const columns = columnsOf(table);
  const body = h("tbody", {});
  const heads = columns.map(([title, kind, key, down]) => {
    const head = h("th", { scope: "col", class: kind }, key ? h("button", { type: "button" }, title) : title);
    if (key) head.firstChild.addEventListener("click", () => sort(head, key, down));
    return head;
  });
  const lines = new Map(table.rows.map((row) => [row, h("tr", { class: row.verdict === "pass" ? "passed" : "failed" },
    columns.map(([title, kind, , , cell]) => h(title === "Model" ? "th" : "td", { class: kind, scope: title === "Model" ? "row" : null }, cell(row))))]));
  function sort(head, key, down) {
    const again = head.getAttribute("aria-sort");
    const ascending = again ? again === "descending" : !down;
    for (const one of heads) one.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", ascending ? "ascending" : "descending");
    const compare = (one, other) => (key(one) < key(other) ? -1 : key(one) > key(other) ? 1 : 0);
    const sorted = [...table.rows].sort((one, other) => (ascending ? compare(one, other) : compare(other, one)));
    body.replaceChildren(...sorted.map((row) => lines.get(row)));
  }
  heads[0].setAttribute("aria-sort", "ascending");
  body.append(...lines.values());
  return h("div", { class: "scroll ranking", role: "region", tabindex: "0", "aria-label": label },
    h("table", {}, h("caption", { class: "unseen" }, label), h("thead", {}, h("tr", {}, heads)), body));
}

function unrankedOf(table, label) {
  const titles = ["Model", "Why", "Points", "Correct", "Vision", "Errors", "Cost"];
  const line = (row) => h("tr", {}, h("th", { scope: "row" }, linkedName(row)), h("td", {}, row.why),
    h("td", {}, of_(row.total.points, row.total.max)), h("td", {}, of_(row.total.correct, row.total.questions)),
    h("td", {}, h("span", { role: "img", "aria-label": row.images }, row.vision)), h("td", {}, String(row.errors)), h("td", {}, row.cost_text));
  return h("div", { class: "scroll ranking unranked", role: "region", tabindex: "0", "aria-label": `${label}: ${table.unranked_title}` },
    h("table", {}, h("caption", {}, table.unranked_title),
      h("thead", {}, h("tr", {}, titles.map((title) => h("th", { scope: "col" }, title)))),
      h("tbody", {}, table.unranked.map(line))));
}

function boardOf(table, n) {
  const label = `${table.title}${table.difference ? `, table ${n + 1}` : ""}`;
  return h("section", { class: "board", "aria-label": label },
    table.difference && h("p", { class: "difference" }, foreign(table.difference)),
    h("h2", { lang: "ja" }, foreign(table.title)),
    h("p", { class: "table-facts" }, table.facts.map((fact) => foreign(fact))),
    table.rows.length ? rankingOf(table, `${label}: ranks`) : null,
    table.unranked.length ? unrankedOf(table, label) : null,
    h("ul", { class: "notes" }, [...table.notes, ...page.legend].map((note) => h("li", {}, note))),
    heatOf(table, n));
}

document.getElementById("masthead").append(
  h("h1", {}, ja("順位表"), " Leaderboard"), h("p", {}, counted(page.tables.reduce((sum, one) => sum + one.rows.length + one.unranked.length, 0), "run")));
document.getElementById("boards").append(...page.tables.map(boardOf));
