"""Replies as a page shows them: read, or the reason why not; cut with a note, and fairly."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from jmle_plugin.ask.cassette import write_cassette
from jmle_plugin.gateway.reply import Reply
from jmle_plugin.report.html import embedded_size
from jmle_plugin.report.html.questions import (
    LEAST_BYTES,
    PAGE_BYTES,
    TEXT_BYTES,
    WRAP_BYTES,
    StoredReply,
    cassette_replies,
    fair_limit,
    fit,
    share_room,
)
from tests.builders import make_cassette


def test_a_cassette_is_read(tmp_path: Path) -> None:
    write_cassette(tmp_path / "A-1-e2.yaml", make_cassette("【回答】b", epoch=2))
    found = cassette_replies(tmp_path)("A-1", 2)
    assert isinstance(found, StoredReply)
    assert found.reply.text == "【回答】b"
    assert found.where == str(tmp_path / "A-1-e2.yaml")


def test_what_cannot_be_read_is_a_reason(tmp_path: Path) -> None:
    write_cassette(tmp_path / "A-2.yaml", make_cassette())
    write_cassette(tmp_path / "A-3.yaml", make_cassette(question="A-3", response={"choices": []}))
    (tmp_path / "A-4.yaml").write_text("jmle_cassette: 1\n", encoding="utf-8")
    read = cassette_replies(tmp_path)
    reasons = {name: read(name, 1) for name in ("A-1", "A-2", "A-3", "A-4")}
    for name, told in (
        ("A-1", "there is no cassette"),
        ("A-2", "holds the reply to A-1, epoch 1"),
        ("A-3", "answered without a message"),
        ("A-4", "cut off"),
    ):
        reason = reasons[name]
        assert isinstance(reason, str)
        assert told in reason


def test_a_folder_that_is_gone_is_a_reason(tmp_path: Path) -> None:
    assert "no cassette" in str(cassette_replies(tmp_path / "gone")("A-1", 1))


def test_short_texts_stay_whole_and_long_ones_keep_both_ends() -> None:
    assert fit("あいう", 11).left_out == 0  # nine bytes and two quotation marks
    shown = fit("a" * 50 + "b" * 50, 51)
    assert (shown.head, shown.tail, shown.left_out) == ("a" * 25, "b" * 25, 50)


@given(st.text(st.sampled_from("aあ\x00\n<"), max_size=60), st.integers(0, 100))
def test_nothing_is_left_out_uncounted(text: str, limit: int) -> None:
    shown = fit(text, limit)
    assert len(shown.head) + len(shown.tail) + shown.left_out == len(text)
    assert text.startswith(shown.head)
    assert text.endswith(shown.tail)
    assert shown.left_out == 0 or embedded_size(text) > limit


SIZES = st.lists(st.integers(0, 300), max_size=30)


@given(SIZES, st.integers(0, 3000), st.integers(1, 200))
def test_the_limit_keeps_the_budget_and_wastes_none_of_it(
    sizes: list[int], budget: int, most: int
) -> None:
    def spent(limit: int) -> int:
        return sum(min(size, limit) for size in sizes)

    limit = fair_limit(sizes, budget, most)
    assert limit <= most
    assert spent(limit) <= budget or limit == 0
    assert limit == most or spent(limit + 1) > budget


def test_replies_stay_whole_before_their_reasoning_does() -> None:
    replies = [Reply("x" * 998, reasoning="y" * 50_000)] * 400
    room = share_room(replies, 1_000_000)
    assert room.text == TEXT_BYTES
    left = PAGE_BYTES - 1_000_000 - 400 * (1000 + 2 * WRAP_BYTES)
    assert room.reasoning == left // 400


def test_endless_replies_leave_something_for_reasoning() -> None:
    room = share_room([Reply("x" * 50_000, reasoning="y" * 50_000)] * 400, 0)
    assert room.text > room.reasoning > 1000


def test_a_full_page_still_shows_answers() -> None:
    replies = [Reply("x" * 5000)] * 1000
    assert share_room(replies, PAGE_BYTES * 2).text == LEAST_BYTES * 3 // 4
