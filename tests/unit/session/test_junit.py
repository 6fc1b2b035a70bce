"""What JUnit's readers find of an exam."""

from __future__ import annotations

import pytest
from syrupy.assertion import SnapshotAssertion

from jmle_plugin.results.file import Results
from jmle_plugin.session.outcomes import case_properties, junit_writer, suite_properties
from tests.unit.report.sheets import SHEETS, sample_results


def shown(results: Results) -> list[str]:
    """The suite's properties, then those of each case in a line."""
    exam, run = results.exam.id, results.run.name
    suite = [f"{name}={value}" for name, value in suite_properties([results])]
    cases = [
        " ".join(f"{name}={value}" for name, value in case_properties(exam, run, mark))
        for mark in results.marks
    ]
    return [*suite, *cases]


@pytest.mark.parametrize("sheet", SHEETS)
def test_properties(sheet: str, snapshot: SnapshotAssertion) -> None:
    assert shown(SHEETS[sheet]) == snapshot


@pytest.mark.parametrize("run", ["scripted-resident", "scripted-intern"])
def test_properties_of_the_sample(run: str, snapshot: SnapshotAssertion) -> None:
    assert shown(sample_results(run)) == snapshot


def test_costs_have_no_exponent() -> None:
    results = SHEETS["every outcome"]
    costs = [dict(case_properties("tiny", "r", mark))["cost"] for mark in results.marks]
    assert "0.000012" in costs
    assert "e" not in "".join(costs).replace("unknown", "")
    assert dict(suite_properties([results]))["cost"] == "0.000072"


def test_an_unknown_cost_is_never_0() -> None:
    results = SHEETS["every outcome"]
    costs = {
        mark.question: dict(case_properties("tiny", "r", mark))["cost"] for mark in results.marks
    }
    assert costs["B-2"] == "unknown"
    assert dict(suite_properties([sample_results("scripted-intern")]))["cost"] == "unknown"
    assert dict(suite_properties([results]))["cost_unknown_replies"] == "1"


def test_several_runs_are_told_apart() -> None:
    both = [sample_results(run) for run in ("scripted-resident", "scripted-intern")]
    told = dict(suite_properties(both))
    assert told["scripted-resident.verdict"] == "pass"
    assert told["scripted-intern.verdict"] == "fail"
    assert "verdict" not in told


def test_several_exams_are_told_apart_though_their_runs_share_a_name() -> None:
    one = sample_results("scripted-resident")
    other = one.model_copy(update={"exam": one.exam.model_copy(update={"id": "other"})})
    told = dict(suite_properties([one, other]))
    assert told["sample.scripted-resident.exam"] == "sample"
    assert told["other.scripted-resident.exam"] == "other"
    assert len(told) == 2 * len(dict(suite_properties([one])))


def test_the_writer_is_there_where_a_file_is_asked_for(pytester: pytest.Pytester) -> None:
    asked = pytester.parseconfigure("--junitxml=x.xml")
    writer = junit_writer(asked)
    assert writer is not None
    writer.add_global_property("name", "value")
    assert junit_writer(pytester.parseconfigure()) is None
