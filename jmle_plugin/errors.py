"""One root error; each subclass says what is wrong, where, and what to do next."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from jmle_plugin.text import printable


def unknown_name(
    what: str, name: str, known: Iterable[str], *, where: object = None, remedy: str = ""
) -> UnknownNameError:
    """An error that says which names there are, nearest first."""
    names = list(known)
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
    if near:
        hint = f"Did you mean {', '.join(near)}?"
    elif names:
        hint = f"There are: {', '.join(names)}."
    else:
        hint = "There are none yet."
    return UnknownNameError(
        f"unknown {what} {name!r}", where=where, remedy=f"{hint} {remedy}".strip()
    )


class JmleError(Exception):
    """Root of everything this package raises on purpose.

    ``str(error)`` is one message for a person: what is wrong and where, then the
    remedy on a line of its own.
    """

    usual_remedy = ""
    """What helps where the one who raises it knows nothing better."""

    def __init__(self, problem: str, *, where: object = None, remedy: str = "") -> None:
        self.problem = printable(problem, lines=True)
        self.where = None if where is None else printable(str(where))
        self.remedy = remedy or self.usual_remedy
        place = f"{self.where}: " if self.where else ""
        super().__init__(f"{place}{self.problem}" + (f"\n  {self.remedy}" if self.remedy else ""))


class PackError(JmleError):
    """An exam pack (rules, questions, key or images) that cannot be trusted."""

    usual_remedy = "Correct the file, or get it again; docs/packs.md has the format of packs."


class DataMissingError(PackError):
    """The pack is known but its questions are not on this machine."""


class UnknownNameError(JmleError):
    """An exam, run, key state or question that does not exist."""


class FetchError(JmleError):
    """An exam's questions could not be downloaded; the files that arrived are kept."""


class CassetteError(JmleError):
    """A recorded reply that is damaged, or is not the answer to today's question."""


class StaleCassetteError(CassetteError):
    """A sound cassette whose request is not the one asked today."""


class MissingCassetteError(CassetteError):
    """No recorded reply, and no call may be made."""


class ReplyError(JmleError):
    """No complete reply could be had; the question is an error, never a wrong answer."""


class NotAskedError(ReplyError):
    """The question has no reply, because asking was stopped before it had one."""


class MarkedTwiceError(JmleError):
    """One test marked its question twice; a question with two marks has none."""


class RunError(JmleError):
    """A run's own record (run.json) is missing, damaged or says something else."""


class ResultError(JmleError):
    """A results file that cannot be read or written."""


class ImportFileError(JmleError):
    """Another project's result file that cannot be turned into cassettes."""

    usual_remedy = "Name a file as its project published it; --format says whose it is."


class SettingsError(JmleError):
    """Command line, ini or environment ask for something impossible."""


class GatewayError(JmleError):
    """The gateway process could not be started, or is gone."""


class JournalError(JmleError):
    """The journal of finished replies is damaged, or in use."""


class ComparisonError(JmleError):
    """Two results that cannot be compared."""


class UnlikeResultsError(ComparisonError):
    """Results of unlike things: the figures would not say what they seem to."""
