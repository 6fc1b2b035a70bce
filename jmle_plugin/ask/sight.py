"""Whether a model sees what it is shown: a drawn word that cannot be guessed, with and without.

A server may leave figures out and say nothing: its replies, and even its count of prompt tokens,
are then those of a blind candidate.
"""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Mapping
from io import BytesIO
from typing import Any

from jmle_plugin.gateway.protocol import IMAGE_PREFIX
from jmle_plugin.gateway.reply import Reply
from jmle_plugin.strict import Strict

QUESTION = (
    "Which word is written in the picture? Answer with that word alone. "
    "If there is no picture, answer NONE."
)
_CONSONANTS, _VOWELS = "BDFGKLMNPRTVZ", "AEIOU"
_SYLLABLES = 3
_SIZE = (480, 160)
_LETTERS = 88
"""Pixels of a letter's height."""


class Sight(Strict):
    """What a model made of a drawn word before it was asked anything else."""

    seed: int
    word: str
    """Drawn by the seed; one of 274,625."""
    read: bool
    """Whether its reply held the word where it was shown, and not where it was not."""
    prompt_tokens: int | None = None
    """Of the request with the picture, by the server's count; None where it gave none."""
    blind_tokens: int | None = None
    """Of the same request without it."""
    cost: float | None = None
    """Of both, in US dollars; None where it is not known."""

    @property
    def counted_alike(self) -> bool:
        """Whether the server counts as many tokens with the picture as without."""
        return self.prompt_tokens is not None and self.prompt_tokens == self.blind_tokens


def word_of(seed: int) -> str:
    """The word that belongs to a seed."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    syllables = (chance.choice(_CONSONANTS) + chance.choice(_VOWELS) for _ in range(_SYLLABLES))
    return "".join(syllables)


def picture_of(word: str) -> bytes:
    """A PNG, RGB, with the word in large letters."""
    from PIL import Image, ImageDraw, ImageFont  # noqa: PLC0415 - few sessions draw

    picture = Image.new("RGB", _SIZE, "white")
    font = ImageFont.load_default(_LETTERS)
    ImageDraw.Draw(picture).text((24, _SIZE[1] // 2), word, "black", font, anchor="lm")
    made = BytesIO()
    picture.save(made, "PNG")
    return made.getvalue()


def request_body(
    model: str, parameters: Mapping[str, Any], picture: str | None = None
) -> dict[str, Any]:
    """The chat body that asks for the word; `picture` is the sha256 of what is shown, if any."""
    content: list[dict[str, Any]] = [{"type": "text", "text": QUESTION}]
    if picture is not None:
        content.append({"type": "image_url", "image_url": {"url": IMAGE_PREFIX + picture}})
    return {"model": model, "messages": [{"role": "user", "content": content}], **parameters}


def judge(seed: int, shown: Reply, blind: Reply) -> Sight:
    """What the two replies show."""
    word = word_of(seed)
    costs = [one.cost for one in (shown, blind) if one.cost is not None]
    return Sight(
        seed=seed,
        word=word,
        read=_holds(shown, word) and not _holds(blind, word),
        prompt_tokens=shown.usage and shown.usage.prompt,
        blind_tokens=blind.usage and blind.usage.prompt,
        cost=sum(costs) if len(costs) == 2 else None,  # noqa: PLR2004 - both
    )


def _holds(reply: Reply, word: str) -> bool:
    """Whether the word stands in the reply or its reasoning, at most one letter misread."""
    text = unicodedata.normalize("NFKC", f"{reply.text}\n{reply.reasoning}").upper()
    spelt = re.sub(r"(?<=\b[A-Z])[\s.-]+(?=[A-Z]\b)", "", text)  # K U D O M A
    return any(_alike(one, word) for one in re.findall(r"[A-Z]+", f"{text} {spelt}"))


def _alike(one: str, other: str) -> bool:
    if len(one) == len(other):
        return sum(a != b for a, b in zip(one, other, strict=True)) <= 1
    short, long = sorted((one, other), key=len)
    return any(long[:at] + long[at + 1 :] == short for at in range(len(long)))
