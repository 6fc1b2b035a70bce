"""`jmle batch`: what is missing as a file of requests, and the results of one as recorded runs."""

from __future__ import annotations

import argparse
import asyncio
import base64
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

from jmle_plugin.ask.opening import can_be_asked, open_halves, open_sitting
from jmle_plugin.ask.recording import keep_run
from jmle_plugin.ask.sitting import Sitting, shard
from jmle_plugin.cli import add_options
from jmle_plugin.cli.batch_results import probe_of, read_batches, silent_provider
from jmle_plugin.cli.common import named_exam, say, writing
from jmle_plugin.errors import SettingsError
from jmle_plugin.files import whole_file, write_whole
from jmle_plugin.gateway.batch_file import Orders, custom_id, request_line
from jmle_plugin.gateway.failures import ProviderError
from jmle_plugin.gateway.models import sees_figures
from jmle_plugin.gateway.protocol import Announcement, ModelFacts
from jmle_plugin.session.keeping import fold_journal
from jmle_plugin.session.option_values import model_parameters
from jmle_plugin.session.probing import check_vision, needs_probe
from jmle_plugin.session.progress import Plan
from jmle_plugin.session.runs_file import named_rows, read_runs
from jmle_plugin.text import count


def add_batch_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `jmle batch write` and `jmle batch read`."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="write|read")
    write = actions.add_parser("write", help="write the requests that runs lack a reply to")
    write.add_argument("names", nargs="*", metavar="RUN", help="recorded runs to go on with")
    write.add_argument(
        "-o", "--output", type=Path, required=True, metavar="FILE", help="the file of requests"
    )
    write.add_argument(
        "--figures",
        type=Path,
        metavar="DIR",
        help="write figures there and name them as file:// addresses (default: data URLs)",
    )
    add_options(
        write, "model", "run", "runs", "exam", "exam-data", "prompt", "images", "image-max-edge",
        "epochs", "shard", "model-arg", "api-base", "image-probe", "cassettes",
    )  # fmt: skip
    read = actions.add_parser("read", help="record the replies in files of results")
    read.add_argument("files", nargs="+", type=Path, metavar="FILE", help="results, in any order")
    add_options(
        read, "exam-data", "prompt", "api-base", "price-in", "price-out", "finish-reason",
        "image-probe", "cassettes",
    )  # fmt: skip


def run_batch(options: argparse.Namespace) -> int:
    """Run either; its exit status, which for `read` is 1 while replies are missing."""
    with TemporaryDirectory() as drawn:
        if options.action == "read":
            return 0 if read_batches(options, Path(drawn)) else 1
        return _write(options, Path(drawn))


def _write(options: argparse.Namespace, drawn: Path) -> int:
    """Write what is missing and each run's run.json; nothing where nothing is missing."""
    asked: list[tuple[Sitting, list[Announcement]]] = []
    for sitting, base in _sittings(options):
        if not can_be_asked(sitting):
            raise SettingsError(
                f"run {sitting.run.run} cannot be asked: it was imported, or a client's of your "
                "own or a script's, or is half of an audit",
                remedy="Name a --model, and another --run where that name is taken.",
            )
        fold_journal(sitting)
        seats = list(sitting.seats())
        unrecorded = [seat for seat in seats if not seat.cassette.exists()]
        ordered = {key[:2] for key in Orders(sitting.folder).held()}
        missing = [one for one in unrecorded if (one.question.id, one.epoch) not in ordered]
        waiting = len(unrecorded) - len(missing)
        kept_back = f", {waiting} wait in batches" if waiting else ""
        run = sitting.run
        say(f"{run.exam} {run.run}: {len(missing)} of {len(seats)} to ask{kept_back}")
        if missing:
            plan = Plan(sitting, tuple(missing), ())
            asked.append((sitting, _announcements(options, plan, base, drawn)))
    if not asked:
        say("nothing is missing: no file is written")
        return 0
    with writing(options.output), whole_file(options.output) as file:
        asyncio.run(_write_all(options, file, asked))
        for sitting, _ in asked:
            keep_run(sitting.folder, sitting.run)
    size = options.output.stat().st_size
    requests = sum(len(one.requests) for _, many in asked for one in many)
    say(f"{options.output}: {count(requests, 'request')}, {size:,} bytes")
    return 0


def _announcements(
    options: argparse.Namespace, plan: Plan, base: str | None, drawn: Path
) -> list[Announcement]:
    run = plan.sitting.run
    facts = ModelFacts(provider="", vision=sees_figures(run.model, base))
    check_vision(plan, facts, unsaid=options.images in {None, "audit"})
    shown = any(seat.question.images for seat in plan.asked)
    wanted = shown and options.image_probe != "optional" and needs_probe(plan.sitting, base)
    return [*([probe_of(plan.sitting, drawn)] if wanted else []), plan.announcement]


async def _write_all(
    options: argparse.Namespace,
    file: BinaryIO,
    asked: Iterable[tuple[Sitting, list[Announcement]]],
) -> None:
    for sitting, announcements in asked:
        for one in announcements:
            provider = silent_provider(options, sitting.run, one.images)
            for request in one.requests:
                try:
                    made = await provider.write(request.body)
                except ProviderError as error:
                    raise SettingsError(error.message, where=sitting.run.address) from None
                body = made.body
                if options.figures is not None:
                    places = {url: _placed(options.figures, url) for url in made.figures}
                    body = _with_places(body, places)
                file.write(request_line(custom_id(one.run, request.key), body))


def _placed(folder: Path, url: str) -> str:
    """The address of the file that holds the figure of a data address, written if need be."""
    about, _, data = url.partition(";base64,")
    content = base64.b64decode(data)
    name = f"{hashlib.sha256(content).hexdigest()}.{about.rpartition('/')[2]}"
    file = folder.absolute() / name
    with writing(file):
        if not file.exists():
            write_whole(file, content)
    return file.as_uri()


def _with_places(value: Any, places: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: _with_places(one, places) for name, one in value.items()}
    if isinstance(value, list):
        return [_with_places(one, places) for one in value]
    return places.get(value, value) if isinstance(value, str) else value


def _sittings(options: argparse.Namespace) -> Iterator[tuple[Sitting, str | None]]:
    """The runs that are meant, each with its server's address where that is known."""
    rows = [*named_rows((), options.names), *named_rows(options.model, options.run)]
    rows += read_runs(options.runs) if options.runs else ()
    if not rows:
        raise SettingsError(
            "No model or run was given", remedy="Name a recorded run, or a --model to examine."
        )
    audit = options.images == "audit"
    for name in options.exam:
        exam = named_exam(options, name)
        for row in rows:
            wanted = row.wanted(
                prompt=options.prompt,
                parameters=model_parameters(options.model_arg),
                images=None if audit else options.images,
                image_max_edge=options.image_max_edge,
                epochs=options.epochs,
                api_base=options.api_base,
            )
            found = (
                open_halves(exam, options.cassettes, wanted)
                if audit
                else [open_sitting(exam, options.cassettes, wanted)]
            )
            for sitting in found:
                part = shard(exam, *options.shard) if options.shard else None
                yield replace(sitting, part=part), wanted.api_base
