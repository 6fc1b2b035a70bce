"use strict";
// The comparison with an earlier run: the difference, where it lies, and every question in it.

const enough = 12; // changes told at once: more would push the rest of the sheet away

function changeRow([id, change]) {
  return h(
    "tr", {},
    h("th", { scope: "row" }, link(id)),
    h("td", { class: "number quiet" }, counted(change.max, "pt")),
    h("td", {}, foreign(answerText(change.old.answer, change.old.outcome)), " → ",
      foreign(answerText(change.new.answer, change.new.outcome))),
    h("td", { class: "quiet" }, "key ", foreign(keyText(change.accepted))),
  );
}

function changes(title, questions) {
  const rows = Object.entries(questions).map(changeRow);
  if (!rows.length) return null;
  const head = ["Question", "Points", "Answers", "Key"];
  const rest = h("tbody", { class: "rest", hidden: rows.length > enough }, rows.slice(enough));
  const all = h("button", { type: "button" }, `Show all ${rows.length}`);
  all.addEventListener("click", () => {
    rest.hidden = false;
    rest.querySelector("a").focus({ preventScroll: true });
    all.remove();
  });
  return h("div", {},
    h("table", { class: "changes" },
      h("caption", {}, `${title} `, h("span", { class: "quiet" }, counted(rows.length, "question"))),
      h("thead", { class: "unseen" }, h("tr", {}, head.map((name) => h("th", { scope: "col" }, name)))),
      h("tbody", {}, rows.slice(0, enough)),
      rest),
    rest.hidden ? all : null);
}

/** Means over epochs have digits of their own. */
function tidy(points) {
  return Math.round(10 * points) / 10;
}

function partRow(part) {
  return h(
    "tr", {},
    h("th", { scope: "row" }, foreign(part.title, { lang: "ja" })),
    h("td", { class: "number" }, `${tidy(part.old_points)} → `, h("b", {}, tidy(part.new_points)), h("span", { class: "of" }, ` / ${part.max}`)),
    h("td", { class: "number" }, signed(tidy(part.new_points - part.old_points))),
    h("td", { class: "number" }, part.gained),
    h("td", { class: "number" }, part.lost),
    h("td", { class: "number quiet" }, part.p),
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
        told.low === null || told.measures ? null : h("figure", {},
          h("figcaption", { class: "quiet small" }, `Difference in points, with its ${Math.round(100 * told.level)}% interval`),
          interval(told.low, told.difference, told.high)),
        h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Comparison by part" },
          told.measures ? plainTable("compared", told.measures) : h("table", { class: "compared" },
            h("thead", {}, h("tr", {}, head.map((name, n) => h("th", { scope: "col", class: n ? "number" : null }, name)))),
            h("tbody", {}, told.parts.map(partRow)))),
        h("p", { class: "quiet small" }, told.p)),
      h("div", {}, changes("Gained", told.gained), changes("Lost", told.lost)),
    ),
    h("details", {}, h("summary", {}, "In figures"), h("ul", { class: "notes" }, told.facts.map((fact) => h("li", {}, linked(fact))))),
  );
}
