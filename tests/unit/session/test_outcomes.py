"""Wrong answers in the terminal: a line each, and of the reply what was asked for."""

from __future__ import annotations

import pytest
from wcwidth import wcswidth

from jmle_plugin.session.outcomes import mark_of, with_reply, wrong_lines

LINE = "A-1 (1 pt): answered b, key a"
LONG = "\n\n".join(f"{number}. step" for number in range(40)) + "\n【回答】b\n"


def report(reply: str, verbosity: int) -> pytest.TestReport:
    made = pytest.TestReport("t.py::test[A-1]", ("t.py", 1, "test"), {}, "failed", LINE, "call")
    with_reply(made, reply, verbosity)
    return made


def shown(reply: str, verbosity: int, columns: int = 78) -> list[str]:
    return [line.text for line in wrong_lines(report(reply, verbosity), columns)]


def test_a_wrong_answer_is_one_line_and_its_reply_stays_where_it_is() -> None:
    assert shown(LONG, 0) == [LINE]
    assert report(LONG, 0).sections == []


def test_verbose_adds_the_last_lines() -> None:
    assert shown(LONG, 1) == [
        LINE,
        "    | ... 36. step",
        "    | 37. step",
        "    | 38. step",
        "    | 39. step",
        "    | 【回答】b",
    ]
    assert shown("one\n【回答】b", 1) == [LINE, "    | one", "    | 【回答】b"]


def test_no_more_travels_than_is_shown() -> None:
    ((_, told),) = report("x" * 10**6, 1).sections
    assert len(told) < 1100
    ((_, whole),) = report("x" * 10**6, 2).sections
    assert len(whole) == 10**6


@pytest.mark.parametrize("verbosity", [1, 2])
def test_what_travels_can_be_encoded(verbosity: int) -> None:
    ((_, told),) = report("cut \ud800 here", verbosity).sections
    assert told.encode() == b"cut ? here"


def test_very_verbose_shows_all_of_it() -> None:
    lines = shown(LONG, 2)
    assert len(lines) == 1 + len(LONG.strip().split("\n"))
    assert (lines[1], lines[2], lines[-1]) == ("    | 0. step", "    |", "    | 【回答】b")


@pytest.mark.parametrize("verbosity", [1, 2])
def test_a_reply_of_blanks_is_called_empty(verbosity: int) -> None:
    assert shown(" \r\n\t", verbosity) == [LINE, "    | (the reply is empty)"]


@pytest.mark.parametrize("columns", [78, 118])
def test_foreign_text_stays_in_its_columns_and_commands_no_terminal(columns: int) -> None:
    reply = "必" * 500 + "\x1b[31mred\x07\u202eltr\r\n\ttab\ud800" + "x" * 300
    lines = shown(reply, 2, columns)
    assert max(map(wcswidth, lines)) <= columns
    assert all(line.startswith("    | ") for line in lines[1:])
    text = "".join(line[6:] for line in lines[1:])
    assert "?[31mred??ltr" in text
    assert text.count("必") == 500
    assert text.count("x") == 300
    assert "    tab?" in text


def test_two_megabytes_in_a_line_are_shown_in_a_second_or_two() -> None:
    assert len(shown("あ" * 700_000, 2)) > 18_000


@pytest.mark.parametrize("foreign", ["", "no mark", 7, None, "{}"])
def test_somebody_elses_attribute_is_no_mark(foreign: object) -> None:
    made = report("", 0)
    vars(made)["jmle_mark"] = foreign
    assert mark_of(made) is None
