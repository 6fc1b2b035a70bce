"""Foreign text that is shown: no command to GitHub Actions is in it."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jmle_plugin.text import Inert, inert


def commands(log: str) -> list[str]:
    """Lines of a job's log that its runner takes for commands."""
    return [
        line
        for line in log.replace("\r", "\n").split("\n")
        if "##[" in line or line.strip().startswith("::")
    ]


@given(st.lists(st.text(st.sampled_from("#[:]e \n\r\t\u3000"), max_size=12), max_size=6))
def test_however_it_is_cut_nothing_written_is_a_command(pieces: list[str]) -> None:
    written = "".join(map(Inert(), pieces))
    assert commands(written) == []
    assert written.replace(" ", "") == "".join(pieces).replace(" ", "")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("::error::x", ": :error::x"),
        ("a\n  ::set-output name=x::y", "a\n  : :set-output name=x::y"),
        ("see ##[error]x", "see ## [error]x"),
        ("std::vector and a # heading", "std::vector and a # heading"),
        ("test_a.py::test_b", "test_a.py::test_b"),
    ],
)
def test_what_is_no_command_stays_as_it_is(text: str, shown: str) -> None:
    assert Inert()(text) == shown


def test_elsewhere_than_in_a_job_a_stream_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    stream = io.StringIO()
    assert inert(stream) is stream
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    print("::error::", "##[group]", file=inert(stream))
    assert stream.getvalue() == ": :error:: ## [group]\n"
