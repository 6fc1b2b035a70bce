"""Whatever a text holds, it comes out of the page as it went in, and is only text on the way."""

from __future__ import annotations

import base64
import hashlib
import json
import math
import re
from collections import Counter
from html.parser import HTMLParser
from importlib.resources import files

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from jmle_plugin.gateway.reply import Reply
from jmle_plugin.report.html import Frame, document, embedded_json, embedded_size
from jmle_plugin.report.html.leaderboard import FRAME as BOARD
from jmle_plugin.report.html.page import FRAME, build_page
from jmle_plugin.report.html.questions import StoredReply
from jmle_plugin.report.html.runs import PageRun
from tests.builders import make_exam, make_results

ANY = st.text(st.characters())
"""Lone surrogates included."""
HOSTILE = "</script><!--<script>]]>&lt;\u2028\u2029\x00\r\n\ud800\U0001f600"


class Scripts(HTMLParser):
    """The script elements as a parser finds them: attributes and content."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[dict[str, str | None], str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "script":
            self.found.append((dict(attrs), ""))

    def handle_data(self, data: str) -> None:
        if self.cdata_elem == "script":
            attributes, content = self.found[-1]
            self.found[-1] = (attributes, content + data)


@given(ANY)
@example(HOSTILE)
def test_any_text_comes_back(text: str) -> None:
    inside = embedded_json({text: [text]})
    assert json.loads(inside) == {text: [text]}
    assert not set("<>&\u2028\u2029\r\n\x00") & set(inside)
    assert embedded_size(text) == len(embedded_json(text).encode())


@pytest.mark.parametrize("number", [math.nan, math.inf])
def test_what_json_lacks_is_refused(number: float) -> None:
    with pytest.raises(ValueError, match="JSON"):
        embedded_json(number)


@given(ANY)
@example(HOSTILE)
def test_any_reply_survives_the_page(text: str) -> None:
    exam = make_exam()
    stored = StoredReply(Reply(text, reasoning=text), "file")
    page = build_page([PageRun(make_results(exam), lambda *_: stored)], exam)
    scripts = Scripts()
    scripts.feed(page.encode().decode())
    assert len(scripts.found) == 1 + len(FRAME.scripts)
    assert page.count("</script") == 1 + len(FRAME.scripts)
    attributes, content = scripts.found[0]
    assert attributes == {"type": "application/json", "id": "data"}
    asking = json.loads(content)["runs"][0]["marks"]["A-1"]["askings"][0]
    assert asking["text"]["head"] == text
    assert asking.get("reasoning", {"head": ""})["head"] == text


def test_any_report_can_be_a_document() -> None:
    frame = Frame("page.html", ("base.css",), ("text.js",))
    page = document(frame, {"said": HOSTILE}, title="<b>\u202e", figures="data:")
    scripts = Scripts()
    scripts.feed(page)
    assert [attributes for attributes, _ in scripts.found] == [
        {"type": "application/json", "id": "data"},
        {},
    ]
    values = json.loads(scripts.found[0][1])
    assert values["said"] == HOSTILE
    assert values["texts"].keys() == {"en", "ja"}
    assert values["texts"]["en"].keys() >= values["texts"]["ja"].keys()
    assert "<title>&lt;b&gt;?</title>" in page
    digest = base64.b64encode(hashlib.sha256(scripts.found[1][1].encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}';" in page
    assert "img-src data:;" in page


@pytest.mark.parametrize("frame", [FRAME, BOARD])
def test_scripts_of_a_page_share_one_scope_and_no_name(frame: Frame) -> None:
    folder = files("jmle_plugin.report.html") / "static"
    sources = [(folder / name).read_text("utf-8") for name in frame.scripts]
    names = re.findall(r"^(?:function|const|let|class) +(\w+)", "\n".join(sources), re.MULTILINE)
    assert [name for name, times in Counter(names).items() if times > 1] == []
