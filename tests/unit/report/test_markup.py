"""Foreign text in markdown is read as text, by a reader of markdown that is not ours."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from jmle_plugin.report.document import Name, Text, table_of
from jmle_plugin.report.markdown import item, literal, markdown, prose
from jmle_plugin.text import printable

READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
MARKUP = st.text(st.sampled_from("`|\\*_~[]()<>!#&@$:;=+-.,/'\"0 1aGh-\n\t\u202e必"), max_size=24)
TEXTS = MARKUP | st.text(max_size=24)
NASTY = [
    "<script>alert(1)</script>",
    "a\\|b",
    "`` ` ``",
    "|`|",
    "[x](javascript:y)",
    "![x](y)",
    "&lt;b&gt;",
    "www.evil.example http://evil.example @you you@evil.example GH-1 #1 deadbeefdead $x$",
    "__a__ **b** ~~c~~",
]


class Reading(HTMLParser):
    """The elements of a page, and the text of each `code` or of everything."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert attrs == [] or tag in {"th", "td"}
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def shown(text: str) -> str:
    return " ".join(printable(text).split())


@given(TEXTS)
@example(NASTY[0])
@example(NASTY[1])
@example(NASTY[2])
@example(NASTY[3])
def test_literal_is_one_piece_of_code(text: str) -> None:
    reading = Reading(READER.render(f"before {literal(text)} after"))
    assert reading.tags == ["p", "code"][: 1 + bool(shown(text))]
    assert " ".join(reading.text.split()) == " ".join(f"before {shown(text)} after".split())


@given(TEXTS)
@example(NASTY[4])
@example(NASTY[6])
@example(NASTY[7])
@example(NASTY[8])
def test_a_sentence_holds_text_and_code_alone(text: str) -> None:
    reading = Reading(READER.render(f"before {prose(text)}"))
    assert set(reading.tags) <= {"p", "code"}
    assert " ".join(reading.text.split()) == f"before {shown(text)}".strip()


@given(st.lists(TEXTS, min_size=1, max_size=4))
@example(["1. one", "- two", "# three", "+5", "> four"])
def test_an_item_is_one_item(texts: list[str]) -> None:
    reading = Reading(READER.render("\n".join(map(item, texts))))
    assert reading.tags.count("li") == len(texts)
    assert set(reading.tags) <= {"ul", "li", "code"}


@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=3))
@example([(NASTY[1], NASTY[3])])
def test_a_cell_stays_in_its_cell(rows: list[tuple[str, str]]) -> None:
    cells: list[list[Text]] = [[one, Name(other)] for one, other in rows]
    reading = Reading(READER.render(markdown([table_of(["a", "b"], cells)])))
    assert reading.tags.count("td") == 2 * len(rows)
    told = " ".join(shown(text) for row in rows for text in row)
    assert reading.text.split() == ["a", "b", *told.split()]
    assert set(reading.tags) <= {"table", "thead", "tbody", "tr", "th", "td", "code"}


@pytest.mark.parametrize(
    "word", ["www.evil.example", "http://evil.example", "@you", "GH-1", "#1", "deadbeef", "$x$"]
)
def test_what_only_github_makes_a_link_of_is_code(word: str) -> None:
    assert prose(f"see {word} there") == f"see `{word}` there"


@pytest.mark.parametrize(
    "sentence",
    [
        "Chance of passing: another exam like this one 0.9950",
        "Difference +7 of 500 points, 95% interval -3 to +17 (10,000 draws).",
        "120A-3 (1): c -> a, key c",
        "key official · images vision",
    ],
)
def test_our_own_sentences_stay_as_they_are(sentence: str) -> None:
    assert prose(sentence) == sentence
