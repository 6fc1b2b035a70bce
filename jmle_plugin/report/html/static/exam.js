"use strict";
// Words and signs of the exam, and where a question's marks are.

const byId = new Map((page.questions ?? []).map((question) => [question.id, question]));

/** Our own sentences: the ids of questions in them become links. */
function linked(text) {
  const parts = String(text).split(/([A-Za-z0-9][A-Za-z0-9_-]*)/);
  return h("bdi", {}, parts.map((part) => (byId.has(part) ? link(part) : pieces(part))));
}

function link(id, text = id) {
  return h("a", { href: `#${encodeURIComponent(id)}` }, text);
}

const outcomes = {
  correct: ["○", "correct"],
  incorrect: ["✕", "incorrect"],
  no_answer: ["△", "no valid answer"],
  error: ["!", "error"],
  none: ["·", "not asked"],
};

/** The sign of an outcome; its name, and whose it is, are there for those who do not see it. */
function sign(outcome, whose = "") {
  const [mark, word] = outcomes[outcome];
  const name = whose ? `${visible(whose)}: ${word}` : word;
  return h("span", { class: `sign ${outcome}`, role: "img", "aria-label": name, title: name }, mark);
}

/** The forms that questions have, as choices of a filter. */
function formsOf(questions) {
  return Object.entries(page.forms).filter(([name]) => questions.some((question) => question.form === name));
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
  return answer?.length ? answer.join(", ") : outcome === "error" ? "no reply" : "no answer";
}

/** Accepted answers: `a, c or b, c`. */
function keyText(accepted) {
  return (accepted ?? []).map((answer) => answer.join(", ")).join(" or ") || "none";
}

/** US dollars; an unknown price is no price. */
function dollars(cost) {
  return cost == null ? "unknown" : `$${cost.toFixed(cost < 0.01 ? 6 : cost < 10 ? 4 : 2)}`;
}

const seals = {
  pass: ["合格", "Pass"],
  fail: ["不合格", "Fail"],
  incomplete: ["判定不能", "Incomplete"],
  partial: ["判定なし", "Partial"],
  none: ["判定なし", "No verdict"],
};
