"""Cutting an exam into parts for several machines."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jmle_plugin.ask.sitting import shard
from jmle_plugin.errors import SettingsError
from tests.builders import sample_exam

EXAM = sample_exam()
CASES = 38


@given(of=st.integers(1, CASES))
def test_parts_are_disjoint_whole_and_balanced(of: int) -> None:
    parts = [shard(EXAM, number, of) for number in range(1, of + 1)]
    assert sorted(name for part in parts for name in part) == sorted(EXAM.questions)
    for serial in {
        one.serial.id: one.serial for one in EXAM.questions.values() if one.serial
    }.values():
        assert sum(not part.isdisjoint(serial.questions) for part in parts) == 1
    figures = [sum(len(EXAM.questions[name].images) for name in part) for part in parts]
    assert max(figures) - min(figures) <= max(len(one.images) for one in EXAM.questions.values())
    sizes = [len(part) for part in parts]
    assert max(sizes) - min(sizes) <= 2


def test_no_part_is_empty() -> None:
    with pytest.raises(SettingsError, match="38 cases"):
        shard(EXAM, 1, CASES + 1)
