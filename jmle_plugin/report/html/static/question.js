"use strict";
// One question opened: what was asked, what is right, and what each run made of it.

function figureOf(name) {
  const figure = page.figures[name];
  const size = `${figure.width} × ${figure.height}`;
  const note = (...why) => h("p", { class: "no-figure" },
    nodes("figure.note", { name: foreign(name), size, kilobytes: Math.ceil(figure.size / 1000), why: h("span", {}, why) }));
  if (!figure.source) return note(figure.missing ? foreign(figure.missing) : t("figure.left_out"));
  const image = h("img", { src: figure.source, alt: t("figure", { name: visible(name) }), width: figure.width, height: figure.height, loading: "lazy" });
  const gone = () => (figure.source.startsWith("data:") ? [t("figure.not_drawn")] : nodes("figure.not_found", { address: foreign(decoded(figure.source)) }));
  image.addEventListener("error", () => image.replaceWith(note(...gone())));
  if (!figure.full) return image;
  const full = h("a", { href: figure.full }, foreign(name));
  return h("figure", {}, image, h("figcaption", { class: "quiet small" }, nodes("figure.small", { name: full, size })));
}

/** An address for people; as it stands where it is no text. */
function decoded(address) {
  try { return decodeURIComponent(address); } catch { return address; }
}

const treatments = ["credit_all", "exclude", "exclude_if_wrong"];

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
        right ? h("span", { class: "tag key" }, t("question.key_tag")) : null,
        question.prohibited.includes(label) ? h("span", { class: "tag prohibited" }, ja("禁忌")) : null,
        choosers.map((run) => h("span", { class: `tag answered ${right ? "" : "wrongly"}` }, foreign(several ? run.name : t("question.answered"))))),
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
      h("p", { class: "cut" }, nodes("reply.cut", { characters: counted(gone, "characters"), file: foreign(where) })),
      foreign(tail),
    );
  };
  const length = counted(head.length + tail.length + gone, "characters");
  const details = h("details", { open }, h("summary", {}, title, h("span", { class: "quiet" }, ` ${length}`)), body);
  if (open) fill();
  details.addEventListener("toggle", fill);
  return details;
}

const short = 300; // characters that may stand open beside the answers of many runs

function spent(mark) {
  const facts_ = [];
  const tokens = Object.entries(mark.tokens ?? {}).filter(([, count]) => count != null);
  if (tokens.length) facts_.push([t("reply.tokens"), tokens.map(([name, count]) => t(`reply.token.${name}`, { number: count.toLocaleString("en") })).join(t("items"))]);
  if (mark.cost != null) facts_.push([t("reply.cost"), dollars(mark.cost)]);
  if (mark.seconds != null) {
    const speed = mark.tokens_per_second;
    facts_.push([t("reply.time"), t(speed == null ? "reply.seconds" : "reply.speed", { seconds: mark.seconds, speed })]);
  }
  if (mark.images) facts_.push([t("figures"), t("reply.images", { sent: mark.images.count, changed: mark.images.changed, bytes: mark.images.sent_size.toLocaleString("en") })]);
  if (mark.model) facts_.push([t("reply.model"), foreign(mark.model)]);
  if (mark.finish_reason && mark.finish_reason !== "stop") facts_.push([t("reply.ended"), foreign(mark.finish_reason)]);
  return facts_;
}

/** How the answer was read; where people gave none, there was nothing to read. */
function readingOf(mark, people) {
  const how = mark.how ?? "none";
  if (!people) return t(`reading.${how}`);
  return t(how === "none" && !mark.answer?.length ? "reading.unrecorded" : "reading.recorded");
}

function asking(mark, alone, people) {
  return h(
    "div", { class: "asking" },
    h("p", { class: "given" }, sign(mark.outcome), " ",
      alone ? null : h("span", { class: "quiet" }, t("epochs.nth", mark)),
      h("b", {}, foreign(answerText(mark.answer, mark.outcome))),
      mark.invalid ? t("reading.invalid", { why: template(`reading.${mark.invalid.replaceAll(" ", "_")}`) ?? mark.invalid }) : null,
      h("span", { class: "points" }, `${mark.points} / ${mark.max}`)),
    mark.error ? h("p", { class: "missing" }, foreign(mark.error)) : null,
    mark.outcome === "error" ? null : h("p", { class: "reading" }, mark.line ? [t("reading.line", { reading: readingOf(mark, people) }), h("q", {}, foreign(mark.line))] : readingOf(mark, people)),
    mark.prohibited?.length ? h("p", { class: "missing" }, t("question.prohibited_choice", { choices: mark.prohibited.join(", ") })) : null,
    mark.gone ? h("p", { class: "missing" }, foreign(mark.gone)) : null,
    mark.text && (mark.text.head || !people) ? longText(t(people ? "reply.record" : "reply"), mark.text, mark.where, page.runs.length < 3 || mark.text.head.length < short) : null,
    mark.reasoning ? longText(t("reply.reasoning"), mark.reasoning, mark.where, false) : null,
    spent(mark).length ? facts(spent(mark), { class: "facts small" }) : null,
  );
}

function change(run, id) {
  const gained = run.comparison?.gained[id];
  const known = gained ?? run.comparison?.lost[id];
  if (!known) return null;
  return h("p", { class: "change" }, nodes(`compared.against.${gained ? "gained" : "lost"}`, {
    run: foreign(run.comparison.old), answer: foreign(answerText(known.old.answer, known.old.outcome)) }));
}

function answersOf(run, mark, id) {
  return h(
    "section", { class: "answer", "aria-label": t("question.answer_of", { run: visible(run.name) }) },
    several ? h("h4", {}, foreign(run.title)) : null,
    change(run, id),
    mark ? mark.askings.map((one) => asking(one, mark.askings.length === 1, run.people)) : h("p", { class: "quiet" }, outcomeText("none")),
  );
}

/** The whole question, as nodes. */
function questionOf(question) {
  const marks = page.runs.map((run) => marked(run, question.id));
  const first = marks.find((mark) => mark);
  const serial = question.serial ? page.serials[question.serial] : null;
  const known = [
    question.points ? counted(question.points, "points") : null,
    formTitles[question.form],
    question.select > 1 ? t("question.select", { number: question.select }) : null,
    question.subject || null,
    question.human == null ? null : t("question.human", { share: `${Math.round(100 * question.human)}%` }),
    treatments.includes(question.treatment) ? t(`question.${question.treatment}`) : null,
  ].filter(Boolean);
  return [
    h("header", {},
      h("h3", {}, foreign(question.id)),
      h("p", { class: "quiet" }, foreign(known.join(" · "))),
      h("span", { class: "turn" },
        h("button", { type: "button", "data-step": -1, "aria-label": t("question.previous") }, "‹"),
        h("button", { type: "button", "data-step": 1, "aria-label": t("question.next") }, "›"),
        h("button", { type: "button", class: "close", "aria-label": t("question.close") }, "✕"))),
    serial
      ? h("details", { class: "serial", open: true },
        h("summary", {}, both("question.serial"), " ", serial.questions.map((id, n) => [n ? t("items") : "", id === question.id ? h("b", {}, id) : link(id)])),
        h("div", { class: "exam-text", lang: "ja" }, foreign(serial.text)))
      : null,
    question.text ? h("div", { class: "exam-text", lang: "ja" }, foreign(question.text)) : h("p", { class: "missing" }, t("questions.text_gone")),
    question.figures?.length ? h("div", { class: "figures" }, question.figures.map(figureOf)) : null,
    question.figures_missing ? h("p", { class: "missing" }, t(page.runs.every((run) => run.people) ? "question.figure_lacking" : "question.asked_without")) : null,
    optionsOf(question, marks),
    h("p", { class: "key-line" }, h("span", {}, both("question.key"), " "), h("b", {}, foreign(keyText(first?.accepted)))),
    question.rationale ? h("p", { class: "rationale", lang: "ja" }, foreign(question.rationale)) : null,
    h("div", { class: "answers-side" }, page.runs.map((run, n) => answersOf(run, marks[n], question.id))),
  ];
}
