"""Runs described once: a TOML file with a `[[run]]` for each, and which of them are complete."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jmle_plugin.errors import JmleError, ResultError, SettingsError, UnknownNameError, unknown_name
from jmle_plugin.session.option_table import BY_NAME
from jmle_plugin.session.option_values import Folders, option_values

if TYPE_CHECKING:
    from jmle_plugin.ask.opening import Wanted
    from jmle_plugin.ask.sitting import Sitting
    from jmle_plugin.results.file import Results

# Imported in every session: what only a sitting needs is imported inside.


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run that is asked for; None and empty stand for what the session's options say."""

    model: str
    run: str = ""
    parameters: Mapping[str, Any] | None = None
    prompt: Path | None = None
    images: str | None = None
    epochs: int | None = None
    api_base: str | None = None
    group: str = ""
    """A word of the user's own, such as "medical": a column of the leaderboard."""

    def wanted(  # noqa: PLR0913 - the options of asking
        self,
        *,
        prompt: Path | None,
        parameters: Mapping[str, Any],
        images: str | None,
        image_max_edge: int | None,
        epochs: int | None,
        api_base: str | None,
        may_record: bool = True,
        rewrite: bool = False,
    ) -> Wanted:
        """What is asked for by this row, and where it says nothing by the options given here."""
        from jmle_plugin.ask.opening import Wanted  # noqa: PLC0415
        from jmle_plugin.ask.run import ImageMode  # noqa: PLC0415

        shown = self.images or images
        return Wanted(
            model=self.model,
            run=self.run,
            prompt_file=self.prompt or prompt,
            parameters=parameters if self.parameters is None else self.parameters,
            images=ImageMode(shown) if shown else None,
            image_max_edge=image_max_edge,
            epochs=self.epochs or epochs,
            may_record=may_record,
            rewrite=rewrite,
            api_base=self.api_base or api_base,
        )


def named_rows(models: Sequence[str], runs: Sequence[str]) -> tuple[RunRow, ...]:
    """The rows that --model and --run name; SettingsError where their numbers differ."""
    if models and runs and len(models) != len(runs):
        raise SettingsError(
            f"--model is given {len(models)} times, --run {len(runs)} times",
            remedy="Give each model its own --run name, or leave the names to the suite.",
        )
    if not runs:
        return tuple(RunRow(model) for model in models)
    return tuple(RunRow(*one) for one in zip(models or [""] * len(runs), runs, strict=True))


OPTION_OF = {
    "model": "model",
    "name": "run",
    "prompt": "prompt",
    "images": "images",
    "epochs": "epochs",
    "api_base": "api-base",
}
"""Key of a row -> the option whose value it is; there are `args`, a table, and `group` as well."""
_ATTRIBUTE_OF = {"name": "run"}
_KEYS = (*OPTION_OF, "args", "group")
_FORM = 'Begin each run with [[run]] and its model = "NAME".'


def read_runs(file: Path) -> tuple[RunRow, ...]:
    """The rows of a runs file, at least one; paths in it are relative to its folder.

    SettingsError or UnknownNameError names the file and the place of what cannot be.
    """
    try:
        data = tomllib.loads(file.read_bytes().decode("utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsError(f"is no runs file ({error})", where=file, remedy=_FORM) from error
    for key in data:
        if key != "run":
            raise unknown_name("key", key, ["run"], where=file)
    tables = data.get("run")
    if not isinstance(tables, list) or not all(isinstance(one, dict) for one in tables):
        raise SettingsError("names no run", where=file, remedy=_FORM)
    rows = tuple(_row(table, file, f"{file}, run {n}") for n, table in enumerate(tables, 1))
    _refuse_doubles(rows, file)
    return rows


def _row(table: Mapping[str, Any], file: Path, where: str) -> RunRow:
    for key in table:
        if key not in _KEYS:
            raise unknown_name("key", key, _KEYS, where=where)
    if not table.get("model"):
        raise SettingsError("names no model", where=where, remedy=_FORM)
    values = {
        _ATTRIBUTE_OF.get(key, key): _value(OPTION_OF[key], value, file, f"{where}: {key}")
        for key, value in table.items()
        if key in OPTION_OF
    }
    if values.get("prompt") is not None:
        values["prompt"] = Path(values["prompt"])
    group = table.get("group", "")
    if not isinstance(group, str):
        raise SettingsError("is no word", where=f"{where}: group", remedy='Say group = "medical".')
    return RunRow(**values, parameters=_parameters(table, where), group=group)


def _value(name: str, value: object, file: Path, where: str) -> Any:
    """A value by the rules of the option of that name."""
    option = BY_NAME[name]
    if isinstance(value, list | dict | bool):
        raise SettingsError("is no text or number", where=where, remedy=option.help)
    text = str(value)
    choices = [one for one in option.choices if one != "audit"]  # an audit is two runs
    if choices and text not in choices:
        raise unknown_name("value", text, choices, where=where)
    try:
        (parsed,) = option_values(option, text, None, Folders(*[file.parent] * 3))
    except (SettingsError, UnknownNameError) as error:
        raise type(error)(error.problem, where=where, remedy=error.remedy) from error
    return parsed


def _parameters(table: Mapping[str, Any], where: str) -> dict[str, Any] | None:
    if "args" not in table:
        return None
    parameters = table["args"]
    if not isinstance(parameters, dict):
        raise SettingsError(
            "is no table", where=f"{where}: args", remedy="Say args = { temperature = 0.0 }."
        )
    from jmle_plugin.gateway.failures import check_parameters  # noqa: PLC0415 - seldom needed

    try:
        check_parameters(parameters, os.environ)
    except JmleError as error:
        raise SettingsError(error.problem, where=f"{where}: args", remedy=error.remedy) from error
    return parameters


def _refuse_doubles(rows: Sequence[RunRow], file: Path) -> None:
    names = [row.run for row in rows if row.run]
    if len(set(names)) < len(names):
        raise SettingsError(
            f"two runs are called {max(names, key=names.count)!r}",
            where=file,
            remedy="Give each a name of its own.",
        )
    bases: dict[str, str | None] = {}
    for row in rows:
        if bases.setdefault(row.model, row.api_base) != row.api_base:
            raise SettingsError(
                f"{row.model} is asked at two addresses",
                where=file,
                remedy="A session asks a model at one api_base: let these runs sit in two files.",
            )


def complete_results(sitting: Sitting, results: Path, extraction: str) -> Results | None:
    """The results of a run to which nothing is left to do; None where something is.

    They are below `results`, of all questions, by the same exam, key, reading and epochs, and
    every reply is recorded.
    """
    from jmle_plugin.results.store import read_sound_results  # noqa: PLC0415

    try:
        found = read_sound_results(results / sitting.exam.id / f"{sitting.run.run}.json")
    except ResultError:
        return None
    origin, exam, run = found.provenance, sitting.exam, sitting.run
    then = (origin.exam.hash, origin.key.state, origin.extraction, origin.epochs, origin.prompt)
    same = then == (exam.hash, exam.key.state, extraction, run.epochs, run.prompt)
    whole = found.sheet.asked == found.sheet.of and not found.sheet.errors
    recorded = all(seat.cassette.exists() for seat in sitting.seats())
    return found if same and whole and recorded else None


def runs_named(
    rows: Sequence[RunRow], results: Path, exam: str = "*"
) -> Iterator[tuple[RunRow, str, list[Path]]]:
    """Each row, its run's name, and its results of `exam` (default: of any) below `results`."""
    from jmle_plugin.ask.opening import Wanted, wanted_name  # noqa: PLC0415
    from jmle_plugin.ask.prompt import load_prompt  # noqa: PLC0415
    from jmle_plugin.ask.run import ImageMode  # noqa: PLC0415

    for row in rows:
        wanted = Wanted(
            model=row.model,
            run=row.run,
            prompt_file=row.prompt,
            parameters=row.parameters or {},
            images=ImageMode(row.images) if row.images else None,
        )
        name = wanted_name(wanted, load_prompt(row.prompt))
        yield row, name, sorted(results.glob(f"{exam}/{name}.json"))
