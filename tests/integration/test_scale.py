"""What a question costs does not grow with the exam: counted in calls, which no noise disturbs."""

from __future__ import annotations

import cProfile
from pathlib import Path

import jmle_plugin
from tests.integration.conftest import Project
from tests.packs import record_run, write_pack

OURS = str(Path(jmle_plugin.__file__).parent)
STEP = 20
"""Questions by which the exams grow. Where one call is made for each pair of questions, a step
costs 400 calls more than the one before; where none is, exactly as many."""


def calls(project: Project, questions: int) -> int:
    """Calls that the suite's own code makes in a session with every report."""
    exam = write_pack(project.path / "data", f"made{questions:03}", questions=questions)
    record_run(project.path / "cassettes", exam, wrong=[f"A-{n}" for n in range(1, questions, 4)])
    profile = cProfile.Profile()
    profile.enable()
    try:
        result = project.run(
            f"--exam={exam.id}", "--run=some-model", "--offline", "--report=html,csv,markdown", "-q"
        )
    finally:
        profile.disable()
    assert result.ret == 0
    return sum(
        called.callcount
        for made in profile.getstats()
        if not isinstance(made.code, str) and made.code.co_filename.startswith(OURS)
        for called in made.calls or ()
    )


def test_twice_the_questions_are_twice_the_work(project: Project) -> None:
    calls(project, STEP)  # what is made once in a process
    few, some, many = (calls(project, times * STEP) for times in (2, 3, 4))
    assert few > 1000 * STEP
    assert abs((many - some) - (some - few)) < 5 * STEP
