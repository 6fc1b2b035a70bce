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
  const tick = threshold === null ? null : share(threshold);
  const below = threshold !== null && tally.points < threshold;
  return chart(
    100, 10, name, { class: "bar", preserveAspectRatio: "none" },
    svg("rect", { class: "ground", width: 100, y: 2, height: 6 }),
    svg("rect", { class: below ? "value below" : "value", width: share(tally.points), y: 2, height: 6 }),
    tick === null ? null : svg("rect", { class: "tick", x: tick - 0.3, width: 0.6, height: 10 }),
  );
}

/** One dot per epoch between the lowest and the highest possible points shown. */
function spread(epochs, max) {
  const points = epochs.scores.map((score) => score.points);
  const low = Math.max(0, Math.min(...points) - 5);
  const high = Math.min(max, Math.max(...points) + 5);
  const x = (value) => 6 + (188 * (value - low)) / Math.max(high - low, 1);
  return chart(
    200, 30, `Points by epoch: ${points.join(", ")}`, { class: "spread" },
    svg("line", { class: "axis", x1: x(low), x2: x(high), y1: 12, y2: 12 }),
    points.map((value) => svg("circle", { class: "dot", cx: x(value), cy: 12, r: 4 })),
    epochs.mean === null ? null : svg("line", { class: "mean", x1: x(epochs.mean), x2: x(epochs.mean), y1: 3, y2: 21 }),
    svg("text", { x: x(low), y: 29 }, low),
    svg("text", { x: x(high), y: 29, class: "end" }, high),
  );
}

/** An interval of a difference against nothing. */
function interval(low, value, high) {
  const reach = Math.max(Math.abs(low), Math.abs(high), 1) * 1.15;
  const x = (points) => 100 + (94 * points) / reach;
  return chart(
    200, 34, `Difference ${value} points, interval ${low} to ${high}`, { class: "interval" },
    svg("line", { class: "zero", x1: 100, x2: 100, y1: 2, y2: 22 }),
    svg("line", { class: "range", x1: x(low), x2: x(high), y1: 12, y2: 12 }),
    svg("circle", { class: "dot", cx: x(value), cy: 12, r: 4.5 }),
    svg("text", { x: x(low), y: 32, class: "middle" }, signed(low)),
    svg("text", { x: x(high), y: 32, class: "middle" }, signed(high)),
    low < 0 && high > 0 ? svg("text", { x: 100, y: 32, class: "middle" }, "0") : null,
  );
}

const cell = 10;
const columns = 25;

/** One block as an answer sheet: a cell a question, which opens it. */
function answerSheet(run, block, questions) {
  const given = questions.map((one) => outcomeOf(run, one.id));
  const told = Object.entries(outcomes)
    .map(([outcome, [, name]]) => [given.filter((one) => one === outcome).length, name])
    .filter(([count]) => count)
    .map(([count, name]) => `${count} ${name}`);
  const rows = Math.ceil(questions.length / columns);
  const cells = questions.map((one, n) => {
    const outcome = given[n];
    const [x, y] = [(n % columns) * cell, Math.floor(n / columns) * cell];
    const wrong = outcome !== "correct" && outcome !== "none";
    return svg(
      "g", { class: outcome, "data-question": one.id },
      svg("title", {}, `${one.id}: ${outcomes[outcome][1]}`),
      svg("rect", { x: x + 0.6, y: y + 0.6, width: cell - 1.2, height: cell - 1.2, rx: 1.5 }),
      wrong ? svg("text", { x: x + cell / 2, y: y + cell * 0.77 }, outcomes[outcome][0]) : null,
    );
  });
  const sheet = chart(
    columns * cell, rows * cell, `Block ${block}: ${told.join(", ")}`, { class: "answers" }, cells,
  );
  sheet.addEventListener("click", (event) => {
    const id = event.target.closest("[data-question]")?.dataset.question;
    if (id) location.hash = encodeURIComponent(id);
  });
  return sheet;
}
