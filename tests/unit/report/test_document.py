"""One document, shown by a terminal and in markdown: the same words, whatever the room."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jmle_plugin.report.document import (
    Document,
    List,
    Listed,
    Name,
    Phrase,
    Sentence,
    Table,
    TableColumn,
    Title,
    Tone,
    largest_rows,
    table_of,
)
from jmle_plugin.report.layout import width
from jmle_plugin.report.markdown import markdown
from jmle_plugin.report.terminal import terminal_lines
from jmle_plugin.results.language import wording
from tests.builders import lines_of

NAMES = st.text(st.sampled_from("ab-必修 "), min_size=1, max_size=40)
DOCUMENT: Document = (
    Title(Phrase("{new} against {old}", new=Name("*new*"), old=Name("old")), 2),
    List(["a note", Listed("Errors (2):", ["A-1", "A-2"]), Listed("None:", [])]),
    Sentence("It passed.", Tone.GOOD),
    table_of(["", "cost"], [["*one*", "$1"], ["two", "$2"]]),
    Sentence("Below the table."),
    List(["b -> c"], title="Changed:"),
    List([]),
)


def test_a_terminal_shows_texts_as_they_are_and_sets_blocks_apart() -> None:
    assert lines_of(DOCUMENT) == [
        "*new* against old",
        "a note",
        "Errors (2): A-1 A-2",
        "None:",
        "",
        "It passed.",
        "",
        "       cost",
        "*one*    $1",
        "two      $2",
        "Below the table.",
        "",
        "Changed:",
        "b -> c",
    ]
    (passed,) = (line for line in terminal_lines(DOCUMENT) if line.text == "It passed.")
    assert passed.markup == {"green": True, "bold": True}


def test_markdown_makes_no_markup_of_names_and_figures() -> None:
    assert markdown(DOCUMENT).split("\n\n") == [
        "## `*new*` against `old`",
        "- a note\n- Errors (2): A-1 A-2\n- None:",
        "**✅ It passed.**",
        "|  | cost |\n| --- | ---: |\n| `*one*` | \\$1 |\n| two | \\$2 |",
        "Below the table.",
        "Changed:",
        "- b -> c\n",
    ]


def test_a_value_may_look_like_a_place_of_its_sentence() -> None:
    phrase = Phrase("{one} and {other}", one="{other}", other=Name("{one}"))
    assert lines_of([Sentence(phrase)]) == ["{other} and {one}"]
    assert markdown([Sentence(phrase)]) == "`{other}` and `{one}`\n"


def test_ids_of_a_long_label_stand_below_it() -> None:
    label = "Changing answers: 3 questions, 2 between right and wrong:"
    assert lines_of([List([Listed(label, ["A-1", "A-2"])])]) == [label, "  A-1 A-2"]


def test_little_room_shows_the_ten_largest_rows_and_says_how_many_more() -> None:
    rows = [[f"part {n}", str(n)] for n in range(12)]
    table = largest_rows(table_of(["", "n"], rows), list(range(12)), "audit.smaller")
    shown = lines_of([table])
    assert [line.split()[1] for line in shown[1:-1]] == [str(n) for n in range(2, 12)]
    assert shown[-1] == wording("audit.smaller", number=2)
    assert all(f"| part {n} |" in markdown([table]) for n in range(12))
    assert largest_rows(table, list(range(10)), "audit.smaller").rest == ""


@given(names=st.lists(NAMES, min_size=1, max_size=4), columns=st.integers(60, 120))
def test_names_fold_and_no_line_is_too_long(names: list[str], columns: int) -> None:
    figures = [TableColumn("a figure", ["0.123 noise"] * len(names)) for _ in range(6)]
    table = Table([TableColumn("name", names, left=True), *figures])
    lines = lines_of([table], columns)
    assert max(map(width, lines)) <= columns
    assert sum(line.count("0.123 noise") for line in lines) == 6 * len(names)


@pytest.mark.parametrize(("columns", "panels"), [(60, 2), (78, 1)])
def test_columns_that_find_no_place_stand_below_with_the_names(columns: int, panels: int) -> None:
    figures = [TableColumn(f"figure {n}", ["1234567890"]) for n in range(5)]
    table = Table([TableColumn("name", ["a name"], left=True, strong=True), *figures], strong={0})
    assert sum("a name" in line for line in lines_of([table], columns)) == panels
    assert "| **a name** |" in markdown([table])


def test_a_table_of_no_rows_shows_nothing() -> None:
    assert lines_of([table_of(["", "n"], [])]) == []
    assert lines_of([replace(table_of(["", "n"], []), title="Nothing")]) == []
