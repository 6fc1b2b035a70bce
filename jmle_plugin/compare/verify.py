"""Whether a results file is what its run's cassettes give."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from jmle_plugin.ask.cassette import cassette_name
from jmle_plugin.ask.opening import Wanted, open_sitting
from jmle_plugin.ask.run import RUN_FILE, run_folder
from jmle_plugin.ask.sitting import Sitting
from jmle_plugin.compare.remake import remake_results, with_audit
from jmle_plugin.errors import CassetteError, ComparisonError, UnknownNameError
from jmle_plugin.exam.model import Exam
from jmle_plugin.mark.epochs import Asking
from jmle_plugin.mark.grading import Outcome
from jmle_plugin.mark.marks import Mark
from jmle_plugin.mark.sheet import Verdict
from jmle_plugin.results.comparison import Comparison
from jmle_plugin.results.file import Results
from jmle_plugin.results.provenance import RunContext
from jmle_plugin.results.store import BY_SESSION
from jmle_plugin.text import count, first_of, printable

_MAY_CHANGE = (*BY_SESSION, "recorded_epochs")
"""Parts of the provenance that may change: who made the file, and epochs that joined later."""
_SINCE_2 = {"refused", "confidence", "seconds", "tokens_per_second"}
"""Fields of a mark that files of schema 1 do not have."""
_HEADLINE = {"outcome", "answer", "points", "max"}
"""Fields of a mark that `mark_words` tells."""
_LONGEST = 200
_NAMED = 3
"""So many missing cassettes are named."""


def differences(file: Results, made: Results) -> Iterator[str]:
    """One line for everything in which `file` is not what was `made` from the cassettes."""
    if not file.questions:  # files of schema 1 do not have them
        made = made.model_copy(update={"questions": {}})
    if file.schema_version == 1:
        yield from _fields(*_as_schema_1(file, made), "")
        if made.doubt is not None and file.doubt == made.doubt and made.doubt.another_exam:
            yield "schema: 1 in the file, whose chance of passing is that of schema 2"
    else:
        yield from _fields(_data(file), _data(made), "")
    times = Counter(map(_asking, file.marks))
    yield from (f"{_name(one)}: marked {n} times in the file" for one, n in times.items() if n > 1)
    for asking, then, now in pair_marks(file.marks, made.marks):
        words = _mark_differences(then, now, _SINCE_2 if file.schema_version == 1 else set())
        yield from (f"{_name(asking)}: {word}" for word in words)
    order = [*map(_asking, file.marks)], [*map(_asking, made.marks)]
    if order[0] != order[1] and sorted(order[0]) == sorted(order[1]):
        yield "marks: not in the exam's order"


def comparison_differences(file: Comparison | None, made: Comparison | None) -> Iterator[str]:
    """One line for everything in which the file's comparison is not the one made again."""
    then, now = (
        None if one is None else one.model_dump(mode="json", by_alias=True) for one in (file, made)
    )
    yield from _fields({"comparison": then}, {"comparison": now}, "")


def changes(before: Results, after: Results) -> Iterator[str]:
    """One line for each question whose mark is another one, with both outcomes."""
    for asking, then, now in pair_marks(before.marks, after.marks):
        if (old := mark_words(then)) != (new := mark_words(now)):
            yield f"{_name(asking)}: {old} -> {new}"


def pair_marks(
    before: Iterable[Mark], after: Iterable[Mark]
) -> Iterator[tuple[Asking, Mark | None, Mark | None]]:
    """What was asked with its mark in both, None where there is none."""
    old, new = ({_asking(mark): mark for mark in marks} for marks in (before, after))
    for asking in {**new, **old}:
        yield asking, old.get(asking), new.get(asking)


def mark_words(mark: Mark | None) -> str:
    """`correct (a,c), 1 of 1`."""
    if mark is None:
        return "no mark"
    answer = f" ({printable(','.join(mark.answer))})" if mark.answer else ""
    return f"{mark.outcome.value.replace('_', ' ')}{answer}, {mark.points} of {mark.max}"


def _mark_differences(then: Mark | None, now: Mark | None, unknown: set[str]) -> Iterator[str]:
    if then is None or now is None:
        yield f"{mark_words(then)} in the file, {mark_words(now)} recomputed"
        return
    if then.outcome is not now.outcome and Outcome.ERROR in (then.outcome, now.outcome):
        if now.outcome is Outcome.ERROR:
            yield f"{mark_words(then)} in the file, now without a reply: {_first_line(now.error)}"
        else:
            problem = _first_line(then.error)
            yield f"an error in the file ({problem}), now there is a reply: {mark_words(now)}"
        return
    excluded = set(unknown)
    if mark_words(then) != mark_words(now):
        yield f"{mark_words(then)} in the file, {mark_words(now)} recomputed"
        excluded |= _HEADLINE  # else compared like the rest: two answers may be written alike
    if now.outcome is Outcome.ERROR:
        excluded.add("error")  # it is in the words of the moment
    old, new = (mark.model_dump(mode="json", exclude=excluded) for mark in (then, now))
    yield from _fields(old, new, "")


def _data(results: Results) -> dict[str, Any]:
    # A comparison is made with another file, which is not at hand; gates are a session's own.
    elsewhere = {"marks", "comparison", "gates"}
    data = results.model_dump(mode="json", by_alias=True, exclude=elsewhere)
    origin = data.pop("provenance")
    # Where it comes from goes first: it explains the rest.
    return {"provenance": {k: v for k, v in origin.items() if k not in _MAY_CHANGE}, **data}


def _as_schema_1(file: Results, made: Results) -> tuple[Any, Any]:
    """Both as schema 1 has them: by its own rule of several epochs, and without its doubt.

    The verdict was that on the majority answers, and the chance of passing was another one.
    """
    sheet = made.sheet
    if sheet.epochs is not None and sheet.epochs.majority is not None:
        sheet = sheet.model_copy(update={"verdict": sheet.epochs.majority})
    now = _data(made.model_copy(update={"sheet": sheet, "doubt": None}))
    then = _data(file.model_copy(update={"doubt": None}))
    for data in (then, now):
        del data["schema"]
    held = file.model_dump(mode="json", by_alias=True, exclude_unset=True)
    return then, _only(now, then, held)


def _only(now: Any, then: Any, held: Any) -> Any:
    """`now`, with what `then` has by default wherever the file holds no such field."""
    if isinstance(now, dict) and isinstance(then, dict) and isinstance(held, dict):
        return {
            name: _only(value, then.get(name), held[name]) if name in held else then.get(name)
            for name, value in now.items()
            if name in held or name in then
        }
    if isinstance(now, list) and isinstance(then, list) and isinstance(held, list):
        alike = len(now) == len(then) == len(held)
        return [_only(*three) for three in zip(now, then, held, strict=True)] if alike else now
    return now


def _fields(then: Any, now: Any, path: str) -> Iterator[str]:
    if isinstance(then, Mapping) and isinstance(now, Mapping):
        for name in {**now, **then}:
            inner = f"{path}.{name}" if path else name
            if name not in then or name not in now:
                yield f"{inner}: {_of(then, name)} in the file, {_of(now, name)} recomputed"
            else:
                yield from _fields(then[name], now[name], inner)
    elif isinstance(then, list) and isinstance(now, list) and len(then) == len(now):
        for place, (old, new) in enumerate(zip(then, now, strict=True)):
            yield from _fields(old, new, f"{path}[{place}]")
    elif (type(then), then) != (type(now), now):
        yield f"{printable(path)}: {_shown(then)} in the file, {_shown(now)} recomputed"


def _of(values: Mapping[str, Any], name: str) -> str:
    return _shown(values[name]) if name in values else "nothing"


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False)
    return printable(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}...")


def _asking(mark: Mark) -> Asking:
    return mark.question, mark.epoch


def _name(asking: Asking) -> str:
    return printable(cassette_name(*asking))


def _first_line(text: str) -> str:
    return printable(text.partition("\n")[0])


def verify(
    file: Results, exam: Exam, cassettes: Path, prompt_file: Path | None = None
) -> list[str]:
    """What is wrong with the results, a line each; empty where everything agrees.

    They are made again with `exam`, opened with the file's key state, and with the file's
    extraction and epochs. Of a partial sitting, what has a mark is verified. A question
    without a reply is the same whatever kept it from one. A folder that cannot be a
    sitting's is what is wrong: a foreign cassette, or a prompt that changed.

    Raises JmleError where there is nothing to verify with: the run is not there, or its
    record is damaged.
    """
    # The number of scores, not the printed one, which may be any: it is compared.
    epochs = len(file.sheet.epochs.scores) if file.sheet.epochs else 1
    wanted = Wanted(run=file.run.name, epochs=max(epochs, 1), prompt_file=prompt_file)
    try:
        sitting = open_sitting(exam, cassettes, wanted)
    except CassetteError as error:
        return [f"{error}\n  Nothing else was compared."]
    except UnknownNameError as error:
        folder = run_folder(cassettes, exam.id, file.run.name)
        raise UnknownNameError(
            error.problem,
            where=error.where,
            remedy=f"{error.remedy}\n  Ask the file's author for the folder {folder}: "
            f"{RUN_FILE} and a cassette for each reply. --cassettes=DIR looks in "
            f"DIR/{exam.id}/{folder.name}.",
        ) from error
    return [*_differences(file, sitting, cassettes, prompt_file), *_to_ask_for(file, sitting)]


def _differences(
    file: Results, sitting: Sitting, cassettes: Path, prompt_file: Path | None
) -> Iterator[str]:
    partial = file.sheet.verdict is Verdict.PARTIAL
    asked = set(map(_asking, file.marks)) if partial else None
    made = remake_results(sitting, file.provenance.extraction, RunContext.outside(), asked)
    if file.audit is None:
        # A run that was not audited yet, or sat again by itself, is no less true.
        yield from differences(file, made)
        return
    try:
        made = with_audit(made, sitting, cassettes, prompt_file)
        lost = "" if made.audit else f"no blind half of {file.run.name} is recorded"
    except (CassetteError, ComparisonError) as error:
        lost = str(error)
    if not lost:
        yield from differences(file, made)
        return
    yield from differences(file.model_copy(update={"audit": None}), made)
    yield f"audit: cannot be made again: {lost}"


def _to_ask_for(file: Results, sitting: Sitting) -> Iterator[str]:
    """One line where replies that have a mark are not here: which cassettes to ask for."""
    marked = {_asking(one) for one in file.marks if one.outcome is not Outcome.ERROR}
    seats = [one for one in sitting.seats() if (one.question.id, one.epoch) in marked]
    paths = [one.cassette for one in seats]
    gone = [one for one in paths if not one.exists()]
    if gone:
        names = first_of([one.name for one in gone], _NAMED)
        yield (
            f"{count(len(gone), 'cassette')} of {len(paths)} missing: ask the file's author "
            f"for {names}, and put them into {gone[0].parent}"
        )
