"""Replies for a page: read where they are, and cut, with a note, where they are too long."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from jmle_plugin.ask.cassette import SUFFIX, cassette_name, read_cassette
from jmle_plugin.ask.run import RunSpec
from jmle_plugin.ask.sitting import as_asked
from jmle_plugin.errors import JmleError
from jmle_plugin.gateway.protocol import image_digests
from jmle_plugin.gateway.reply import Reply, read_reply
from jmle_plugin.report.html.document import embedded_size

PAGE_BYTES = 4_800_000
"""What the data of a page may take, embedded figures aside: it stays below 5 MB."""
LEAST_BYTES = 200
"""What a reply is shown of, however many there are: the answer in its last line."""
WRAP_BYTES = 130
"""About what a text takes beside itself: names, and the file where it is cut."""
TEXT_BYTES = 300_000
"""What one text may take; reasoning of 30,000 Japanese characters takes 100,000."""


@dataclass(frozen=True, slots=True)
class StoredReply:
    """A reply and the file it was read from."""

    reply: Reply
    where: str


RepliesReader = Callable[[str, int], StoredReply | str]
"""Question and epoch (from 1) -> the reply, or the reason why there is none."""


def cassette_replies(
    folder: Path, lender: Path | None = None, run: RunSpec | None = None
) -> RepliesReader:
    """A reader of the cassettes in `folder`, the run's own; it never raises.

    `lender` is the folder of the run whose text-only replies are this one's too, `run` the run's
    record, where that is there.
    """

    def read(question: str, epoch: int) -> StoredReply | str:
        name = cassette_name(question, epoch) + SUFFIX
        file = folder / name
        try:
            if lender is not None and not file.exists():
                lent = read_cassette(lender / name)
                # What answered a question with its figures is no reply of a blind run.
                file = file if image_digests(lent.request) else lender / name
            cassette = read_cassette(file)
            if (cassette.question, cassette.epoch) != (question, epoch):
                return f"{file} holds the reply to {cassette.question}, epoch {cassette.epoch}"
            reply = read_reply(cassette.response)
            return StoredReply(as_asked(reply, run, cassette.request) if run else reply, str(file))
        except FileNotFoundError:
            return f"there is no cassette {file}"
        except JmleError as error:
            return str(error)

    return read


@dataclass(frozen=True, slots=True)
class Shown:
    """A text as a page shows it: `left_out` characters are missing between head and tail."""

    head: str
    tail: str = ""
    left_out: int = 0


def fit(text: str, limit: int) -> Shown:
    """`text`, cut in the middle where it takes more than about `limit` bytes of a page.

    Both ends stay: a reply's answer is in its last lines.
    """
    size = embedded_size(text)
    if size <= limit:
        return Shown(text)
    kept = len(text) * limit // size
    tail = kept // 2
    head = kept - tail
    return Shown(text[:head], text[len(text) - tail :], len(text) - head - tail)


def fair_limit(sizes: Iterable[int], budget: int, most: int = TEXT_BYTES) -> int:
    """The highest limit, in bytes, under which texts of these sizes together take the budget.

    Short texts stay whole; what they leave is shared by the long ones. Never more than `most`.
    """
    rising = sorted(min(size, most) for size in sizes)
    left = budget
    for number, size in enumerate(rising):
        share = left // (len(rising) - number)
        if size > share:
            return share
        left -= size
    return most


@dataclass(frozen=True, slots=True)
class Room:
    """Bytes that one text of a reply, and one of its reasoning, may take."""

    text: int
    reasoning: int


def share_room(replies: Sequence[Reply], taken: int) -> Room:
    """The room in a page of which `taken` bytes are taken; replies come before reasoning."""
    texts = [embedded_size(one.text) for one in replies]
    reasonings = [embedded_size(one.reasoning) for one in replies if one.reasoning]
    budget = PAGE_BYTES - taken - WRAP_BYTES * (len(texts) + len(reasonings))
    budget = max(budget, LEAST_BYTES * len(texts))
    text = fair_limit(texts, budget * 3 // 4)
    left = budget - sum(min(size, text) for size in texts)
    return Room(text, fair_limit(reasonings, left))
