"use strict";
// Which questions are looked at, and in which order.

const filters = document.getElementById("filters");
const several = page.runs.length > 1;

const specials = {
  gained: (run, id) => id in (run.comparison?.gained ?? {}),
  lost: (run, id) => id in (run.comparison?.lost ?? {}),
  epochs: (run, id) => Boolean(run.sheet.epochs?.changing.includes(id)),
  tolerant: (run, id) => marked(run, id)?.how === "tolerant",
  prohibited: (run, id) => Boolean(marked(run, id)?.prohibited?.length),
  ended: (run, id) => some(run, id, (one) => one.finish_reason && one.finish_reason !== "stop"),
  gone: (run, id) => some(run, id, (one) => one.gone),
};

function some(run, id, test) {
  return Boolean(run.marks[id]?.askings.some(test));
}

/** Whether a question's outcome in a run is the one asked for. */
function hasOutcome(run, id, wanted) {
  const outcome = outcomeOf(run, id);
  return wanted === "missed" ? !["correct", "none"].includes(outcome) : outcome === wanted;
}

/** Each filter: a question, the value asked for, the runs looked at. */
const tests = {
  block: (question, value) => question.block === value,
  criterion: (question, value) => question.criteria?.includes(value),
  form: (question, value) => question.form === value,
  subject: (question, value) => question.subject === value,
  dependency: (question, value) => question.dependency === value,
  visual: (question, value) => question.visual_types?.includes(value),
  image: (question, value) => Boolean(question.image) === (value === "with"),
  outcome: ({ id }, value, runs) => runs.some((run) => hasOutcome(run, id, value)),
  change: ({ id }, value, runs) =>
    value === "differ" ? new Set(page.runs.map((run) => outcomeOf(run, id))).size > 1 : runs.some((run) => specials[value](run, id)),
  special: ({ id }, value, runs) => runs.some((run) => specials[value](run, id)),
};

const orders = {
  exam: null,
  lost: (mark) => mark.max - mark.points,
  points: (mark) => mark.max,
  tokens: (mark) => sum(mark.askings, (one) => (one.tokens?.prompt ?? 0) + (one.tokens?.completion ?? 0)),
  cost: (mark) => sum(mark.askings, (one) => one.cost ?? 0),
};

function sum(values, of_) {
  return values.reduce((total, value) => total + of_(value), 0);
}

/** How many questions a choice would leave, were it the only one. */
function countOf(name, value) {
  return page.questions.filter((question) => tests[name](question, value, page.runs)).length;
}

function choice(name, label, first, options) {
  const offered = options.filter(Boolean);
  if (!offered.length) return null;
  return h("label", {}, h("span", {}, label),
    h("select", { name }, [["", first], ...offered].filter(([, text]) => text).map(([value, text]) => h("option", { value }, visible(text)))));
}

/** What questions have of something, in the order of the exam; nothing where all have the same. */
function valuesOf(of_) {
  const found = [...new Set(page.questions.flatMap(of_).filter(Boolean))];
  return found.length > 1 || page.questions.some((question) => !of_(question).filter(Boolean).length) ? found.map((one) => [one, one]) : [];
}

/** Likely first choices, with what they find. */
function shortcuts() {
  const offered = [
    ["outcome", "missed"], ["outcome", "error"], ["change", "gained"], ["change", "lost"], ["change", "differ"],
    ["change", "epochs"], ["special", "prohibited"], ["image", "with"],
  ].filter(([name]) => filters.elements[name]);
  const found = offered.map((one) => [...one, countOf(one[0], one[1])]).filter(([, , count]) => count);
  return h("div", { class: "shortcuts", role: "group", "aria-label": t("filter.shortcuts") }, found.map(([name, value, count]) =>
    h("button", { type: "button", "aria-pressed": "false", "data-name": name, "data-value": value }, t(`shortcut.${value}`), h("span", { class: "of" }, ` ${count}`))),
    h("button", { type: "reset" }, t("filter.reset")));
}

function drawFilters() {
  const known = page.blocks.length > 0;
  const sections = Object.entries(page.runs[0].sheet.sections);
  const compared = page.runs.some((run) => run.comparison);
  const epochs = page.runs.some((run) => run.sheet.epochs);
  const human = page.questions.some((question) => question.human != null);
  filters.replaceChildren(...[
    h("label", { class: "search" }, h("span", {}, `${t("filter.search")} `, h("kbd", {}, "/")), h("input", { type: "search", name: "search", autocomplete: "off", spellcheck: "false" })),
    several && choice("run", t("filter.run"), t("filter.any_run"), page.runs.map((run, n) => [n, run.title])),
    known && choice("block", t("filter.block"), t("filter.all"), page.blocks.map((name) => [name, name])),
    known && choice("criterion", t("filter.section"), t("filter.all"), sections.map(([name, one]) => [name, one.title])),
    known && choice("form", t("filter.kind"), t("filter.all"), formsOf(page.questions)),
    known && choice("subject", t("filter.subject"), t("filter.all"), valuesOf(({ subject }) => [subject])),
    known && choice("dependency", t("filter.dependency"), t("filter.all"), valuesOf(({ dependency }) => [dependency])),
    known && choice("visual", t("filter.visual"), t("filter.all"), valuesOf(({ visual_types: types }) => types)),
    choice("outcome", t("filter.outcome"), t("filter.all"), [["missed", t("filter.missed")], ...Object.keys(outcomes).map((name) => [name, outcomeText(name)])]),
    known && choice("image", t("filter.image"), t("filter.any"), [["with", t("filter.with")], ["without", t("filter.without")]]),
    choice("change", t("filter.compared"), t("filter.any"), [
      compared && ["gained", t("filter.gained")],
      compared && ["lost", t("filter.lost")],
      several && ["differ", t("filter.differ")],
      epochs && ["epochs", t("filter.epochs")],
    ]),
    choice("special", t("filter.remark"), t("filter.any"), [
      ["tolerant", t("filter.tolerant")],
      ["prohibited", t("filter.prohibited")],
      ["ended", t("filter.ended")],
      ["gone", t("filter.gone")],
    ]),
    choice("order", t("filter.order"), "", [
      ["exam", t("filter.exam")], ["lost", t("filter.points_lost")], ["points", t("filter.points")], ["tokens", t("filter.tokens")], ["cost", t("filter.cost")],
      human && ["human", t("filter.human")],
    ]),
  ].filter(Boolean));
  filters.append(shortcuts());
}

/** The filters in another language, with what was chosen. */
function redrawFilters() {
  const chosen = Object.fromEntries(new FormData(filters));
  drawFilters();
  for (const [name, value] of Object.entries(chosen)) filters.elements[name].value = value;
}

filters.addEventListener("click", (event) => {
  const button = event.target.closest("[data-name]");
  if (!button) return;
  const field = filters.elements[button.dataset.name];
  field.value = field.value === button.dataset.value ? "" : button.dataset.value;
  filters.dispatchEvent(new Event("input"));
});

function folded(text) {
  return text.normalize("NFKC").toLowerCase();
}

/** Everything of a question that a search looks at; made when it is first needed. */
const haystack = new Map();
function hay(question) {
  if (!haystack.has(question.id)) {
    const serial = page.serials[question.serial]?.text ?? "";
    const options = (question.options ?? []).map(([, text]) => text);
    const replies = page.runs.flatMap((run) => (run.marks[question.id]?.askings ?? [])
      .flatMap((one) => [one.text?.head ?? "", one.text?.tail ?? "", one.error ?? ""]));
    haystack.set(question.id, folded([question.id, question.subject ?? "", question.text ?? "", serial, ...options, ...replies].join("\n")));
  }
  return haystack.get(question.id);
}

/** The questions asked for, in their order, and what they were ordered by (null: as in the exam). */
function sifted() {
  const wanted = Object.fromEntries(new FormData(filters));
  const words = folded(wanted.search).split(/\s+/).filter(Boolean);
  const runs = wanted.run ? [page.runs[wanted.run]] : page.runs;
  const asked = Object.keys(tests).filter((name) => wanted[name]);
  const found = page.questions.filter((question) =>
    asked.every((name) => tests[name](question, wanted[name], runs)) && words.every((word) => hay(question).includes(word)));
  for (const button of filters.querySelectorAll("[data-name]")) {
    button.setAttribute("aria-pressed", String(wanted[button.dataset.name] === button.dataset.value));
  }
  const weights = weighed(found, wanted.order, runs);
  if (weights) found.sort((one, other) => weights.get(other.id) - weights.get(one.id));
  return [found, wanted.order, weights];
}

function weighed(questions, order, runs) {
  // Questions without a share of examinees stand last.
  if (order === "human") return new Map(questions.map(({ id, human }) => [id, human == null ? -1 : 1 - human]));
  const weight = orders[order];
  return weight && new Map(questions.map(({ id }) => [id, sum(runs, (run) => (run.marks[id] ? weight(marked(run, id)) : 0))]));
}
