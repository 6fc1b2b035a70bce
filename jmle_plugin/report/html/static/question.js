"use strict";
// One question opened: what was asked, what is right, and what each run made of it.

function figureOf(name) {
  const figure = page.figures[name];
  const size = `${figure.width} × ${figure.height}`;
  const note = (why) => h("p", { class: "no-figure" }, foreign(name), ` (${size}, ${Math.ceil(figure.size / 1000)} kB): ${why}`);
  if (!figure.source) return note(figure.missing ?? "figures are left out of this page");
  const image = h("img", { src: figure.source, alt: `Figure ${name}`, width: figure.width, height: figure.height, loading: "lazy" });
  image.addEventListener("error", () => image.replaceWith(note(`not found at ${decodeURI(figure.source.slice(0, 200))}`)));
  return image;
}

/** Accepted answers as text: `a, c or b, c`. */
function keyText(accepted) {
  return (accepted ?? []).map((answer) => answer.join(", ")).join(" or ") || "none";
}

const treatments = {
  credit_all: "everybody gets the points",
  exclude: "taken out of the scoring",
  exclude_if_wrong: "counts only for those who got it right",
};

function optionsOf(question, marks) {
  if (!question.options?.length) return null;
  const accepted = new Set(marks.flatMap((mark) => mark?.accepted ?? []).flat());
  return h("ul", { class: "options" }, question.options.map(([label, text]) => {
    const choosers = page.runs.filter((_, n) => marks[n]?.answer?.includes(label));
    const right = accepted.has(label);
    const who = page.runs.length > 1 ? choosers.map((run) => run.name).join(", ") : "answered";
    return h(
      "li", { class: right ? "right" : choosers.length ? "chosen" : "" },
      h("span", { class: "label" }, label),
      h("span", { class: "option", lang: "ja" }, foreign(text)),
      h("span", { class: "tags" },
        right ? h("span", { class: "tag key" }, "key") : null,
        question.prohibited.includes(label) ? h("span", { class: "tag prohibited" }, ja("禁忌")) : null,
        choosers.length ? h("span", { class: "tag answered" }, foreign(who)) : null),
    );
  }));
}

/** A long text, shut or open; nothing of it is left out without a word. */
function longText(title, shown, where, open) {
  const length = shown.head.length + shown.tail.length + shown.left_out;
  const body = h("div", { class: "foreign", dir: "auto" });
  const fill = () => {
    if (body.childNodes.length) return;
    body.append(foreign(shown.head));
    if (!shown.left_out) return;
    body.append(
      h("p", { class: "cut" }, `${counted(shown.left_out, "character")} left out here: too long for this page. All of it is in `, foreign(where), "."),
      foreign(shown.tail),
    );
  };
  const details = h("details", { open }, h("summary", {}, title, h("span", { class: "quiet" }, ` ${counted(length, "character")}`)), body);
  if (open) fill();
  details.addEventListener("toggle", fill);
  addEventListener("beforeprint", () => details.open && fill());
  return details;
}

const readings = {
  exact: "read in the format asked for",
  tolerant: "not in the format asked for, but plain to a human reader",
  none: "no answer could be read",
};

function spent(mark) {
  const told = [];
  const tokens = Object.entries(mark.tokens ?? {}).filter(([, count]) => count != null);
  if (tokens.length) told.push(["Tokens", tokens.map(([name, count]) => `${name} ${count.toLocaleString("en")}`).join(", ")]);
  if (mark.cost != null) told.push(["Cost", `$${mark.cost.toFixed(mark.cost < 0.01 ? 6 : 4)}`]);
  if (mark.images) told.push(["Figures", `${mark.images.count} sent, ${mark.images.changed} changed, ${mark.images.sent_size.toLocaleString("en")} bytes`]);
  if (mark.model) told.push(["Model", foreign(mark.model)]);
  if (mark.finish_reason && mark.finish_reason !== "stop") told.push(["Ended", foreign(mark.finish_reason)]);
  return told;
}

function asking(mark, alone) {
  const answer = mark.answer?.length ? mark.answer.join(", ") : "no answer";
  return h(
    "div", { class: "asking" },
    h("p", { class: "given" }, sign(mark.outcome), " ",
      alone ? null : h("span", { class: "quiet" }, `epoch ${mark.epoch}: `),
      h("b", {}, mark.outcome === "error" ? "no reply" : foreign(answer)),
      h("span", { class: "points" }, `${mark.points} / ${mark.max}`)),
    mark.error ? h("p", { class: "missing" }, foreign(mark.error)) : null,
    mark.outcome === "error" ? null : h("p", { class: "reading" }, readings[mark.how ?? "none"],
      mark.line ? [": ", h("q", {}, foreign(mark.line))] : ""),
    mark.prohibited?.length ? h("p", { class: "missing" }, `Prohibited choice: ${mark.prohibited.join(", ")}`) : null,
    mark.gone ? h("p", { class: "missing" }, foreign(mark.gone)) : null,
    mark.text ? longText("Reply", mark.text, mark.where, true) : null,
    mark.reasoning ? longText("Reasoning", mark.reasoning, mark.where, false) : null,
    spent(mark).length ? facts(spent(mark), { class: "facts small" }) : null,
  );
}

function change(run, id) {
  const told = run.comparison?.gained[id] ?? run.comparison?.lost[id];
  if (!told) return null;
  return h("p", { class: "change" }, run.comparison.gained[id] ? "Gained against " : "Lost against ", foreign(run.comparison.old), ": ", foreign(told));
}

function answersOf(run, mark, id) {
  const several = page.runs.length > 1;
  return h(
    "section", { class: "answer", "aria-label": `Answer of ${run.name}` },
    several ? h("h4", {}, foreign(run.title)) : null,
    change(run, id),
    mark ? mark.askings.map((one) => asking(one, mark.askings.length === 1)) : h("p", { class: "quiet" }, "not asked"),
  );
}

/** The whole question, as nodes. */
function questionOf(question) {
  const marks = page.runs.map((run) => marked(run, question.id));
  const first = marks.find((mark) => mark);
  const serial = question.serial ? page.serials[question.serial] : null;
  const told = [
    question.points ? counted(question.points, "point") : null,
    forms[question.form],
    question.form === "multi_select" ? `${question.select} to choose` : null,
    question.subject || null,
    treatments[question.treatment],
  ].filter(Boolean);
  return [
    h("header", {},
      h("h3", {}, question.id),
      h("p", { class: "quiet" }, foreign(told.join(" · "))),
      h("button", { type: "button", class: "close", "aria-label": "Close this question" }, "✕")),
    serial
      ? h("details", { class: "serial", open: true },
        h("summary", {}, ja("連問"), " Shared case: ", serial.questions.map((id, n) => [n ? ", " : "", id === question.id ? h("b", {}, id) : link(id)])),
        h("div", { class: "exam-text", lang: "ja" }, foreign(serial.text)))
      : null,
    question.text ? h("div", { class: "exam-text", lang: "ja" }, foreign(question.text)) : h("p", { class: "missing" }, "The question's text is not in this page."),
    question.figures?.length ? h("div", { class: "figures" }, question.figures.map(figureOf)) : null,
    optionsOf(question, marks),
    h("p", { class: "key-line" }, h("span", {}, ja("正答"), " Key "), h("b", {}, foreign(keyText(first?.accepted)))),
    question.rationale ? h("p", { class: "rationale", lang: "ja" }, foreign(question.rationale)) : null,
    h("div", { class: "answers-side" }, page.runs.map((run, n) => answersOf(run, marks[n], question.id))),
  ];
}
