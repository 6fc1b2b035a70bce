"use strict";
// The comparison with an earlier run: the difference, where it lies, and every question in it.

const enough = 12; // changes shown at once: more would push the rest of the sheet away

function changeRow([id, change]) {
  return h(
    "tr", {},
    h("th", { scope: "row" }, link(id)),
    h("td", { class: "number quiet" }, counted(change.max, "pts")),
    h("td", {}, foreign(answerText(change.old.answer, change.old.outcome)), " → ",
      foreign(answerText(change.new.answer, change.new.outcome))),
    h("td", { class: "quiet" }, nodes("compared.key", { key: foreign(keyText(change.accepted)) })),
  );
}

function changes(title, questions) {
  const rows = Object.entries(questions).map(changeRow);
  if (!rows.length) return null;
  const head = [t("board.question"), t("part.points"), t("compared.answers"), t("question.key")];
  const rest = h("tbody", { class: "rest", hidden: rows.length > enough }, rows.slice(enough));
  const all = h("button", { type: "button" }, t("compared.all", { number: rows.length }));
  all.addEventListener("click", () => {
    rest.hidden = false;
    rest.querySelector("a").focus({ preventScroll: true });
    all.remove();
  });
  return h("div", {},
    h("table", { class: "changes" },
      h("caption", {}, `${title} `, h("span", { class: "quiet" }, counted(rows.length, "questions"))),
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
  const known = run.comparison;
  const head = [t("part"), t("part.points"), "±", t("compared.gained"), t("compared.lost"), "p"];
  const level = `${Math.round(100 * known.level)}%`;
  return h(
    "section", { class: "comparison" },
    h("header", {},
      h("h3", { class: "eyebrow" }, spoken === "ja" ? null : ja("比較 "), nodes("compared", { run: foreign(known.old) })),
      h("p", { class: "headline" }, known.headline)),
    h(
      "div", { class: "sides" },
      h("div", {},
        known.low === null || known.measures ? null : h("figure", {},
          h("figcaption", { class: "quiet small" }, t("compared.interval", { level })),
          interval(known.low, known.difference, known.high)),
        h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": t("compared.by_part") },
          known.measures ? plainTable("compared", known.measures) : h("table", { class: "compared" },
            h("thead", {}, h("tr", {}, head.map((name, n) => h("th", { scope: "col", class: n ? "number" : null }, name)))),
            h("tbody", {}, known.parts.map(partRow)))),
        // Of a bench the facts name each measure's own test.
        known.measures ? null : h("p", { class: "quiet small" }, t(known.by_replies ? "compared.p_replies" : "compared.p"))),
      h("div", {}, changes(t("compared.gained"), known.gained), changes(t("compared.lost"), known.lost)),
    ),
    h("details", {}, h("summary", {}, t("compared.facts")), h("ul", { class: "notes" }, known.facts.map((fact) => h("li", {}, linked(fact))))),
  );
}
