"""`jmle batch read`: results become cassettes, each for the request that it answers."""

from __future__ import annotations

import argparse
import asyncio
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jmle_plugin.ask.opening import Wanted, open_sitting
from jmle_plugin.ask.run import JOURNAL, RunSpec, list_runs
from jmle_plugin.ask.sitting import Sitting
from jmle_plugin.cli.common import named_exam, say, say_missing
from jmle_plugin.errors import ResultError, SettingsError
from jmle_plugin.gateway.batch_file import (
    Result,
    attempt_part,
    custom_id,
    results_in,
    run_part,
)
from jmle_plugin.gateway.failures import ProviderError, Redaction
from jmle_plugin.gateway.journal import Entry, Journal
from jmle_plugin.gateway.protocol import (
    DEFAULT_MAX_EDGE,
    Announced,
    Announcement,
    ImageFile,
    Prices,
)
from jmle_plugin.gateway.provider import Provider
from jmle_plugin.gateway.reply import read_reply
from jmle_plugin.session.keeping import fold_journal
from jmle_plugin.session.option_values import token_prices
from jmle_plugin.session.probing import (
    judged,
    keep_sight,
    needs_probe,
    probe_announcement,
)
from jmle_plugin.session.progress import Plan

_ELSEWHERE = "http://batch.invalid/v1"
"""Stands for a server that nothing is sent to, and whose prices are not known."""
_SHOWN = 10


def silent_provider(
    options: argparse.Namespace, run: RunSpec, images: Mapping[str, ImageFile]
) -> Provider:
    """Makes requests and judges answers of `run` as asking does, and sends nothing."""
    prices = token_prices(getattr(options, "price_in", None), getattr(options, "price_out", None))
    return Provider(
        images,
        timeout=600.0,
        api_base=_ELSEWHERE,
        max_edge=run.image_max_edge or DEFAULT_MAX_EDGE,
        prices=Prices(input=prices[0], output=prices[1]) if prices else None,
        redaction=Redaction(os.environ),
        end_optional=getattr(options, "finish_reason", None) == "optional",
    )


def probe_of(sitting: Sitting, drawn: Path) -> Announcement:
    """The probe of a run, whose picture lies in `drawn`.

    The word is the run's own, so that it is known where the results are read.
    """
    seed = _seed(sitting)
    return probe_announcement(sitting.run, seed, drawn / f"{seed}.png")


def _seed(sitting: Sitting) -> int:
    return int(run_part(f"word of {sitting.run.address}")[:8], 16)


def read_batches(options: argparse.Namespace, drawn: Path) -> bool:
    """Record the replies in files of results; whether every one was taken and nothing is missing.

    What cannot be taken is said with its file, line and question, and changes nothing.
    """
    results = [one for file in options.files for one in _results(file)]
    runs = {
        part: run
        for run in _runs(options.cassettes)
        for part in (run_part("/".join(run)), run_part(f"probe of {'/'.join(run)}"))
    }
    of_run: dict[tuple[str, str], list[Result]] = {}
    strange = []
    for result in results:
        run = runs.get(result.name.partition("-")[0]) if result.name else None
        if run is None:
            strange.append(f"{result.where}: {_why_strange(result, options.cassettes)}")
        else:
            of_run.setdefault(run, []).append(result)
    exams = {name: named_exam(options, name) for name in dict.fromkeys(exam for exam, _ in of_run)}
    complete = []
    for (exam, name), own in of_run.items():
        wanted = Wanted(run=name, prompt_file=options.prompt)
        reading = _Reading(options, open_sitting(exams[exam], options.cassettes, wanted), drawn)
        complete.append(reading.record(own))
    _say_some(strange)
    return all(complete) and not strange


def _results(file: Path) -> list[Result]:
    try:
        with file.open("rb") as lines:
            return list(results_in(lines, file))
    except OSError as error:
        raise ResultError(
            f"cannot be read ({error.strerror})", where=file, remedy="Name a file of results."
        ) from error


def _runs(cassettes: Path) -> list[tuple[str, str]]:
    """(exam, run) of all that is recorded or written for."""
    exams = [one for one in cassettes.glob("*") if one.is_dir()]
    return [(exam.name, name) for exam in sorted(exams) for name in list_runs(exam)]


def _why_strange(result: Result, cassettes: Path) -> str:
    if not result.name:
        return f"this line {result.problem}"
    return f"{result.name[:80]!r} is a result of no run below {cassettes}"


def _say_some(lines: list[str]) -> None:
    for line in lines[:_SHOWN]:
        say(f"  {line}")
    if len(lines) > _SHOWN:
        say(f"  and {len(lines) - _SHOWN} more like these")


@dataclass
class _Found:
    """What the results say of one request."""

    request: Announced
    replies: list[tuple[Result, dict[str, Any]]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


class _Reading:
    """Reads the results of one run."""

    def __init__(self, options: argparse.Namespace, sitting: Sitting, drawn: Path) -> None:
        self._options = options
        self._sitting = sitting
        fold_journal(sitting)
        self._exam = Plan(sitting, tuple(sitting.seats()), ()).announcement
        self._probe = probe_of(sitting, drawn)
        announcements = (self._exam, self._probe)
        self._known = {
            custom_id(one.run, request.key): _Found(request)
            for one in announcements
            for request in one.requests
        }
        self._attempts = {attempt_part(one.question, one.epoch): one for one in self._exam.requests}
        self._provider = silent_provider(
            options, sitting.run, {**self._exam.images, **self._probe.images}
        )
        self._refused: list[str] = []
        self._kept = 0

    def record(self, results: list[Result]) -> bool:
        """Make cassettes of the replies; whether nothing is missing and nothing was refused."""
        asyncio.run(self._judge(results))
        unseen = self._unseen()
        with Journal(self._sitting.folder / JOURNAL) as journal:
            for found in self._of(self._exam):
                self._keep(journal, found, unseen)
            journal.sync()
        new = fold_journal(self._sitting)
        run, paths = self._sitting.run, [self._path(one) for one in self._exam.requests]
        missing = [path.name for path in paths if not path.exists()]
        complete = say_missing(run, len(paths), missing)
        kept = f"; {self._kept} were recorded before and stay" if self._kept else ""
        say(f"  {new} new{kept}")
        _say_some(self._refused)
        if complete:
            say(f"  score it: pytest --exam={run.exam} --run={run.run} --offline")
        return complete and not self._refused

    async def _judge(self, results: list[Result]) -> None:
        for result in results:
            found = self._known.get(result.name)
            if found is None:
                self._refused.append(f"{result.where}: {self._why_not(result.name)}")
            elif (
                found.request.question in self._sitting.exam.questions
                and self._path(found.request).exists()
            ):
                self._kept += not result.problem
            elif result.problem:
                found.failures.append(f"{result.where}: {_named(found.request)}: {result.problem}")
            elif all(one.answer != result.answer for one, _ in found.replies):
                await self._take(found, result)

    async def _take(self, found: _Found, result: Result) -> None:
        try:
            made = await self._provider.read(found.request.body, result.status, result.answer)
        except ProviderError as error:
            found.failures.append(f"{result.where}: {_named(found.request)}: {error.message}")
        else:
            found.replies.append((result, made))

    def _why_not(self, name: str) -> str:
        attempt = self._attempts.get(name.split("-")[1] if name.count("-") > 1 else "")
        if attempt is None:
            return f"{name[:80]!r} is of no question that {self._sitting.run.run} asks today"
        return (
            f"is a result for {_named(attempt)} as it was asked before: the question, the prompt "
            "or the parameters have changed"
        )

    def _unseen(self) -> str:
        """Why replies to questions with figures do not count; keeps what the probe showed."""
        sitting, insist = self._sitting, self._options.image_probe == "optional"
        replies = {
            one.request.question: read_reply(one.replies[0][1])
            for one in self._of(self._probe)
            if one.replies
        }
        needed = needs_probe(sitting, self._options.api_base) and not insist
        if len(replies) < len(self._probe.requests):
            return "whether the model sees figures is not known yet" if needed else ""
        try:
            sight = judged(sitting.run, _seed(sitting), replies, insist=insist)
        except SettingsError as error:
            return error.problem
        keep_sight(sitting, {sitting.run.address: sight})
        self._sitting = sitting.as_kept()
        return ""

    def _keep(self, journal: Journal, found: _Found, unseen: str) -> None:
        request = found.request
        if not found.replies:
            self._refused += found.failures
            return
        places = ", ".join(result.where for result, _ in found.replies)
        if len(found.replies) > 1:
            self._refused.append(
                f"{places}: different replies to {_named(request)}: which one counts cannot be "
                "decided here. Leave one of them out"
            )
        elif unseen and self._sitting.exam.questions[request.question].images:
            self._refused.append(f"{places}: {_named(request)} has figures, and {unseen}")
        else:
            reply = found.replies[0][1]
            journal.write(Entry(request.question, request.epoch, request.digest, reply))

    def _of(self, announcement: Announcement) -> list[_Found]:
        return [self._known[custom_id(announcement.run, one.key)] for one in announcement.requests]

    def _path(self, request: Announced) -> Path:
        return self._sitting.cassette(self._sitting.exam.questions[request.question], request.epoch)


def _named(request: Announced) -> str:
    again = f" (epoch {request.epoch})" if request.epoch > 1 else ""
    return f"question {request.question}{again}"
