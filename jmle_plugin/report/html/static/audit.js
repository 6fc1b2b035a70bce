"use strict";
// What the figures are worth: the paired table of a sitting with them and one without.

function idLinks(ids) {
  return ids.flatMap((id, place) => [place ? t("items") : "", link(id)]);
}

/** A state's name, how many questions are in it, and which. */
function stateFact({ name, index, questions }) {
  return [nodes("audit.state", { name, index }), [h("b", {}, questions.length), questions.length ? t("label_sign") : "", idLinks(questions)]];
}

/** A count of a part; it opens the ids of its questions in a row below the part's own. */
function stateCell(part, place, states) {
  const ids = part.states[place];
  if (!ids.length) return h("td", { class: "number" }, 0);
  const { index, name } = states[place];
  const button = h("button", {
    type: "button", class: "which", "aria-expanded": "false",
    "aria-label": t("audit.count", { number: ids.length, part: visible(part.title), state: name }),
  }, ids.length);
  button.addEventListener("click", () => {
    const row = button.closest("tr");
    const open = button.getAttribute("aria-expanded") === "true";
    for (const one of row.querySelectorAll(".which")) one.setAttribute("aria-expanded", "false");
    if (row.nextElementSibling?.matches(".ids")) row.nextElementSibling.remove();
    if (open) return;
    button.setAttribute("aria-expanded", "true");
    row.after(h("tr", { class: "ids" }, h("td", { colspan: row.cells.length },
      h("p", {}, h("span", { class: "quiet" }, t("audit.ids", { index, name })), idLinks(ids)))));
  });
  return h("td", { class: "number" }, button);
}

function effectRow(part, states) {
  return h(
    "tr", {},
    h("th", { scope: "row" }, foreign(part.title, { lang: "ja" })),
    h("td", { class: "number" }, part.questions, part.few ? "*" : ""),
    part.states.map((_, place) => stateCell(part, place, states)),
    h("td", { class: "number" }, part.net),
    h("td", { class: "number quiet" }, part.interval),
    h("td", { class: "number quiet" }, part.p),
    h("td", { class: "number quiet" }, part.p_holm),
  );
}

function auditTable(title, columns, rows) {
  const head = [title, ...columns].map((name, n) => h("th", { scope: "col", class: n ? "number" : null }, name));
  return h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": title },
    h("table", { class: "compared" }, h("thead", {}, h("tr", {}, head)), h("tbody", {}, rows)));
}

function auditOf(audit) {
  const head = ["n", ...audit.states.map(({ index }) => index), t("audit.net"), t("audit.interval"), "p", "Holm"];
  return h(
    "section", { class: "comparison audit" },
    h("h3", {}, t("audit")),
    h("p", { class: "headline" }, audit.headline),
    facts(audit.states.map(stateFact), { class: "facts states" }),
    h("ul", { class: "notes" }, audit.facts.map((fact) => h("li", {}, linked(fact)))),
    h("details", {}, h("summary", {}, t("audit.by_part")),
      h("p", { class: "quiet small" }, t("audit.opens")),
      audit.groupings.map((one) =>
        auditTable(one.title, head, one.parts.map((part) => effectRow(part, audit.states))))),
  );
}
