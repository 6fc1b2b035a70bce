"""Results of the tiny exam to compare."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from jmle_plugin.exam.model import Exam
from jmle_plugin.mark.grading import Outcome
from jmle_plugin.results.file import Results
from tests.builders import make_exam, make_mark, make_marks, make_results, make_run

Sat = Callable[..., Results]


@pytest.fixture(scope="session")
def exam() -> Exam:
    return make_exam()


@pytest.fixture
def sat(exam: Exam) -> Sat:
    """Results of a run; `wrong` names questions it got wrong."""

    def results(name: str = "old", wrong: Sequence[str] = (), **changes: Any) -> Results:
        outcomes = {one.replace("-", "_"): Outcome.INCORRECT for one in wrong}
        return make_results(exam, make_marks(exam, **outcomes), run=make_run(run=name), **changes)

    return results


@pytest.fixture
def sat_often(exam: Exam, sat: Sat) -> Sat:
    """Results of a run of several epochs; `wrong` names the questions wrong in each."""

    def results(name: str, *wrong: Sequence[str]) -> Results:
        marks = [
            make_mark(
                exam, one, Outcome.INCORRECT if one in missed else Outcome.CORRECT, epoch=epoch
            )
            for one in exam.questions
            for epoch, missed in enumerate(wrong, 1)
        ]
        return sat(name, wrong[0]).model_copy(update={"marks": marks})

    return results
