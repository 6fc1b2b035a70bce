"""A sitting: an exam, a run, the prompt and the folder its cassettes lie in."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from jmle_plugin.ask.cassette import SUFFIX, cassette_name
from jmle_plugin.ask.prompt import Prompt, load_prompt
from jmle_plugin.ask.request import AskRequest, build_request
from jmle_plugin.ask.run import (
    RUN_FILE,
    PromptRef,
    RunSpec,
    check_run_name,
    list_runs,
    read_run,
    run_name,
)
from jmle_plugin.errors import CassetteError, RunError, SettingsError, StaleCassetteError
from jmle_plugin.exam.model import Exam, Question
from jmle_plugin.exam.names import unknown_name


@dataclass(frozen=True, slots=True)
class Sitting:
    """One exam sat in one run. `prompt` is None for imported replies."""

    exam: Exam
    run: RunSpec
    prompt: Prompt | None
    folder: Path

    def request(self, question: Question, epoch: int = 1) -> AskRequest:
        """The canonical request for one question."""
        return build_request(self.run, self.exam, self.prompt, question, epoch)

    def cassette(self, question: Question, epoch: int = 1) -> Path:
        """Where the reply is, or would be, recorded."""
        return self.folder / (cassette_name(question.id, epoch) + SUFFIX)


@dataclass(frozen=True, slots=True)
class Seat:
    """One question of one sitting: what one test is about."""

    sitting: Sitting
    question: Question
    epoch: int = 1


def open_sitting(  # noqa: PLR0913 - each is a setting of its own
    exam: Exam,
    cassettes: Path,
    *,
    model: str = "",
    run: str = "",
    prompt_file: Path | None = None,
    may_record: bool = False,
) -> Sitting:
    """Find the run (by name, or by its model's default name), or plan a new one.

    Raises UnknownNameError with the near names where there is no such run and none may
    be recorded, RunError where the name belongs to another run, StaleCassetteError where
    the run was recorded with another prompt.
    """
    prompt = load_prompt(prompt_file)
    changed_prompt = prompt.sha256 if prompt.sha256 != load_prompt().sha256 else ""
    name = run or run_name(model, prompt=changed_prompt)
    check_run_name(name)
    folder = cassettes / exam.id / name
    if not folder.is_dir():
        if not (may_record and model):
            raise unknown_name(
                f"run of {exam.id}",
                name,
                list_runs(folder.parent),
                where=folder.parent,
                remedy="A run is there once it was recorded, or imported with `jmle import`.",
            )
        return Sitting(exam, _planned(exam, name, model, prompt), prompt, folder)
    spec = read_run(folder)
    _check_run(spec, exam, name, model, folder)
    _check_orphans(exam, spec.epochs, folder)
    if spec.prompt is None:
        if prompt_file is not None:
            raise SettingsError(
                f"run {name} was imported: its replies answered another project's prompt, so "
                "--prompt has no meaning for it"
            )
        return Sitting(exam, spec, None, folder)
    if spec.prompt.sha256 != prompt.sha256:
        raise StaleCassetteError(
            f"every cassette of run {name} answered the prompt {spec.prompt.name!r} "
            f"({spec.prompt.sha256[:12]}), today's is {prompt.name!r} ({prompt.sha256[:12]})",
            where=folder,
            remedy="Give the old prompt with --prompt FILE, or ask under another --run name.",
        )
    return Sitting(exam, spec, prompt, folder)


def _planned(exam: Exam, name: str, model: str, prompt: Prompt) -> RunSpec:
    reference = PromptRef(name=prompt.name, sha256=prompt.sha256)
    try:
        return RunSpec(exam=exam.id, run=name, model=model, prompt=reference)
    except ValidationError as error:
        raise SettingsError(f"no model can be named {model!r}") from error


def _check_run(spec: RunSpec, exam: Exam, name: str, model: str, folder: Path) -> None:
    if spec.exam != exam.id or spec.run != name:
        raise RunError(
            f"is the record of run {spec.run} of {spec.exam}, but lies where run {name} of "
            f"{exam.id} belongs",
            where=folder / RUN_FILE,
            remedy="Move the folder back; runs are not renamed by hand.",
        )
    if model and spec.model != model:
        raise RunError(
            f"run {name} is a run of {spec.model}, not of {model}",
            where=folder / RUN_FILE,
            remedy="Give another --run name for this model.",
        )


def _check_orphans(exam: Exam, epochs: int, folder: Path) -> None:
    own = {cassette_name(name, 1 + n) for name in exam.questions for n in range(epochs)}
    for file in sorted(folder.glob(f"*{SUFFIX}")):
        if file.stem not in own:
            often = f", each asked {epochs} times" if epochs > 1 else ""
            raise CassetteError(
                f"this cassette belongs to no question of {exam.id}{often}",
                where=file,
                remedy="Move it away: a run's folder holds its own cassettes and nothing else.",
            )
