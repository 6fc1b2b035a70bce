"use strict";
// Words and signs of the exam, and where a question's marks are.

let formTitles = {};
const byId = new Map((page.questions ?? []).map((question) => [question.id, question]));

/** Our own sentences: the ids of questions in them become links. */
function linked(text) {
  const parts = String(text).split(/([A-Za-z0-9][A-Za-z0-9_-]*)/);
  return h("bdi", {}, parts.map((part) => (byId.has(part) ? link(part) : pieces(part))));
}

function link(id, text = id) {
  return h("a", { href: `#${encodeURIComponent(id)}` }, text);
}

const outcomes = { correct: "○", incorrect: "✕", no_answer: "△", error: "!", none: "·" };

function outcomeText(outcome) {
  return t(`outcome.${outcome}`);
}

/** The sign of an outcome; its name, and whose it is, are there for those who do not see it. */
function sign(outcome, whose = "") {
  const word = outcomeText(outcome);
  const name = whose ? t("outcome.of", { run: visible(whose), outcome: word }) : word;
  return h("span", { class: `sign ${outcome}`, role: "img", "aria-label": name, title: name }, outcomes[outcome]);
}

/** The forms that questions have, as choices of a filter. */
function formsOf(questions) {
  return Object.entries(formTitles).filter(([name]) => questions.some((question) => question.form === name));
}

/** The askings of a question in a run, and the one that is scored. */
function marked(run, id) {
  const found = run.marks[id];
  return found ? { ...found.askings[found.chosen], askings: found.askings } : null;
}

function outcomeOf(run, id) {
  return marked(run, id)?.outcome ?? "none";
}

/** An answer as people write it: `a, c`. */
function answerText(answer, outcome = "no_answer") {
  return answer?.length ? answer.join(", ") : t(outcome === "error" ? "answer.error" : "answer.none");
}

/** `a, c or b, c` */
function alternatives(answers) {
  return answers.length ? answers.reduce((one, other) => t("or", { one, other })) : "";
}

/** Accepted answers. */
function keyText(accepted) {
  return alternatives((accepted ?? []).map((answer) => answer.join(", "))) || t("none");
}

/** US dollars; an unknown price is no price. */
function dollars(cost) {
  return cost == null ? t("unknown") : `$${cost.toFixed(cost < 0.01 ? 6 : cost < 10 ? 4 : 2)}`;
}

function sealText(verdict) {
  return t(`seal.${verdict}`);
}
