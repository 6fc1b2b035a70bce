"use strict";
// Every question in every run: what one got right and others did not.

function outcomeAt(row, n) {
  return letters[row.outcomes[n]];
}

const disagreements = {
  differ: ["runs disagree", (found) => found.size > 1],
  wrong: ["no run right", (found) => !found.has("correct")],
  right: ["everybody right", (found) => found.size === 1 && found.has("correct")],
};

/** The filters, the legend and a grid for each block. */
function heatOf(table, n) {
  const runs = [...table.rows, ...table.unranked];
  const known = table.blocks.length > 0;
  const which = page.tables.length > 1 ? `, table ${n + 1}` : "";
  const rows = table.questions.map((question, place) => ({
    question, place, found: new Set(runs.map((row) => outcomeAt(row, place))),
  }));
  const form = h("form", { class: "heat-filters", "aria-label": `Questions${which}` },
    known && pick("block", "Block", [["", "all"], ...table.blocks.map((name) => [name, name])]),
    known && pick("form", "Kind", [["", "all"], ...formsOf(table.questions)]),
    known && pick("image", "Image", [["", "any"], ["with", "with image"], ["without", "without image"]]),
    pick("runs", "Runs", [["", "all"], ...Object.entries(disagreements).map(([name, [text]]) => [name, text])]),
    h("button", { type: "reset" }, "Reset"),
    h("p", { class: "count", role: "status" }));
  const frame = h("div", { class: "heats" });
  frame.style.setProperty("--heat", `${5.6 + 1.35 * runs.length}rem`);
  const lines = rows.map((row) => lineOf(row, runs));
  const parts = known ? table.blocks : [""];

  function sift() {
    const wanted = Object.fromEntries(new FormData(form));
    const kept = rows.filter(({ question, found }) => (!wanted.block || question.block === wanted.block)
      && (!wanted.form || question.form === wanted.form)
      && (!wanted.image || question.image === (wanted.image === "with"))
      && (!wanted.runs || disagreements[wanted.runs][1](found)));
    frame.replaceChildren(...parts.map((block) => {
      const inside = kept.filter(({ question }) => !block || question.block === block);
      return inside.length ? gridOf(block, inside.map(({ place }) => lines[place]), runs, which) : null;
    }).filter(Boolean));
    form.lastChild.textContent = kept.length === rows.length
      ? counted(rows.length, "question") : `${kept.length} of ${counted(rows.length, "question")}`;
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
  return [h("h3", {}, "Every question in every run"), form, legendOf(), frame];
}

function pick(name, label, options) {
  return h("label", {}, h("span", {}, label),
    h("select", { name }, options.map(([value, text]) => h("option", { value }, text))));
}

function legendOf() {
  return h("p", { class: "legend" }, Object.entries(outcomes).map(([name, [, word]]) =>
    h("span", {}, h("i", { class: name }), word)));
}

function gridOf(block, lines, runs, which) {
  const title = block ? `Block ${block}` : "All questions";
  const heads = runs.map((row) => h("th", { scope: "col" },
    h("span", { class: `name${row.verdict === "pass" ? " passed" : ""}`, title: visible(row.name) }, nameOf(row))));
  return h("div", { class: "scroll", role: "region", tabindex: "0", "aria-label": title + which },
    h("table", { class: "heat" }, h("caption", {}, title),
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, h("span", { class: "unseen" }, "Question")), heads)),
      h("tbody", {}, lines)));
}

/** A question; its id leads to the best run that has a page of its own. */
function lineOf({ question, place }, runs) {
  const best = runs.find((row) => row.page);
  const head = best
    ? h("a", { href: pageOf(best, question.id) }, question.id)
    : h("button", { type: "button" }, question.id);
  return h("tr", { "data-place": place }, h("th", { scope: "row" }, head), runs.map((row) => {
    const outcome = outcomeAt(row, place);
    const answer = row.answers[place];
    const said = outcome === "correct" || !answer ? outcomes[outcome][1] : `${outcomes[outcome][1]}, ${answer}`;
    return h("td", { class: outcome + (row.page ? " linked" : "") }, h("span", { class: "unseen" }, foreign(said)));
  }));
}

/** Who answered what. */
function show({ question, place }, runs) {
  const answers = new Map();
  for (const row of runs) {
    const outcome = outcomeAt(row, place);
    const said = row.answers[place] || outcomes[outcome][1];
    answers.set(said, [...(answers.get(said) ?? []), row]);
  }
  const groups = [...answers].sort(([, one], [, other]) => other.length - one.length);
  const wanted = question.accepted.map((one) => one.join(",")).join(" or ");
  readout.replaceChildren(h("b", {}, question.id), ` ${counted(question.max, "point")}, key ${wanted || "unknown"}: `,
    ...groups.map(([said, group]) => h("span", {}, outcomeAt(group[0], place) === "correct" ? "○ " : "", h("b", {}, foreign(said)), ` ×${group.length} `,
      group.map((row, n) => [n ? ", " : "", row.page ? h("a", { href: pageOf(row, question.id) }, nameOf(row)) : nameOf(row)]))));
  readout.hidden = false;
}
