"use strict";
// Small charts. Each is one image with a name that says what it shows.

function chart(width, height, name, attributes, ...marks) {
  return svg(
    "svg",
    { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": name, ...attributes },
    ...marks,
  );
}

/** Points of a maximum, with a tick where the threshold is. */
function bar(tally, name, threshold = null) {
  const share = (points) => (tally.max ? (100 * points) / tally.max : 0);
  // Of a part of the exam, the whole exam's threshold may be out of reach.
  const tick = threshold === null || threshold > tally.max ? null : share(threshold);
  return chart(
    100, 10, name, { class: "bar", preserveAspectRatio: "none" },
    svg("rect", { class: "ground", width: 100, y: 2, height: 6 }),
    svg("rect", { class: tally.passed === false ? "value below" : "value", width: share(tally.points), y: 2, height: 6 }),
    tick === null ? null : svg("rect", { class: "tick", x: tick - 0.3, width: 0.6, height: 10 }),
  );
}

/** A difference and its interval, on a line that begins with nothing. */
function interval(low, value, high) {
  const reach = Math.max(Math.abs(low), Math.abs(high), 1) * 1.2;
  const x = (points) => 120 + (112 * points) / reach;
  // Figures that would lie on one another: the ends go first, the middle keeps its own line.
  const ends = [[low, "end"], [high, ""]].filter(([points]) => points !== value);
  return chart(
    240, 36, t("compared.interval_name", { value: signed(value), low: signed(low), high: signed(high) }), { class: "interval" },
    svg("line", { class: "axis", x1: 8, x2: 232, y1: 18, y2: 18 }),
    svg("line", { class: "zero", x1: 120, x2: 120, y1: 10, y2: 26 }),
    svg("text", { x: 120, y: 35, class: "middle" }, "0"),
    svg("line", { class: "range", x1: x(low), x2: x(high), y1: 18, y2: 18 }),
    svg("circle", { class: "dot", cx: x(value), cy: 18, r: 4 }),
    svg("text", { class: "middle strong", x: x(value), y: 9 }, signed(value)),
    ends.map(([points, anchor]) => svg("text", { class: anchor, x: x(points) + (anchor ? -4 : 4), y: 15 }, signed(points))),
  );
}

const cell = 10;
const columns = 25;
const most = 1000; // cells of a sheet that a reader would look at

/** One block as an answer sheet: a cell a question, which opens it. */
function answerSheet(run, block, questions) {
  const given = questions.map((one) => outcomeOf(run, one.id));
  const counts = Object.keys(outcomes)
    .map((outcome) => [given.filter((one) => one === outcome).length, outcome])
    .filter(([number]) => number)
    .map(([number, outcome]) => t("answers.count", { number, outcome: outcomeText(outcome) })).join(t("items"));
  if (questions.length > most) return h("p", { class: "small" }, t("answers.many", { counts }));
  const rows = Math.ceil(questions.length / columns);
  const cells = questions.map((one, n) => {
    const outcome = given[n];
    const [x, y] = [(n % columns) * cell, Math.floor(n / columns) * cell];
    const wrong = outcome !== "correct" && outcome !== "none";
    return svg(
      "g", { class: outcome, "data-question": one.id },
      svg("title", {}, t("outcome.of", { run: visible(one.id), outcome: outcomeText(outcome) })),
      svg("rect", { x: x + 0.6, y: y + 0.6, width: cell - 1.2, height: cell - 1.2, rx: 1.5 }),
      wrong ? svg("text", { x: x + cell / 2, y: y + cell * 0.77 }, outcomes[outcome]) : null,
    );
  });
  const sheet = chart(
    columns * cell, rows * cell, t("answers.block", { block: visible(block), counts }), { class: "answers" }, cells,
  );
  sheet.addEventListener("click", (event) => {
    const id = event.target.closest("[data-question]")?.dataset.question;
    if (id) location.hash = encodeURIComponent(id);
  });
  return sheet;
}
