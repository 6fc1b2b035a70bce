"use strict";
// Every question in every run: what one got right and others did not.

function outcomeAt(row, n) {
  return letters[row.outcomes[n]];
}

const disagreements = {
  differ: (found) => found.size > 1,
  wrong: (found) => !found.has("correct"),
  right: (found) => found.size === 1 && found.has("correct"),
};

/** The filters, the legend and a grid for each block. */
function heatOf(table, n) {
  const runs = [...table.rows, ...table.unranked];
  const known = table.blocks.length > 0;
  const named = (title) => (page.tables.length > 1 ? t("board.of_table", { title, number: n + 1 }) : title);
  const rows = table.questions.map((question, place) => ({
    question, place, found: new Set(runs.map((row) => outcomeAt(row, place))),
  }));
  // What runs disagree in comes first: of the rest there is nothing to compare.
  const differing = rows.some(({ found }) => disagreements.differ(found));
  const form = h("form", { class: "heat-filters", "aria-label": named(t("questions")) },
    known && pick("block", t("filter.block"), [["", t("filter.all")], ...table.blocks.map((name) => [name, name])]),
    known && pick("form", t("filter.kind"), [["", t("filter.all")], ...formsOf(table.questions)]),
    known && pick("image", t("filter.image"), [["", t("filter.any")], ["with", t("filter.with")], ["without", t("filter.without")]]),
    pick("runs", t("board.runs"), [...(differing ? ["differ"] : []), "", "wrong", "right"].map((name) => [name, t(name ? `board.runs_${name}` : "board.all")])),
    h("button", { type: "reset" }, t("filter.reset")),
    h("p", { class: "count", role: "status" }));
  const frame = h("div", { class: "heats" });
  const parts = known ? table.blocks : [""];
  const cell = cellWidth(runs.length, table.blocks.length);
  frame.style.setProperty("--cell", `${cell}px`);
  const ids = parts.map((block) => table.questions.filter((one) => !block || one.block === block).map((one) => one.id));
  const prefixes = new Map(parts.map((block, n) => [block, shared(ids[n])]));
  frame.style.setProperty("--heat", `${labelWidth(ids, [...prefixes.values()]) + (cell + 1) * runs.length}px`);
  const lines = rows.map((row) => lineOf(row, runs, prefixes.get(known ? row.question.block : "")));

  function sift() {
    const wanted = Object.fromEntries(new FormData(form));
    const kept = rows.filter(({ question, found }) => (!wanted.block || question.block === wanted.block)
      && (!wanted.form || question.form === wanted.form)
      && (!wanted.image || question.image === (wanted.image === "with"))
      && (!wanted.runs || disagreements[wanted.runs](found)));
    frame.replaceChildren(...parts.map((block) => {
      const inside = kept.filter(({ question }) => !block || question.block === block);
      return inside.length ? gridOf(block, inside.map(({ place }) => lines[place]), runs, named) : null;
    }).filter(Boolean));
    form.lastChild.textContent = kept.length === rows.length
      ? counted(rows.length, "questions") : t("count.some", { some: kept.length, all: counted(rows.length, "questions") });
  }

  form.addEventListener("input", sift);
  form.addEventListener("reset", () => setTimeout(sift));
  form.addEventListener("submit", (event) => event.preventDefault());
  sift();
  const tell = (event) => {
    const line = event.target.closest?.("tr[data-place]");
    if (line) show(rows[line.dataset.place], runs);
  };
  frame.addEventListener("pointerover", tell);
  frame.addEventListener("focusin", tell);
  frame.addEventListener("click", (event) => {
    const cell = event.target.closest("td.linked");
    if (cell) location.href = pageOf(runs[cell.cellIndex - 1], rows[cell.parentElement.dataset.place].question.id);
  });
  const note = runs.some((row) => row.page) ? h("p", { class: "quiet small" }, t("board.linked")) : null;
  return [h("h3", {}, t("board.every")), form, legendOf(), note, frame].filter(Boolean);
}

const room = 1256; // pixels for the blocks of a page in a window of 1440

/** How wide a run's column is, so that all blocks stand side by side where that can be read. */
function cellWidth(runs, blocks) {
  const fitting = Math.floor((room / Math.max(1, blocks) - 30) / Math.max(1, runs)) - 1;
  return Math.min(20, Math.max(10, fitting));
}

function prefixOf(id) {
  return id.slice(0, id.lastIndexOf("-") + 1);
}

/** What all ids of a block begin with: its title says that, and they are shown without it. */
function shared(ids) {
  const prefix = ids.length > 1 ? prefixOf(ids[0]) : "";
  return ids.every((id) => prefixOf(id) === prefix) ? prefix : "";
}

function labelWidth(ids, prefixes) {
  return 12 + 7 * Math.max(...ids.map((some, n) => Math.max(0, ...some.map((id) => id.length - prefixes[n].length))));
}

function pick(name, label, options) {
  return h("label", {}, h("span", {}, label),
    h("select", { name }, options.map(([value, text]) => h("option", { value }, text))));
}

function legendOf() {
  return h("p", { class: "legend" }, Object.keys(outcomes).map((name) =>
    h("span", {}, h("i", { class: name }), outcomeText(name))));
}

function gridOf(block, lines, runs, named) {
  const title = block ? t("part.block", { block }) : t("board.all");
  const heads = runs.map((row) => h("th", { scope: "col" },
    h("span", { class: `name${row.verdict === "pass" ? " passed" : ""}`, title: visible(row.name) }, nameOf(row))));
  return h("div", { class: "scroll", role: "region", tabindex: "0", "aria-label": named(title) },
    h("table", { class: "heat" }, h("caption", {}, title),
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, h("span", { class: "unseen" }, t("board.question"))), heads)),
      h("tbody", {}, lines)));
}

/** A question; its id leads to the best run that has a page of its own. */
function lineOf({ question, place }, runs, prefix = "") {
  const best = runs.find((row) => row.page);
  const label = [prefix ? h("span", { class: "unseen" }, prefix) : null, question.id.slice(prefix.length)].filter(Boolean);
  const head = best
    ? h("a", { href: pageOf(best, question.id), "aria-label": question.id }, label)
    : h("button", { type: "button", "aria-label": question.id }, label);
  return h("tr", { "data-place": place }, h("th", { scope: "row" }, head), runs.map((row) => {
    const outcome = outcomeAt(row, place);
    const answer = row.answers[place];
    const said = outcome === "correct" || !answer ? outcomeText(outcome) : t("answer.said", { outcome: outcomeText(outcome), answer });
    return h("td", { class: outcome + (row.page ? " linked" : "") }, h("span", { class: "unseen" }, foreign(said)));
  }));
}

/** Who answered what. */
function show({ question, place }, runs) {
  const answers = new Map();
  for (const row of runs) {
    const outcome = outcomeAt(row, place);
    const said = row.answers[place] || outcomeText(outcome);
    answers.set(said, [...(answers.get(said) ?? []), row]);
  }
  const groups = [...answers].sort(([, one], [, other]) => other.length - one.length);
  const wanted = alternatives(question.accepted.map((one) => one.join(",")));
  readout.replaceChildren(h("b", {}, question.id), " ", t("board.key", { points: counted(question.max, "points"), key: wanted || t("unknown") }),
    ...groups.map(([said, group]) => h("span", {}, outcomeAt(group[0], place) === "correct" ? "○ " : "", h("b", {}, foreign(said)), ` ×${group.length} `,
      group.map((row, n) => [n ? t("items") : "", row.page ? h("a", { href: pageOf(row, question.id) }, nameOf(row)) : nameOf(row)]))));
  readout.hidden = false;
}
