"use strict";
// What the figures are worth: the paired table of a sitting with them and one without.

function stateRow(state) {
  return h(
    "tr", {},
    h("th", { scope: "row" }, state.name, " ", h("span", { class: "of" }, state.index)),
    h("td", { class: "number" }, h("b", {}, state.questions.length)),
    h("td", {}, state.questions.flatMap((id, place) => [place ? ", " : "", linked(id)])),
  );
}

function effectRow(part) {
  return h(
    "tr", {},
    h("th", { scope: "row" }, ja(part.title)),
    h("td", { class: "number" }, part.questions, part.few ? "*" : ""),
    part.counts.map((number) => h("td", { class: "number" }, number)),
    h("td", { class: "number" }, `${part.net > 0 ? "+" : ""}${part.net.toFixed(1)}`),
    h("td", { class: "number quiet" }, `${part.low.toFixed(0)} to ${part.high.toFixed(0)}`),
    h("td", { class: "number quiet" }, part.p_mcnemar.toFixed(3)),
    h("td", { class: "number quiet" }, part.p_holm.toFixed(3)),
  );
}

function auditOf(audit) {
  const head = ["n", "p11", "p10", "p01", "p00", "Net", "95% interval", "p", "Holm"];
  const table = (title, columns, rows) =>
    h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": title },
      h("table", { class: "compared" },
        h("thead", {}, h("tr", {}, [title, ...columns].map((name) => h("th", { scope: "col" }, name)))),
        h("tbody", {}, rows)));
  return h(
    "section", { class: "comparison audit" },
    h("h3", {}, "What figures are worth"),
    h("p", { class: "headline" }, audit.headline),
    table("State", ["Questions", "Which"], audit.states.map(stateRow)),
    h("ul", { class: "notes" }, audit.facts.map((fact) => h("li", {}, linked(fact)))),
    h("details", {}, h("summary", {}, "By part"),
      audit.groupings.map((one) => table(one.title, head, one.parts.map(effectRow)))),
  );
}
