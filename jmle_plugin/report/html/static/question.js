"use strict";
// One question opened: what was asked, what is right, and what each run made of it.

function figureOf(name) {
  const figure = page.figures[name];
  const size = `${figure.width} × ${figure.height}`;
  const note = (...why) => h("p", { class: "no-figure" }, foreign(name), ` (${size}, ${Math.ceil(figure.size / 1000)} kB): `, ...why);
  if (!figure.source) return note(foreign(figure.missing ?? "figures are left out of this page"));
  const image = h("img", { src: figure.source, alt: `Figure ${visible(name)}`, width: figure.width, height: figure.height, loading: "lazy" });
  const gone = () => (figure.source.startsWith("data:") ? ["it cannot be drawn"] : ["not found at ", foreign(decoded(figure.source))]);
  image.addEventListener("error", () => image.replaceWith(note(...gone())));
  return image;
}

/** An address for people; as it stands where it is no text. */
function decoded(address) {
  try { return decodeURIComponent(address); } catch { return address; }
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
    return h(
      "li", { class: right ? "right" : choosers.length && !several ? "chosen" : "" },
      h("span", { class: "label" }, label),
      h("span", { class: "option", lang: "ja" }, foreign(text)),
      h("span", { class: "tags" },
        right ? h("span", { class: "tag key" }, "key") : null,
        question.prohibited.includes(label) ? h("span", { class: "tag prohibited" }, ja("禁忌")) : null,
        choosers.map((run) => h("span", { class: `tag answered ${right ? "" : "wrongly"}` }, foreign(several ? run.name : "answered")))),
    );
  }));
}

/** A long text, shut or open; nothing of it is left out without a word. */
function longText(title, { head, tail = "", left_out: gone = 0 }, where, open) {
  const body = h("div", { class: "foreign", dir: "auto" });
  const fill = () => {
    if (body.childNodes.length) return;
    body.append(foreign(head));
    if (!gone) return;
    body.append(
      h("p", { class: "cut" }, `${counted(gone, "character")} left out here: too long for this page. All of it is in `, foreign(where), "."),
      foreign(tail),
    );
  };
  const length = counted(head.length + tail.length + gone, "character");
  const details = h("details", { open }, h("summary", {}, title, h("span", { class: "quiet" }, ` ${length}`)), body);
  if (open) fill();
  details.addEventListener("toggle", fill);
  return details;
}

const short = 300; // characters that may stand open beside the answers of many runs

const readings = {
  exact: "read in the format asked for",
  tolerant: "not in the format asked for, but plain to a human reader",
  none: "no answer could be read",
};

function spent(mark) {
  const told = [];
  const tokens = Object.entries(mark.tokens ?? {}).filter(([, count]) => count != null);
  if (tokens.length) told.push(["Tokens", tokens.map(([name, count]) => `${name} ${count.toLocaleString("en")}`).join(", ")]);
  if (mark.cost != null) told.push(["Cost", dollars(mark.cost)]);
  if (mark.seconds != null) {
    const speed = mark.tokens_per_second == null ? "" : `, ${mark.tokens_per_second} completion tokens a second`;
    told.push(["Time", `${mark.seconds} s${speed}`]);
  }
  if (mark.images) told.push(["Figures", `${mark.images.count} sent, ${mark.images.changed} changed, ${mark.images.sent_size.toLocaleString("en")} bytes`]);
  if (mark.model) told.push(["Model", foreign(mark.model)]);
  if (mark.finish_reason && mark.finish_reason !== "stop") told.push(["Ended", foreign(mark.finish_reason)]);
  return told;
}

/** How the answer was read; where people gave none, there was nothing to read. */
function readingOf(mark, people) {
  const how = mark.how ?? "none";
  if (!people) return readings[how];
  return how === "none" && !mark.answer?.length ? "no answer is recorded" : "as it is recorded";
}

function asking(mark, alone, people) {
  return h(
    "div", { class: "asking" },
    h("p", { class: "given" }, sign(mark.outcome), " ",
      alone ? null : h("span", { class: "quiet" }, `epoch ${mark.epoch}: `),
      h("b", {}, foreign(answerText(mark.answer, mark.outcome))),
      mark.invalid ? ` (${mark.invalid})` : null,
      h("span", { class: "points" }, `${mark.points} / ${mark.max}`)),
    mark.error ? h("p", { class: "missing" }, foreign(mark.error)) : null,
    mark.outcome === "error" ? null : h("p", { class: "reading" }, readingOf(mark, people),
      mark.line ? [": ", h("q", {}, foreign(mark.line))] : ""),
    mark.prohibited?.length ? h("p", { class: "missing" }, `Prohibited choice: ${mark.prohibited.join(", ")}`) : null,
    mark.gone ? h("p", { class: "missing" }, foreign(mark.gone)) : null,
    mark.text && (mark.text.head || !people) ? longText(people ? "Record" : "Reply", mark.text, mark.where, page.runs.length < 3 || mark.text.head.length < short) : null,
    mark.reasoning ? longText("Reasoning", mark.reasoning, mark.where, false) : null,
    spent(mark).length ? facts(spent(mark), { class: "facts small" }) : null,
  );
}

function change(run, id) {
  const gained = run.comparison?.gained[id];
  const told = gained ?? run.comparison?.lost[id];
  if (!told) return null;
  return h("p", { class: "change" }, h("b", {}, gained ? "Gained" : "Lost"), " against ", foreign(run.comparison.old), ", which answered ",
    foreign(answerText(told.old.answer, told.old.outcome)), ".");
}

function answersOf(run, mark, id) {
  return h(
    "section", { class: "answer", "aria-label": `Answer of ${visible(run.name)}` },
    several ? h("h4", {}, foreign(run.title)) : null,
    change(run, id),
    mark ? mark.askings.map((one) => asking(one, mark.askings.length === 1, run.people)) : h("p", { class: "quiet" }, "not asked"),
  );
}

/** The whole question, as nodes. */
function questionOf(question) {
  const marks = page.runs.map((run) => marked(run, question.id));
  const first = marks.find((mark) => mark);
  const serial = question.serial ? page.serials[question.serial] : null;
  const told = [
    question.points ? counted(question.points, "point") : null,
    page.forms[question.form],
    question.select > 1 ? `${question.select} to choose` : null,
    question.subject || null,
    question.human == null ? null : `${Math.round(100 * question.human)}% of people were right`,
    treatments[question.treatment],
  ].filter(Boolean);
  return [
    h("header", {},
      h("h3", {}, foreign(question.id)),
      h("p", { class: "quiet" }, foreign(told.join(" · "))),
      h("span", { class: "turn" },
        h("button", { type: "button", "data-step": -1, "aria-label": "Previous question" }, "‹"),
        h("button", { type: "button", "data-step": 1, "aria-label": "Next question" }, "›"),
        h("button", { type: "button", class: "close", "aria-label": "Close this question" }, "✕"))),
    serial
      ? h("details", { class: "serial", open: true },
        h("summary", {}, ja("連問"), " Shared case: ", serial.questions.map((id, n) => [n ? ", " : "", id === question.id ? h("b", {}, id) : link(id)])),
        h("div", { class: "exam-text", lang: "ja" }, foreign(serial.text)))
      : null,
    question.text ? h("div", { class: "exam-text", lang: "ja" }, foreign(question.text)) : h("p", { class: "missing" }, "The question's text is not in this page."),
    question.figures?.length ? h("div", { class: "figures" }, question.figures.map(figureOf)) : null,
    question.figures_missing ? h("p", { class: "missing" }, `This question has a figure that the exam's data lacks${page.runs.every((run) => run.people) ? "." : ": models were asked without it."}`) : null,
    optionsOf(question, marks),
    h("p", { class: "key-line" }, h("span", {}, ja("正答"), " Key "), h("b", {}, foreign(keyText(first?.accepted)))),
    question.rationale ? h("p", { class: "rationale", lang: "ja" }, foreign(question.rationale)) : null,
    h("div", { class: "answers-side" }, page.runs.map((run, n) => answersOf(run, marks[n], question.id))),
  ];
}
