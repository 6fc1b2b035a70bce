"use strict";
// The score sheets: what the examiners would send, and everything needed to believe it.

/** The English of an official section's name, where English is spoken. */
function english(name) {
  if (spoken === "ja") return null;
  return h("small", {}, template(`sheet.section_name.${name}`) ?? foreign(name));
}

function seal(verdict) {
  return h("p", { class: `seal ${verdict}` }, ja(t(`seal.${verdict}`, {}, "ja")), spoken === "ja" ? null : h("span", {}, sealText(verdict)));
}

/** Heads of columns: the official word, and below it the English one. */
function officialHeads(keys, values = {}) {
  return keys.map((key) => h("th", { scope: "col" }, officialTitle(key, values)));
}

/** A title, in both languages where English is spoken. */
function officialTitle(key, values = {}) {
  return spoken === "ja" ? t(key, values) : [ja(t(key, values, "ja")), h("small", {}, t(key, values))];
}

/** Points, of several epochs the mean. */
function of(tally, mean = null) {
  return [h("b", {}, mean === null ? tally.points : mean.toFixed(1)), h("span", { class: "of" }, ` / ${tally.max}`)];
}

/** Passed, failed, or nothing known. */
function ruling(passed) {
  if (passed === null) return h("span", { class: "sign none", role: "img", "aria-label": t("sheet.open") }, "–");
  return h(
    "span",
    { class: `sign ${passed ? "correct" : "incorrect"}`, role: "img", "aria-label": t(passed ? "sheet.passed" : "sheet.failed") },
    passed ? "○" : "✕",
  );
}

function score(tally) {
  return h("div", { class: "points" }, h("span", {}, of(tally)),
    h("small", {}, t("sheet.correct", tally)));
}

function criterion([name, section]) {
  const needed = section.margin === null ? section.threshold : section.points - section.margin;
  const own = section.margin !== null && section.max !== section.stated_max;
  const title = visible(section.title);
  return h(
    "tr", {},
    h("th", { scope: "row" }, foreign(section.title, { lang: "ja" }), english(name)),
    h("td", { class: "score" }, score(section),
      bar(section, t("bar.section", { title, points: section.points, max: section.max, needed }), needed)),
    h("td", { class: "needed" }, h("b", {}, needed), ja("点以上"),
      own ? h("small", {}, t("sheet.stated", { threshold: section.threshold, max: section.stated_max })) : null),
    h("td", { class: "number" }, section.margin === null ? "–" : signed(section.margin)),
    h("td", { class: "ruling" }, ruling(section.passed)),
  );
}

function prohibitedRow(rule) {
  if (rule.limit === null) return null;
  const unknown = rule.count === null;
  return h(
    "tr", {},
    h("th", { scope: "row" }, officialTitle("sheet.prohibited")),
    h("td", { class: "score" }, unknown ? h("small", {}, t("sheet.not_evaluable")) : h("div", { class: "points" }, h("span", {}, h("b", {}, rule.count), ja("問")))),
    h("td", { class: "needed" }, h("b", {}, rule.limit), ja("問以下")),
    h("td", { class: "number" }, rule.passed === null ? "–" : signed(rule.limit - rule.count)),
    h("td", { class: "ruling" }, ruling(rule.passed)),
  );
}

/** Several epochs: each criterion's mean, and how many epochs meet it. */
function criteriaOfEpochs(sheet) {
  const { epochs } = sheet;
  const head = ["sheet.section", "sheet.mean", "sheet.needed", "sheet.epochs_met", "sheet.majority"];
  const row = (title, name, mean, deviation, needed, met, tally) => h(
    "tr", {},
    h("th", { scope: "row" }, title, name),
    h("td", { class: "score" }, h("b", {}, mean.toFixed(1)), h("span", { class: "of" }, ` / ${tally.max}`), h("small", {}, t("sheet.sd", { sd: deviation.toFixed(1) }))),
    h("td", { class: "needed" }, needed === null ? null : [h("b", {}, needed), ja("点以上")]),
    h("td", { class: "number" }, t("sheet.of_epochs", { met, count: epochs.count })),
    h("td", { class: "number quiet" }, of(tally)),
  );
  return h(
    "table", { class: "criteria by-epoch" },
    h("thead", {}, h("tr", {}, officialHeads(head, epochs))),
    h(
      "tbody", {},
      Object.entries(sheet.sections).map(([name, section]) => {
        const { mean, deviation, met } = epochs.sections[name];
        return row(foreign(section.title, { lang: "ja" }), english(name), mean, deviation, section.points - section.margin, met, section);
      }),
      row(officialTitle("sheet.total"), null, epochs.mean, epochs.deviation, null, epochs.passed, sheet.total),
    ),
  );
}

function criteria(sheet) {
  if (sheet.epochs?.sections) return criteriaOfEpochs(sheet);
  const head = ["sheet.section", "sheet.score", "sheet.needed", "sheet.margin", "sheet.met"];
  return h(
    "table", { class: "criteria" },
    h("thead", {}, h("tr", {}, officialHeads(head))),
    h(
      "tbody", {},
      Object.entries(sheet.sections).map(criterion),
      prohibitedRow(sheet.prohibited),
      h(
        "tr", { class: "total" },
        h("th", { scope: "row" }, officialTitle("sheet.total")),
        h("td", { class: "score" }, score(sheet.total)),
        h("td", { colspan: 3 }),
      ),
    ),
  );
}

/** Rows of cells below a header, the first cell of each being its title. */
function plainTable(kind, [head, ...rows]) {
  return h(
    "table", { class: kind },
    h("thead", {}, h("tr", {}, head.map((word, n) => h("th", { scope: "col", class: n ? "number" : null }, word || h("span", { class: "unseen" }, t("sheet.section")))))),
    h("tbody", {}, rows.map(([title, ...cells]) => h("tr", {},
      h("th", { scope: "row" }, foreign(title)),
      cells.map((cell) => h("td", { class: "number" }, cell))))),
  );
}

/** A bench's sections by their measures, in place of criteria. */
function measures(run) {
  return h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": t("measures", { run: visible(run.title) }) },
    plainTable("parts measures", run.measures));
}

function partsOf(title, rows) {
  const head = [[t("part"), "unseen"], [t("part.share"), "unseen"], [t("part.points")], [t("part.correct")]];
  return h(
    "table", { class: "parts" },
    h("caption", {}, title),
    h("thead", {}, h("tr", {}, head.map(([name, how]) => h("th", { scope: "col" }, h("span", { class: how }, name))))),
    h("tbody", {}, rows.filter(([, tally]) => tally.max || tally.questions).map(([name, tally]) =>
      h(
        "tr", {},
        h("th", { scope: "row" }, foreign(name)),
        h("td", { class: "wide" }, bar(tally, t("bar", { title: visible(name), points: tally.points, max: tally.max }))),
        h("td", { class: "number" }, of(tally)),
        h("td", { class: "number quiet" }, `${tally.correct}/${tally.questions}`),
      ),
    )),
  );
}

function parts({ sheet, missing_title: title }) {
  return [
    partsOf(t("part.blocks"), Object.entries(sheet.blocks).map(([name, tally]) => [t("part.block", { block: name }), tally])),
    partsOf(t("part.kinds"), [
      ...Object.entries(sheet.kinds).map(([name, tally]) => [formTitles[name] ?? name, tally]),
      [t("part.with"), sheet.images.with],
      [t("part.without"), sheet.images.without],
      ...(sheet.images.missing ? [[title, sheet.images.missing]] : []),
    ]),
  ];
}

const groupings = ["sections", "subjects", "image_dependency", "visual_types"];
const percent = (share) => share === null ? "–" : `${(100 * share).toFixed(1)}%`;

/** Strata: points, right answers, their share and its interval; the largest first. */
function strata({ title: whose, sheet: { strata: known } }) {
  return groupings.filter((name) => Object.keys(known?.[name] ?? {}).length).map((name) => {
    const title = t(`strata.${name}`);
    const rows = Object.entries(known[name]).sort(([, one], [, other]) => other.questions - one.questions);
    const figures = rows.some(([, one]) => one.text_only.questions && one.text_only.questions < one.questions);
    const head = [t(`strata.head.${name}`), t("part.points"), t("part.correct"), t("strata.share"), t("strata.interval"), ...(figures ? [t("strata.without")] : [])];
    return h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": t("strata.of", { title, run: visible(whose) }) }, h(
      "table", { class: "parts strata" },
      h("caption", {}, title),
      h("thead", {}, h("tr", {}, head.map((word) => h("th", { scope: "col" }, word)))),
      h("tbody", {}, rows.map(([label, one]) => h(
        "tr", {},
        h("th", { scope: "row" }, foreign(label)),
        h("td", { class: "number" }, of(one)),
        h("td", { class: "number" }, `${one.correct}/${one.questions}`),
        h("td", { class: "number" }, percent(one.share)),
        h("td", { class: "number quiet" }, one.share === null ? "–" : t("range", { low: percent(one.low), high: percent(one.high) })),
        figures && h("td", { class: "number quiet" }, `${one.text_only.correct}/${one.text_only.questions}`),
      ))),
    ));
  });
}

/** Each epoch as if it were the whole sitting. */
function epochsOf(sheet) {
  if (!sheet.epochs) return null;
  const sections = Object.entries(sheet.sections);
  const head = [[t("epochs.epoch")], [t("part.share"), "unseen"], [t("part.points")], ...sections.map(([, one]) => [visible(one.title), "", "ja"]), [t("epochs.alone")]];
  return h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": t("epochs") },
    h(
      "table", { class: "parts epochs" },
      h("caption", {}, t("epochs")),
      h("thead", {}, h("tr", {}, head.map(([name, how, lang]) => h("th", { scope: "col", lang }, h("span", { class: how }, name))))),
      h("tbody", {}, sheet.epochs.scores.map((one) => h(
        "tr", {},
        h("th", { scope: "row" }, one.epoch, one.errors ? h("small", {}, t("epochs.errors", { number: one.errors })) : null),
        h("td", { class: "wide" }, bar(one, t("epochs.bar", one))),
        h("td", { class: "number" }, of(one)),
        sections.map(([name]) => h("td", { class: "number" }, one.sections[name] ?? "–")),
        h("td", { class: "ruling" }, one.passed === null ? t("sheet.open") : sealText(one.passed ? "pass" : "fail")),
      ))),
    ));
}

function answerSheets(run) {
  if (!page.blocks.length) return null;
  return h(
    "figure", { class: "answer-sheets" },
    h(
      "figcaption", {},
      h("span", { class: "caption" }, both("answers")),
      h("span", { class: "legend" }, Object.keys(outcomes).map((outcome) =>
        h("span", { class: outcome }, outcomeText(outcome)))),
    ),
    h("div", { class: "blocks" }, page.blocks.map((block) => {
      const questions = page.questions.filter((one) => one.block === block);
      return h("div", {}, h("span", { class: "block-name", "aria-hidden": "true" }, foreign(block)), answerSheet(run, block, questions));
    })),
  );
}

function figuresSent(sheet) {
  const sent = sheet.figures;
  if (!sent || sent.changed) return [];
  return [[t("figures"), t("figures.sent", { number: sent.count, size: (sent.size / 1e6).toFixed(1) })]];
}

/** Any JSON value for people: what is in it, by name. */
function tree(value) {
  if (value === null || value === "") return h("span", { class: "quiet" }, t(value === null ? "none" : "empty"));
  if (Array.isArray(value)) {
    return value.length ? h("ul", {}, value.map((one) => h("li", {}, tree(one)))) : h("span", { class: "quiet" }, t("none"));
  }
  if (typeof value === "object") {
    const entries = Object.entries(value);
    if (!entries.length) return h("span", { class: "quiet" }, t("none"));
    return facts(entries.map(([name, one]) => [foreign(name.replaceAll("_", " ")), tree(one)]));
  }
  return foreign(value === true ? t("yes") : value === false ? t("no") : value);
}

function sheetOf(run, number) {
  const sheet = run.sheet;
  const remarks = [...run.doubt, ...run.remarks, ...figuresSent(sheet)];
  return h(
    "section", { class: "sheet", "aria-labelledby": `run-${number}` },
    h(
      "header", { class: "candidate" },
      h("div", {},
        h("p", { class: "eyebrow" }, both("sheet")),
        h("h2", { id: `run-${number}` }, foreign(run.title)),
        run.plain ? null : h("p", { class: `verdict ${sheet.verdict}` }, foreign(run.verdict)),
        run.labels.length ? h("p", { class: "labels" }, run.labels.map((label) => h("span", {}, foreign(label)))) : null,
      ),
      seal(sheet.verdict),
    ),
    run.missing.map((text) => h("p", { class: "missing" }, foreign(text))),
    run.measures ? measures(run) : criteria(sheet),
    run.notes.length ? h("ul", { class: "notes" }, run.notes.map((note) => h("li", {}, foreign(note)))) : null,
    answerSheets(run),
    h("div", { class: "charts" }, parts(run)),
    facts(remarks.map(([label, text]) => [foreign(label), linked(text)])),
    h("div", { class: "charts wider" }, strata(run)),
    epochsOf(sheet),
    run.comparison ? comparisonOf(run) : null,
    run.audit ? auditOf(run.audit) : null,
    h("details", { class: "provenance" }, h("summary", {}, both("provenance")), spoken === "ja" ? h("p", { class: "quiet small" }, t("provenance.note")) : null, tree(run.provenance)),
  );
}

/** Head and cell of each column; what is known of no run has none. */
function overviewColumns() {
  const sections = Object.entries(page.runs[0].sheet.sections);
  const known = (test) => page.runs.some((run) => test(run.sheet));
  return [
    [t("overview.verdict"), ({ sheet }) => h("td", { class: `word ${sheet.verdict}` }, sealText(sheet.verdict))],
    ...sections.map(([name, one]) => [foreign(one.title, { lang: "ja" }), ({ sheet }) =>
      h("td", { class: "number" }, sheet.sections[name] ? [of(sheet.sections[name]), margin(sheet.sections[name])] : "–")]),
    [t("sheet.total"), ({ sheet }) => h("td", { class: "number" }, of(sheet.total, sheet.epochs?.mean))],
    [t("part.correct"), ({ sheet }) => h("td", { class: "number" }, `${sheet.total.correct}/${sheet.total.questions}`)],
    known((sheet) => sheet.tokens.completion !== null) && [t("overview.tokens"), ({ sheet }) =>
      h("td", { class: "number" }, sheet.tokens.completion?.toLocaleString("en") ?? t("unknown"))],
    known((sheet) => sheet.cost.usd !== null) && [t("overview.cost"), ({ sheet }) =>
      h("td", { class: "number" }, dollars(sheet.cost.usd), sheet.cost.usd !== null && sheet.cost.unknown ? h("small", {}, t("overview.unknown", { number: sheet.cost.unknown })) : null)],
    page.runs.some((run) => run.comparison) && [t("compared.heading"), ({ comparison: known }) =>
      h("td", { class: "against" }, known ? [foreign(known.headline), h("small", {}, nodes("compared", { run: foreign(known.old) }))] : "–")],
  ].filter(Boolean);
}

function margin(section) {
  return section.margin === null ? null : h("small", {}, t("sheet.margin_of", { margin: signed(section.margin) }));
}

function overview() {
  const columns = overviewColumns();
  return h(
    "section", { class: "sheet", "aria-label": t("overview.all") },
    h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": t("overview") },
      h(
        "table", { class: "overview" },
        h("caption", {}, both("overview")),
        h("thead", {}, h("tr", {}, [t("overview.run"), ...columns.map(([name]) => name)].map((name) => h("th", { scope: "col" }, name)))),
        h("tbody", {}, page.runs.map((run, n) => h(
          "tr", {},
          h("th", { scope: "row" }, h("a", { href: `#sheet-${n}` }, foreign(run.title)), h("small", {}, foreign(run.labels.join(" · ")))),
          columns.map(([, cell]) => cell(run)),
        ))),
      )),
  );
}

/** One sheet of several, behind its run's name. */
function shut(run, number) {
  const { total, verdict } = run.sheet;
  const mean = run.sheet.epochs?.mean ?? null;
  return h("details", { class: "run", id: `sheet-${number}` },
    h("summary", {}, foreign(run.title), h("span", { class: "quiet" }, ` ${mean === null ? total.points : mean.toFixed(1)} / ${total.max} `),
      h("span", { class: `word ${verdict}` }, sealText(verdict))),
    sheetOf(run, number));
}

function drawSheets() {
  const { title, id } = page.exam;
  document.getElementById("masthead").replaceChildren(
    h("h1", { lang: "ja" }, foreign(title)),
    h("p", {}, foreign(id), ` · ${counted(page.runs.length, "runs")} · ${counted(page.questions.length, "questions")}`),
    h("nav", { "aria-label": t("nav") }, h("a", { href: "#sheets" }, t("nav.score")), h("a", { href: "#questions" }, t("nav.questions"))),
    languageSwitch(),
  );
  document.getElementById("sheets").replaceChildren(
    ...page.missing.map((text) => h("p", { class: "missing" }, text)),
    ...(page.runs.length > 1 ? [overview()] : []),
    ...page.runs.map((run, n) => (page.runs.length > 1 ? shut(run, n) : sheetOf(run, n))),
  );
}
