"""Before figures are shown to a model not known to see any, it is shown a drawn word.

A server may leave figures out and say nothing: its replies, and even its count of prompt tokens,
are then those of a blind candidate. The word cannot be guessed, and is asked for with and
without its picture.
"""

from __future__ import annotations

import random
import re
import secrets
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

from jmle_plugin.ask.client import HttpModelClient
from jmle_plugin.ask.run import RUN_FILE, ImageMode, RunSpec, Sight, read_run, write_run
from jmle_plugin.ask.sitting import AskRequest, Sitting
from jmle_plugin.errors import ReplyError, SettingsError
from jmle_plugin.files import canonical_json, digest, write_whole
from jmle_plugin.gateway.launch import Gateway
from jmle_plugin.gateway.models import sees_figures
from jmle_plugin.gateway.protocol import (
    IMAGE_PREFIX,
    Announced,
    Announcement,
    ImageFile,
    ModelFacts,
    RunConfig,
)
from jmle_plugin.gateway.reply import Reply
from jmle_plugin.session.keeping import PROBE, resumes
from jmle_plugin.session.progress import Plan

QUESTION = (
    "Which word is written in the picture? Answer with that word alone. "
    "If there is no picture, answer NONE."
)
_CONSONANTS, _VOWELS = "BDFGKLMNPRTVZ", "AEIOU"
_SYLLABLES = 3
_SIZE = (480, 160)
_LETTERS = 88
"""Pixels of a letter's height."""


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


_PICTURE = ".probe.png"
_ALL_THE_SAME = (
    "Examine it with --images=blind, or say --image-probe=optional to show figures all the same."
)


class Probes:
    """The probes that a session may need: one for each model and its parameters.

    Each is a run of its own to the gateway, with two requests, so that it is retried, paced and
    paid for like any other; its journal lies with the first run that needs it.
    """

    def __init__(self, sittings: Iterable[Sitting], api_base: str | None) -> None:
        self._runs: dict[bytes, Sitting] = {}
        for one in sittings:
            if needs_probe(one, api_base):
                self._runs.setdefault(_way(one), one)

    @property
    def configs(self) -> list[RunConfig]:
        """What the gateway has to know of them when it starts."""
        return [
            RunConfig(run=probe_name(one.run), model=one.run.model, journal=str(one.folder / PROBE))
            for one in self._runs.values()
        ]

    def look(
        self, gateway: Gateway, plans: Sequence[Plan], say: Callable[[str], None], *, insist: bool
    ) -> dict[str, Sight]:
        """A run's address -> what was found out for it, where its plan shows figures.

        Raises SettingsError where a word was not read and where no reply can be had, unless
        figures are shown all the same (`insist`). `say` gets a warning where the server counts
        as many tokens with a picture as without, and where one who insists got no reply.
        """
        made: dict[bytes, Sight] = {}
        found: dict[str, Sight] = {}
        for plan in plans:
            way = _way(plan.sitting)
            if way not in self._runs or not any(seat.question.images for seat in plan.asked):
                continue
            if way not in made:
                try:
                    made[way] = _looked(gateway, self._runs[way], insist=insist)
                except SettingsError as error:
                    if not insist:
                        raise
                    say(f"warning: {error.problem}")
                    del self._runs[way]
                    continue
                if made[way].counted_alike:
                    say(
                        f"warning: the server of {plan.sitting.run.model} counts as many prompt "
                        "tokens with a picture as without it"
                    )
            found[plan.sitting.run.address] = made[way]
        return found


def check_vision(plan: Plan, facts: ModelFacts, *, unsaid: bool) -> None:
    """SettingsError where figures would go, `unsaid`, to a model that is known to see none."""
    run = plan.sitting.run
    shown = run.images is ImageMode.VISION and any(seat.question.images for seat in plan.asked)
    if shown and facts.vision is False and unsaid:
        raise SettingsError(
            f"{run.model} is known to see no figures",
            remedy="Examine it with --images=blind, or say --images=vision to show them all the "
            "same.",
        )


def keep_sight(sitting: Sitting, sights: Mapping[str, Sight]) -> None:
    """Say in `run.json` what was found out, so that it is not paid for again."""
    if (sight := sights.get(sitting.run.address)) is not None:
        there = (sitting.folder / RUN_FILE).exists()
        run = read_run(sitting.folder) if there else sitting.run
        write_run(sitting.folder, run.model_copy(update={"sight": sight}))


def needs_probe(sitting: Sitting, api_base: str | None) -> bool:
    """Whether figures would be shown to a model that neither a table nor a probe knows."""
    shown = sitting.run.images is ImageMode.VISION
    shown = shown and any(one.images for one in sitting.exam.questions.values())
    if not shown or sees_figures(sitting.run.model, api_base) is not None:
        return False
    kept = sitting.as_kept() if resumes(sitting) else sitting
    return kept.run.sight is None


def _looked(gateway: Gateway, sitting: Sitting, *, insist: bool) -> Sight:
    run = sitting.run
    seed = secrets.randbelow(2**32)
    file = sitting.folder / _PICTURE
    announcement = probe_announcement(run, seed, file)
    client = HttpModelClient(gateway.address, token=gateway.token)
    try:
        gateway.announce(announcement)
        replies = {
            one.question: client.ask(AskRequest(one.question, "", one.body, run=announcement.run))
            for one in announcement.requests
        }
    except ReplyError as error:
        raise SettingsError(
            f"whether {run.model} sees figures cannot be found out: {error.problem}",
            remedy=f"Give the same command again once that is mended. {_ALL_THE_SAME}",
        ) from None
    finally:
        client.close()
        file.unlink(missing_ok=True)
    return judged(run, seed, replies, insist=insist)


def probe_announcement(run: RunSpec, seed: int, file: Path) -> Announcement:
    """The two requests, `shown` and `blind`; draws the picture of the first into `file`."""
    picture = picture_of(word_of(seed))
    write_whole(file, picture)
    shown = sha256(picture).hexdigest()
    bodies = {
        "shown": request_body(run.model, run.parameters, shown),
        "blind": request_body(run.model, run.parameters),
    }
    return Announcement(
        run=probe_name(run),
        requests=[
            Announced(question=name, digest=digest(body), body=body)
            for name, body in bodies.items()
        ],
        images={shown: ImageFile(path=str(file), media_type="image/png")},
        at_once=True,
    )


def judged(run: RunSpec, seed: int, replies: Mapping[str, Reply], *, insist: bool) -> Sight:
    """What the replies show; SettingsError where no figure reaches the model, unless `insist`."""
    sight = judge(seed, replies["shown"], replies["blind"])
    if not (sight.read or insist):
        ended = replies["shown"].finish_reason
        how = f"; its reply ended: {ended}" if ended not in ("", "stop") else ""
        alike = "; its server counts as many prompt tokens with it as without"
        raise SettingsError(
            f"{run.model} did not read the word {sight.word} in a drawn picture, so figures do not "
            f"reach it{alike if sight.counted_alike else ''}{how}",
            remedy=_ALL_THE_SAME,
        )
    return sight


def _way(sitting: Sitting) -> bytes:
    return canonical_json([sitting.run.model, sitting.run.parameters])


def probe_name(run: RunSpec) -> str:
    """What the gateway calls the run's probe."""
    return f"probe of {run.address}"
