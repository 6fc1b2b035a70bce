"use strict";
// The comparison with an earlier run: the difference, where it lies, and every question in it.

function changes(title, questions) {
  const told = Object.entries(questions);
  if (!told.length) return null;
  const head = ["Question", "Points", "Answers", "Key"];
  return h(
    "table", { class: "changes" },
    h("caption", {}, `${title} `, h("span", { class: "quiet" }, counted(told.length, "question"))),
    h("thead", { class: "unseen" }, h("tr", {}, head.map((name) => h("th", { scope: "col" }, name)))),
    h("tbody", {}, told.map(([id, change]) => h(
      "tr", {},
      h("th", { scope: "row" }, link(id)),
      h("td", { class: "number quiet" }, `${change.max} pt`),
      h("td", {}, foreign(answerText(change.old.answer, change.old.outcome)), " → ",
        foreign(answerText(change.new.answer, change.new.outcome))),
      h("td", { class: "quiet" }, "key ", foreign(keyText(change.accepted))),
    ))),
  );
}

function partRow(part) {
  return h(
    "tr", {},
    h("th", { scope: "row" }, foreign(part.title, { lang: "ja" })),
    h("td", { class: "number" }, `${part.old_points} → `, h("b", {}, part.new_points), h("span", { class: "of" }, ` / ${part.max}`)),
    h("td", { class: "number" }, signed(part.new_points - part.old_points)),
    h("td", { class: "number" }, part.gained),
    h("td", { class: "number" }, part.lost),
    h("td", { class: "number quiet" }, (part.p_holm ?? part.p_mcnemar).toFixed(3)),
  );
}

function comparisonOf(run) {
  const told = run.comparison;
  const head = ["Part", "Points", "±", "Gained", "Lost", "p"];
  return h(
    "section", { class: "comparison" },
    h("header", {},
      h("h3", { class: "eyebrow" }, ja("比較"), " Compared with ", foreign(told.old)),
      h("p", { class: "headline" }, told.headline)),
    h(
      "div", { class: "sides" },
      h("div", {},
        h("figure", {},
          h("figcaption", { class: "quiet small" }, `Difference in points, with its ${Math.round(100 * told.level)}% interval`),
          interval(told.low, told.difference, told.high)),
        h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Comparison by part" },
          h("table", { class: "compared" },
            h("thead", {}, h("tr", {}, head.map((name) => h("th", { scope: "col" }, name)))),
            h("tbody", {}, told.parts.map(partRow)))),
        h("p", { class: "quiet small" }, "p: exact McNemar, corrected (Holm) where parts were tested together.")),
      h("div", {}, changes("Gained", told.gained), changes("Lost", told.lost)),
    ),
    h("details", {}, h("summary", {}, "In figures"), h("ul", { class: "notes" }, told.facts.map((fact) => h("li", {}, linked(fact))))),
  );
}
