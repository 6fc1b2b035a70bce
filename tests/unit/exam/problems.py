"""Everything that `jmle check` would find in an exam."""

from __future__ import annotations

from jmle_plugin.exam.check import check_key, check_paper
from jmle_plugin.exam.model import Exam


def check_exam(exam: Exam) -> list[str]:
    """Every problem under the exam's key state, a line each; empty when it is fine."""
    return [*check_paper(exam), *check_key(exam)]
