"use strict";
// The score sheets: what the examiners would send, and everything needed to believe it.

const english = { required: "Required", general: "General and clinical" };

function seal(verdict) {
  const [japanese, word] = seals[verdict];
  return h("p", { class: `seal ${verdict}` }, ja(japanese), h("span", {}, word));
}

/** Points, of several epochs the mean. */
function of(tally, mean = null) {
  return [h("b", {}, mean === null ? tally.points : mean.toFixed(1)), h("span", { class: "of" }, ` / ${tally.max}`)];
}

/** Passed, failed, or nothing known. */
function ruling(passed) {
  if (passed === null) return h("span", { class: "sign none", role: "img", "aria-label": "no verdict" }, "–");
  return h(
    "span",
    { class: `sign ${passed ? "correct" : "incorrect"}`, role: "img", "aria-label": passed ? "met" : "not met" },
    passed ? "○" : "✕",
  );
}

function score(tally) {
  return h("div", { class: "points" }, h("span", {}, of(tally)),
    h("small", {}, `${tally.correct} of ${tally.questions} correct`));
}

function criterion([name, section]) {
  const needed = section.margin === null ? section.threshold : section.points - section.margin;
  const own = section.margin !== null && section.max !== section.stated_max;
  const title = visible(section.title);
  return h(
    "tr", {},
    h("th", { scope: "row" }, foreign(section.title, { lang: "ja" }), h("small", {}, english[name] ?? foreign(name))),
    h("td", { class: "score" }, score(section),
      bar(section, `${title}: ${section.points} of ${section.max} points, ${needed} needed`, needed)),
    h("td", { class: "needed" }, h("b", {}, needed), ja("点以上"),
      own ? h("small", {}, `${section.threshold} of ${section.stated_max} stated`) : null),
    h("td", { class: "number" }, section.margin === null ? "–" : signed(section.margin)),
    h("td", { class: "ruling" }, ruling(section.passed)),
  );
}

function prohibitedRow(rule) {
  if (rule.limit === null) return null;
  const unknown = rule.count === null;
  return h(
    "tr", {},
    h("th", { scope: "row" }, ja("禁忌肢"), h("small", {}, "Prohibited choices")),
    h("td", { class: "score" }, unknown ? h("small", {}, "not evaluable: no list is published") : h("div", { class: "points" }, h("span", {}, h("b", {}, rule.count), ja("問")))),
    h("td", { class: "needed" }, h("b", {}, rule.limit), ja("問以下")),
    h("td", { class: "number" }, rule.passed === null ? "–" : signed(rule.limit - rule.count)),
    h("td", { class: "ruling" }, ruling(rule.passed)),
  );
}

/** Several epochs: each criterion's mean, and how many epochs meet it. */
function criteriaOfEpochs(sheet) {
  const { epochs } = sheet;
  const head = [["区分", "Section"], ["平均", "Mean, sd"], ["合格基準", "Needed"], ["達成", "Epochs that meet it"], ["多数決", `Majority of ${epochs.count}`]];
  const row = (title, name, mean, deviation, needed, met, tally) => h(
    "tr", {},
    h("th", { scope: "row" }, title, h("small", {}, name)),
    h("td", { class: "score" }, h("b", {}, mean.toFixed(1)), h("span", { class: "of" }, ` / ${tally.max}`), h("small", {}, `sd ${deviation.toFixed(1)}`)),
    h("td", { class: "needed" }, needed === null ? null : [h("b", {}, needed), ja("点以上")]),
    h("td", { class: "number" }, `${met} of ${epochs.count}`),
    h("td", { class: "number quiet" }, of(tally)),
  );
  return h(
    "table", { class: "criteria by-epoch" },
    h("thead", {}, h("tr", {}, head.map(([japanese, word]) => h("th", { scope: "col" }, ja(japanese), h("small", {}, word))))),
    h(
      "tbody", {},
      Object.entries(sheet.sections).map(([name, section]) => {
        const { mean, deviation, met } = epochs.sections[name];
        return row(foreign(section.title, { lang: "ja" }), english[name] ?? foreign(name), mean, deviation, section.points - section.margin, met, section);
      }),
      row(ja("合計"), "Total", epochs.mean, epochs.deviation, null, epochs.passed, sheet.total),
    ),
  );
}

function criteria(sheet) {
  if (sheet.epochs?.sections) return criteriaOfEpochs(sheet);
  const head = [["区分", "Section"], ["得点", "Score"], ["合格基準", "Needed"], ["差", "Margin"], ["判定", "Met"]];
  return h(
    "table", { class: "criteria" },
    h("thead", {}, h("tr", {}, head.map(([japanese, word]) => h("th", { scope: "col" }, ja(japanese), h("small", {}, word))))),
    h(
      "tbody", {},
      Object.entries(sheet.sections).map(criterion),
      prohibitedRow(sheet.prohibited),
      h(
        "tr", { class: "total" },
        h("th", { scope: "row" }, ja("合計"), h("small", {}, "Total")),
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
    h("thead", {}, h("tr", {}, head.map((word, n) => h("th", { scope: "col", class: n ? "number" : null }, word || h("span", { class: "unseen" }, "Section"))))),
    h("tbody", {}, rows.map(([title, ...cells]) => h("tr", {},
      h("th", { scope: "row" }, foreign(title)),
      cells.map((cell) => h("td", { class: "number" }, cell))))),
  );
}

/** A bench's sections by their measures, in place of criteria. */
function measures(run) {
  return h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": `Measures, ${visible(run.title)}` },
    plainTable("parts measures", run.measures));
}

function partsOf(title, rows) {
  const head = [["Part", "unseen"], ["Share", "unseen"], ["Points"], ["Correct"]];
  return h(
    "table", { class: "parts" },
    h("caption", {}, title),
    h("thead", {}, h("tr", {}, head.map(([name, how]) => h("th", { scope: "col" }, h("span", { class: how }, name))))),
    h("tbody", {}, rows.filter(([, tally]) => tally.max || tally.questions).map(([name, tally]) =>
      h(
        "tr", {},
        h("th", { scope: "row" }, foreign(name)),
        h("td", { class: "wide" }, bar(tally, `${visible(name)}: ${tally.points} of ${tally.max} points`)),
        h("td", { class: "number" }, of(tally)),
        h("td", { class: "number quiet" }, `${tally.correct}/${tally.questions}`),
      ),
    )),
  );
}

function parts({ sheet, missing_title: title }) {
  return [
    partsOf("Blocks", Object.entries(sheet.blocks).map(([name, tally]) => [`Block ${name}`, tally])),
    partsOf("Kinds", [
      ...Object.entries(sheet.kinds).map(([name, tally]) => [page.forms[name] ?? name, tally]),
      ["with images", sheet.images.with],
      ["without images", sheet.images.without],
      ...(sheet.images.missing ? [[title, sheet.images.missing]] : []),
    ]),
  ];
}

const groupings = { sections: "Section", subjects: "Subject", image_dependency: "Image dependency", visual_types: "Visual type" };
const percent = (share) => share === null ? "–" : `${(100 * share).toFixed(1)}%`;

/** Strata: points, right answers, their share and its interval; the largest first. */
function strata({ title: whose, sheet: { strata: known } }) {
  return Object.entries(groupings).filter(([name]) => Object.keys(known?.[name] ?? {}).length).map(([name, title]) => {
    const rows = Object.entries(known[name]).sort(([, one], [, other]) => other.questions - one.questions);
    const figures = rows.some(([, one]) => one.text_only.questions && one.text_only.questions < one.questions);
    const head = [title, "Points", "Correct", "Share", "95%", ...(figures ? ["Without images"] : [])];
    return h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": `By ${title.toLowerCase()}, ${visible(whose)}` }, h(
      "table", { class: "parts strata" },
      h("caption", {}, `By ${title.toLowerCase()}`),
      h("thead", {}, h("tr", {}, head.map((word) => h("th", { scope: "col" }, word)))),
      h("tbody", {}, rows.map(([label, one]) => h(
        "tr", {},
        h("th", { scope: "row" }, foreign(label)),
        h("td", { class: "number" }, of(one)),
        h("td", { class: "number" }, `${one.correct}/${one.questions}`),
        h("td", { class: "number" }, percent(one.share)),
        h("td", { class: "number quiet" }, one.share === null ? "–" : `${percent(one.low)} to ${percent(one.high)}`),
        figures && h("td", { class: "number quiet" }, `${one.text_only.correct}/${one.text_only.questions}`),
      ))),
    ));
  });
}

/** Each epoch as if it were the whole sitting. */
function epochsOf(sheet) {
  if (!sheet.epochs) return null;
  const sections = Object.entries(sheet.sections);
  const head = [["Epoch"], ["Share", "unseen"], ["Points"], ...sections.map(([, one]) => [visible(one.title), "", "ja"]), ["By itself"]];
  return h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Epochs" },
    h(
      "table", { class: "parts epochs" },
      h("caption", {}, "Epochs"),
      h("thead", {}, h("tr", {}, head.map(([name, how, lang]) => h("th", { scope: "col", lang }, h("span", { class: how }, name))))),
      h("tbody", {}, sheet.epochs.scores.map((one) => h(
        "tr", {},
        h("th", { scope: "row" }, one.epoch, one.errors ? h("small", {}, `${one.errors} without reply`) : null),
        h("td", { class: "wide" }, bar(one, `Epoch ${one.epoch}: ${one.points} of ${one.max} points`)),
        h("td", { class: "number" }, of(one)),
        sections.map(([name]) => h("td", { class: "number" }, one.sections[name] ?? "–")),
        h("td", { class: "ruling" }, one.passed === null ? "no verdict" : seals[one.passed ? "pass" : "fail"][1]),
      ))),
    ));
}

function answerSheets(run) {
  if (!page.blocks.length) return null;
  return h(
    "figure", { class: "answer-sheets" },
    h(
      "figcaption", {},
      h("span", { class: "caption" }, ja("解答"), " Answers"),
      h("span", { class: "legend" }, Object.entries(outcomes).map(([outcome, [, name]]) =>
        h("span", { class: outcome }, name))),
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
  return [["Figures", `${sent.count} sent as they are (${(sent.size / 1e6).toFixed(1)} MB)`]];
}

/** Any JSON value for people: what is in it, by name. */
function tree(value) {
  if (value === null || value === "") return h("span", { class: "quiet" }, value === null ? "none" : "empty");
  if (Array.isArray(value)) {
    return value.length ? h("ul", {}, value.map((one) => h("li", {}, tree(one)))) : h("span", { class: "quiet" }, "none");
  }
  if (typeof value === "object") {
    const entries = Object.entries(value);
    if (!entries.length) return h("span", { class: "quiet" }, "none");
    return facts(entries.map(([name, one]) => [foreign(name.replaceAll("_", " ")), tree(one)]));
  }
  return foreign(value === true ? "yes" : value === false ? "no" : value);
}

function sheetOf(run, number) {
  const sheet = run.sheet;
  // The seal says as much, unless there is more to say.
  const plain = ["PASS 合格", "FAIL 不合格"].includes(run.verdict);
  const told = [...run.doubt, ...run.remarks, ...figuresSent(sheet)];
  return h(
    "section", { class: "sheet", "aria-labelledby": `run-${number}` },
    h(
      "header", { class: "candidate" },
      h("div", {},
        h("p", { class: "eyebrow" }, ja("成績通知"), " Score sheet"),
        h("h2", { id: `run-${number}` }, foreign(run.title)),
        plain ? null : h("p", { class: `verdict ${sheet.verdict}` }, foreign(run.verdict)),
        run.labels.length ? h("p", { class: "labels" }, run.labels.map((label) => h("span", {}, foreign(label)))) : null,
      ),
      seal(sheet.verdict),
    ),
    run.missing.map((text) => h("p", { class: "missing" }, foreign(text))),
    run.measures ? measures(run) : criteria(sheet),
    run.notes.length ? h("ul", { class: "notes" }, run.notes.map((note) => h("li", {}, foreign(note)))) : null,
    answerSheets(run),
    h("div", { class: "charts" }, parts(run)),
    h("div", { class: "charts wider" }, strata(run)),
    epochsOf(sheet),
    facts(told.map(([label, text]) => [foreign(label), linked(text)])),
    run.comparison ? comparisonOf(run) : null,
    run.audit ? auditOf(run.audit) : null,
    h("details", { class: "provenance" }, h("summary", {}, ja("記録"), " Provenance"), tree(run.provenance)),
  );
}

/** Head and cell of each column; what is known of no run has none. */
function overviewColumns() {
  const sections = Object.entries(page.runs[0].sheet.sections);
  const known = (test) => page.runs.some((run) => test(run.sheet));
  return [
    ["Verdict", ({ sheet }) => h("td", { class: `word ${sheet.verdict}` }, seals[sheet.verdict][1])],
    ...sections.map(([name, one]) => [foreign(one.title, { lang: "ja" }), ({ sheet }) =>
      h("td", { class: "number" }, sheet.sections[name] ? [of(sheet.sections[name]), margin(sheet.sections[name])] : "–")]),
    ["Total", ({ sheet }) => h("td", { class: "number" }, of(sheet.total, sheet.epochs?.mean))],
    ["Correct", ({ sheet }) => h("td", { class: "number" }, `${sheet.total.correct}/${sheet.total.questions}`)],
    known((sheet) => sheet.tokens.completion !== null) && ["Tokens out", ({ sheet }) =>
      h("td", { class: "number" }, sheet.tokens.completion?.toLocaleString("en") ?? "unknown")],
    known((sheet) => sheet.cost.usd !== null) && ["Cost", ({ sheet }) =>
      h("td", { class: "number" }, dollars(sheet.cost.usd), sheet.cost.usd !== null && sheet.cost.unknown ? h("small", {}, `${sheet.cost.unknown} unknown`) : null)],
  ].filter(Boolean);
}

function margin(section) {
  return section.margin === null ? null : h("small", {}, `margin ${signed(section.margin)}`);
}

function overview() {
  const columns = overviewColumns();
  return h(
    "section", { class: "sheet", "aria-label": "All runs" },
    h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Runs side by side" },
      h(
        "table", { class: "overview" },
        h("caption", {}, ja("成績一覧"), " Runs side by side"),
        h("thead", {}, h("tr", {}, ["Run", ...columns.map(([name]) => name)].map((name) => h("th", { scope: "col" }, name)))),
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
      h("span", { class: `word ${verdict}` }, seals[verdict][1])),
    sheetOf(run, number));
}

function drawSheets() {
  const { title, id } = page.exam;
  document.getElementById("masthead").append(
    h("h1", { lang: "ja" }, foreign(title)),
    h("p", {}, foreign(id), ` · ${counted(page.runs.length, "run")} · ${counted(page.questions.length, "question")}`),
    h("nav", { "aria-label": "On this page" }, h("a", { href: "#sheets" }, "Score"), h("a", { href: "#questions" }, "Questions")),
  );
  document.getElementById("sheets").append(
    ...page.missing.map((text) => h("p", { class: "missing" }, text)),
    ...(page.runs.length > 1 ? [overview()] : []),
    ...page.runs.map((run, n) => (page.runs.length > 1 ? shut(run, n) : sheetOf(run, n))),
  );
}
