"use strict";
// How runs did in parts of the exam: sections, subjects, what figures a question has.

/** A table for each grouping: a row a part, the largest first, and a column a run. */
function strataOf(table, label) {
  const runs = [...table.rows, ...table.unranked];
  const groupings = Object.entries(table.strata).filter(([, parts]) => parts.length > 1);
  if (!groupings.length) return null;
  return [h("h3", {}, t("board.strata")), h("p", { class: "quiet small" }, t("board.strata_note")),
    groupings.map(([name, parts], n) => h("details", { class: "strata", open: n === 0 },
      h("summary", {}, t(`strata.${name}`)),
      h("div", { class: "scroll", role: "region", tabindex: "0", "aria-label": t("strata.of", { title: t(`strata.${name}`), run: label }) }, h("table", {},
        h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t(`strata.head.${name}`)), runs.map((row) =>
          h("th", { scope: "col" }, h("span", { class: "name" }, nameOf(row)))))),
        h("tbody", {}, parts.map((part) => h("tr", {},
          h("th", { scope: "row" }, foreign(part.title, { lang: "ja" })),
          part.correct.map((tally) => shareCell(tally)))))))))];
}

function shareCell(tally) {
  if (!tally) return h("td", {}, "–");
  const [correct, questions] = tally;
  const share = (100 * correct) / questions;
  const cell = h("td", { title: `${correct}/${questions}` }, h("b", {}, share.toFixed(0)), h("small", {}, `${correct}/${questions}`));
  cell.style.setProperty("--wrong-share", `${Math.round(Math.min(60, 100 - share))}%`);
  return cell;
}
