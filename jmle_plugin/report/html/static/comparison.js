"use strict";
// The comparison with an earlier run: the difference, where it lies, and every question in it.

function changes(title, questions) {
  const told = Object.entries(questions);
  if (!told.length) return null;
  return h(
    "div", { class: "changes" },
    h("h4", {}, `${title} (${told.length})`),
    h("ul", {}, told.map(([, text]) => h("li", {}, linked(text)))),
  );
}

function partRow(part) {
  return h(
    "tr", {},
    h("th", { scope: "row" }, ja(part.title)),
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
    h("h3", {}, "Against ", foreign(told.old)),
    h("p", { class: "headline" }, told.headline),
    h(
      "div", { class: "sides" },
      h(
        "div", {},
        h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Comparison by part" },
          h("table", { class: "compared" },
            h("thead", {}, h("tr", {}, head.map((name) => h("th", { scope: "col" }, name)))),
            h("tbody", {}, told.parts.map(partRow)))),
        h("p", { class: "quiet small" }, "p: exact McNemar, corrected (Holm) where parts were tested together."),
      ),
      h("div", {}, interval(told.low, told.difference, told.high), changes("Gained", told.gained), changes("Lost", told.lost)),
    ),
    h("details", {}, h("summary", {}, "In figures"), h("ul", { class: "notes" }, told.facts.map((fact) => h("li", {}, linked(fact))))),
  );
}
