"""The score sheet as people see it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion
from wcwidth import wcswidth

from jmle_plugin.ask.run import ImageMode, ImportedFrom, RunSpec
from jmle_plugin.exam.model import Criterion, Exam, ProhibitedRule, Treatment
from jmle_plugin.gateway.reply import ImageBytes, Usage
from jmle_plugin.mark import Extraction
from jmle_plugin.mark.extraction import How
from jmle_plugin.mark.grading import Outcome
from jmle_plugin.mark.marks import Mark, mark_error
from jmle_plugin.report.sheet import reasons, summary_line, unofficial
from jmle_plugin.report.sheet_report import sheet_document
from jmle_plugin.report.terminal import columns_of, terminal_lines
from jmle_plugin.results.file import Results
from tests.builders import (
    lines_of,
    make_epochs,
    make_exam,
    make_imported_run,
    make_key,
    make_mark,
    make_marks,
    make_results,
    make_run,
    synthetic,
)
from tests.unit.report.sheets import SHEETS, sample_results

EXAM = make_exam()


def crowded() -> Results:
    """Everything there is to say, and all of it long."""
    exam = replace(
        make_exam(make_key({"B-2": Treatment.EXCLUDE_IF_WRONG})), title="第百二十回医師国家試験" * 4
    )
    tokens = Usage(
        prompt=123_456_789, completion=123_456_789, reasoning=123_456_789, cached=123_456_789
    )
    update = {"tokens": tokens, "finish_reason": "x" * 80, "how": How.TOLERANT, "prohibited": ["d"]}
    marks = make_marks(exam, B_2=Outcome.INCORRECT, B_3=Outcome.NO_ANSWER)
    marks = {name: mark.model_copy(update=update) for name, mark in marks.items()}
    run = make_run(
        display_name="模型" * 60,
        parameters={"chat_template_kwargs": {"enable_thinking": False}, "stop": "x" * 200},
    )
    return make_results(synthetic(exam), marks, run=run, extraction=Extraction.PUBLISHED)


def lacking_figures() -> Exam:
    """The exam, the only figure of which the data does not have."""
    lacking = replace(EXAM.questions["A-4"], images=(), figures_missing=True)
    return make_exam(questions=({**EXAM.questions, "A-4": lacking}).values())


def examinees() -> Results:
    """People, of whose answers two are not recorded."""
    exam = lacking_figures()
    source = ImportedFrom(project="IgakuQA", file="1-A_most.jsonl and 1 more", sha256="3" * 64)
    run = make_run(run="most", model="people/most", display_name="most people", imported=source)
    marks = make_marks(exam, A_3=Outcome.NO_ANSWER, B_2=Outcome.NO_ANSWER)
    return make_results(exam, marks, run=run)


def incomplete() -> Results:
    lost = {name.replace("-", "_"): Outcome.ERROR for name in EXAM.questions}
    return make_results(EXAM, make_marks(EXAM, **lost))


def figures(count: int, changed: int) -> ImageBytes:
    size = 331_000 * count
    return ImageBytes(count=count, size=size, sent_size=size - 90_000 * changed, changed=changed)


def told(**fields: Any) -> dict[str, Mark]:
    """Marks that tell these fields, each given by the question (`A_1=...`)."""
    marks = make_marks(EXAM)
    for name, update in fields.items():
        question = name.replace("_", "-")
        marks[question] = marks[question].model_copy(update=update)
    return marks


LIVE = {
    "cost": 0.0123,
    "tokens": Usage(prompt=800, completion=1200, reasoning=900),
    "finish_reason": "stop",
    "model": "some/model",
    "sent": {"max_tokens": 64000, "thinking": {"type": "enabled", "budget_tokens": 4096}},
}

CASES = {
    "epochs": make_epochs(
        EXAM,
        {},
        {"A_1": Outcome.INCORRECT, "A_4": Outcome.INCORRECT},
        {"A_1": Outcome.NO_ANSWER, "B_1": Outcome.INCORRECT},
        run=make_run(parameters={"reasoning_effort": "high"}),
        update=LIVE,
    ),
    "steady epochs": make_epochs(EXAM, {}, {}),
    "epochs with errors": make_epochs(EXAM, {}, {"A_1": Outcome.ERROR}, {"B_2": Outcome.INCORRECT}),
    "live": make_results(
        EXAM,
        told(
            A_1=LIVE | {"cost": 1.2},
            A_2=LIVE | {"cost": None, "finish_reason": "content_filter"},
            A_3=LIVE | {"finish_reason": "length", "sent": {"max_tokens": 4096, "seed": 1}},
            A_4=LIVE | {"finish_reason": "tool_calls", "images": figures(2, 1)},
        ),
        run=make_run(parameters={"seed": 1}),
    ),
    "no vision": make_results(run=make_run(images=ImageMode.BLIND, no_vision=True)),
    "skipped figures": make_results(
        run=make_run(images=ImageMode.SKIP), asked=[one for one in EXAM.questions if one != "A-4"]
    ),
    "pass": make_results(),
    "fail": make_results(
        EXAM,
        make_marks(EXAM, A_1=Outcome.INCORRECT, B_2=Outcome.INCORRECT, B_3=Outcome.NO_ANSWER),
    ),
    "incomplete": incomplete(),
    "partial": make_results(asked=["A-1", "B-2"]),
    "imported": make_results(run=make_imported_run()),
    "examinees": examinees(),
    "scripted": make_results(
        synthetic(EXAM), run=make_run(run="scripted-resident", model="scripted/resident")
    ),
    "own maximum": make_results(
        exam := make_exam(make_key({"B-3": Treatment.EXCLUDE_IF_WRONG})),
        make_marks(exam, B_3=Outcome.INCORRECT),
    ),
    "not evaluable": make_results(make_exam(make_key(prohibited=ProhibitedRule(3, listed=False)))),
    "no rule": make_results(make_exam(make_key(prohibited=None))),
    "crowded": crowded(),
}


def text(results: Results) -> str:
    return "\n".join(lines_of(sheet_document(results)))


@pytest.mark.parametrize("case", CASES)
def test_sheet(case: str, snapshot: SnapshotAssertion) -> None:
    assert text(CASES[case]) == snapshot


@pytest.mark.parametrize("case", CASES)
def test_sheet_fits_80_columns(case: str) -> None:
    for line in terminal_lines(sheet_document(CASES[case])):
        assert 0 <= wcswidth(line.text) <= 80


@pytest.mark.parametrize(
    ("case", "line"),
    [
        (
            "pass",
            "tiny some-model: PASS 11/11 (必修 7/7 (needs 6), 一般・臨床 4/4 (needs 3))",
        ),
        (
            "fail",
            "tiny some-model: FAIL 4/11 (必修 1/7 (needs 6), 一般・臨床 3/4 (needs 3))",
        ),
        (
            "not evaluable",
            (
                "tiny some-model: PASS (published criteria) 11/11 "
                "(必修 7/7 (needs 6), 一般・臨床 4/4 (needs 3))"
            ),
        ),
        ("incomplete", "tiny some-model: INCOMPLETE 0/11 (必修 0/7, 一般・臨床 0/4)"),
        ("partial", "tiny some-model: partial: 2 of 7 4/4 (必修 3/3, 一般・臨床 1/1)"),
        (
            "scripted",
            (
                "tiny scripted-resident: PASS 11/11 (必修 7/7 (needs 6), 一般・臨床 4/4 (needs 3), "
                "scripted replies)"
            ),
        ),
    ],
)
def test_summary(case: str, line: str) -> None:
    assert summary_line(CASES[case]) == line


@pytest.mark.parametrize(("case", "colour"), [("pass", "green"), ("fail", "red")])
def test_verdict_is_coloured(case: str, colour: str) -> None:
    marked = [
        line for line in terminal_lines(sheet_document(CASES[case])) if line.markup.get(colour)
    ]
    assert [line.text.split()[0] for line in marked] == [case.upper()]


@pytest.mark.parametrize("case", ["incomplete", "partial"])
def test_no_verdict_no_margin(case: str) -> None:
    shown = text(CASES[case])
    assert "no verdict" in shown
    assert "合格" not in shown


def test_threshold_without_a_ratio_is_the_stated_one() -> None:
    key = make_key({"A-1": Treatment.EXCLUDE}, criteria=[Criterion("general", 3, 4)])
    assert "3 (3/4)" in text(make_results(make_exam(key)))


@pytest.mark.parametrize("images", [ImageMode.BLIND, ImageMode.SKIP])
def test_run_that_showed_no_figures_says_so_everywhere(images: ImageMode) -> None:
    results = make_results(run=make_run(images=images))
    assert f"images {images}" in text(results)
    assert f", images {images})" in summary_line(results)
    assert unofficial(results) == [f"images {images}"]


def test_model_that_sees_nothing_sat_blind_whatever_it_was_shown() -> None:
    results = make_results(run=make_run(no_vision=True))
    assert "blind: the model is known to see no figures" in text(results)
    assert unofficial(results) == ["images blind"]


def test_people_wrote_no_format_and_answered_no_prompt() -> None:
    shown = " ".join(text(CASES["examinees"]).split())
    assert "No answer recorded (4 points lost): A-3 B-2" in shown
    assert (
        "1 question had figures that the data set does not have; the examinees had them." in shown
    )
    for word in ("unreadable", "tolerant", "ours", "images missing"):
        assert word not in shown


@pytest.mark.parametrize(
    ("asked", "returned", "told"),
    [
        ("openai/mock-a", ["mock-a"], False),
        ("openrouter/some/model", ["some/model"], False),
        ("mock-a", ["mock-a"], False),
        ("openai/mock-a", ["mock-a-2026"], True),
        ("openai/mock-a", ["mock-a", "mock-b"], True),
    ],
)
def test_a_model_under_its_own_name_is_no_remark(
    asked: str, returned: list[str], told: bool
) -> None:
    results = make_results()
    named = {"requested_model": asked, "returned_models": returned}
    changed = results.model_copy(update={"provenance": results.provenance.model_copy(update=named)})
    lines = lines_of(sheet_document(changed))
    assert any(line.startswith("Answered by") for line in lines) == told


def test_parameters_are_json() -> None:
    run = make_run(parameters={"reasoning": {"enabled": True, "note": "漢"}, "stop": None})
    shown = " ".join(text(make_results(run=run)).split())
    assert 'parameters reasoning={"enabled": true, "note": "漢"}, stop=null' in shown


def test_parameters_sent_as_asked_need_no_word() -> None:
    marks = {
        name: mark.model_copy(update={"sent": {"seed": 1}})
        for name, mark in make_marks(EXAM).items()
    }
    assert "sent" not in text(make_results(EXAM, marks, run=make_run(parameters={"seed": 1})))


def test_many_sets_of_parameters_are_not_all_listed() -> None:
    marks = {
        name: mark.model_copy(update={"sent": {"seed": number}})
        for number, (name, mark) in enumerate(make_marks(EXAM).items())
    }
    told_of = [line for line in text(make_results(EXAM, marks)).splitlines() if "sent" in line]
    assert told_of == [
        "sent: seed=0 (1 reply)",
        "sent: seed=1 (1 reply)",
        "sent: seed=2 (1 reply)",
        "sent: 4 more sets of parameters (see the results file)",
    ]


@pytest.mark.parametrize(
    ("cost", "shown"),
    [
        (0.0, "Cost: $0.00 (7 replies)"),
        (200.0, "Cost: $1,400.00 (7 replies)"),
        (0.02, "Cost: $0.1400 (7 replies)"),
        (0.000002, "Cost: $0.000014 (7 replies)"),
        (None, "Cost: unknown"),
    ],
)
def test_cost_is_told_as_finely_as_it_needs(cost: float | None, shown: str) -> None:
    marks = {
        name: mark.model_copy(update={"cost": cost}) for name, mark in make_marks(EXAM).items()
    }
    assert shown in text(make_results(EXAM, marks)).splitlines()


@pytest.mark.parametrize(
    ("changed", "size", "shown"),
    [
        (0, 10**6, ""),
        (1, 10**6, "Figures: 3 sent, 1 of them scaled or converted (1.0 MB, 0.9 MB sent)"),
        (2, 10**4, "Figures: 3 sent, 2 of them scaled or converted (10.0 kB, 9.0 kB sent)"),
    ],
)
def test_figures_are_told_where_one_was_changed(changed: int, size: int, shown: str) -> None:
    images = ImageBytes(count=3, size=size, sent_size=size * 9 // 10, changed=changed)
    lines = text(make_results(EXAM, told(A_4={"images": images}))).splitlines()
    assert [line for line in lines if line.startswith("Figures")] == ([shown] if shown else [])


def test_the_most_frequent_reasons_for_missing_replies_are_told() -> None:
    exam = make_exam()
    errors = {
        "A-1": "timed out\n  after 5 seconds",
        "A-2": "stopped",
        "A-3": "stopped",
        "A-4": "timed out after 5 seconds",
        "B-1": "stopped",
        "B-2": "another",
        "B-3": "a fourth",
    }
    marks = {
        name: make_mark(exam, name, Outcome.ERROR, error=error) for name, error in errors.items()
    }
    told = [line for line in text(make_results(exam, marks)).splitlines() if "Without" in line]
    assert told == [
        "Without a reply (3): stopped",
        "Without a reply (2): timed out after 5 seconds",
        "Without a reply (1): another",
    ]
    assert "Without a reply" not in text(make_results())


def with_facts() -> Results:
    """An exam whose data set lacks a figure and knows how people did."""
    shares = {"A-1": 0.499, "A-2": 0.5, "A-3": 0.8, "A-4": 0.801, "B-1": 0.0, "B-2": 1.0}
    questions = [
        replace(one, human_accuracy=shares.get(one.id), figures_missing=one.id == "B-3")
        for one in EXAM.questions.values()
    ]
    exam = make_exam(questions=questions)
    return make_results(exam, make_marks(exam, A_1=Outcome.INCORRECT, B_3=Outcome.INCORRECT))


def test_missing_figures_are_told_and_counted_apart() -> None:
    lines = text(with_facts()).splitlines()
    assert "1 question had figures that the data set does not have (images missing)." in lines
    rows = {" ".join(line.split()) for line in lines}
    assert {
        "with images 1/1 1 of 1", "without images 6/7 4 of 5", "images missing 0/3 0 of 1",
    } <= rows  # fmt: skip
    assert "images missing" not in text(make_results(EXAM))


def test_the_score_by_how_many_examinees_were_right() -> None:
    said = " ".join(text(with_facts()).split())
    assert (
        "Correct, by share of examinees who were: under 50% 1 of 2, 50 to 80% 2 of 2, "
        "over 80% 2 of 2, unknown 0 of 1"
    ) in said
    assert "examinees" not in text(make_results(EXAM))


@pytest.mark.parametrize(
    ("run", "said"),
    [
        (make_imported_run(), "extraction published by JMLE2026-Bench"),
        (make_run(), "extraction published"),
    ],
)
def test_a_published_rule_is_called_by_its_project(run: RunSpec, said: str) -> None:
    results = make_results(run=run, extraction=Extraction.PUBLISHED)
    assert said in unofficial(results)
    assert said in text(results)


def test_rules_that_no_source_confirms_are_told_with_the_result() -> None:
    key = replace(make_key(), unconfirmed=("question B-2: one page only",))
    results = make_results(make_exam(key))
    lines = lines_of(sheet_document(results))
    assert "Not confirmed: question B-2: one page only" in lines
    assert results.provenance.key.unconfirmed == ["question B-2: one page only"]


@pytest.mark.parametrize("columns", [78, 118])
@pytest.mark.parametrize("sheet", SHEETS)
def test_every_outcome_at_both_widths(
    sheet: str, columns: int, snapshot: SnapshotAssertion
) -> None:
    lines = lines_of(sheet_document(SHEETS[sheet]), columns)
    assert max(map(wcswidth, lines)) <= columns
    assert "\n".join(lines) == snapshot


@pytest.mark.parametrize("columns", [78, 118])
@pytest.mark.parametrize("run", ["scripted-resident", "scripted-intern"])
def test_the_sample_at_both_widths(run: str, columns: int, snapshot: SnapshotAssertion) -> None:
    lines = lines_of(sheet_document(sample_results(run)), columns)
    assert "\n".join(lines) == snapshot


def test_quiet_lines(snapshot: SnapshotAssertion) -> None:
    sample = [sample_results(run) for run in ("scripted-resident", "scripted-intern")]
    assert [summary_line(results) for results in (*SHEETS.values(), *sample)] == snapshot


@pytest.mark.parametrize(
    ("terminal", "columns"), [(20, 78), (80, 78), (100, 98), (120, 118), (300, 118)]
)
def test_sheets_are_as_wide_as_the_terminal_within_reason(terminal: int, columns: int) -> None:
    assert columns_of(terminal) == columns


def test_of_an_endless_reason_the_beginning_is_told() -> None:
    outage = mark_error(EXAM.questions["B-3"], EXAM.key, "x" * 200_000)
    results = make_results(EXAM, make_marks(EXAM) | {"B-3": outage})
    (told,) = reasons(results)
    assert told == f"Without a reply (1): {'x' * 500} … (199,500 characters more)"
    assert results.marks[-1].error == "x" * 200_000
