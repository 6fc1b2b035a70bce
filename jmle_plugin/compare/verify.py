"""Whether a results file is what its cassettes and its exam give."""

from __future__ import annotations

from pathlib import Path

from jmle_plugin.ask.opening import Wanted, open_sitting
from jmle_plugin.compare.auditing import with_audit
from jmle_plugin.compare.differences import differences
from jmle_plugin.compare.remake import remake_results
from jmle_plugin.errors import CassetteError, ComparisonError
from jmle_plugin.exam.model import Exam
from jmle_plugin.mark.sheet import Verdict
from jmle_plugin.results.file import Results
from jmle_plugin.results.provenance import RunContext


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
    # The number of scores, not the one that is told, which may be any: it is compared.
    epochs = len(file.sheet.epochs.scores) if file.sheet.epochs else 1
    wanted = Wanted(run=file.run.name, epochs=max(epochs, 1), prompt_file=prompt_file)
    try:
        sitting = open_sitting(exam, cassettes, wanted)
    except CassetteError as error:
        return [f"{error}\n  Nothing else was compared."]
    partial = file.sheet.verdict is Verdict.PARTIAL
    asked = {(mark.question, mark.epoch) for mark in file.marks} if partial else None
    made = remake_results(sitting, file.provenance.extraction, RunContext.outside(), asked)
    if file.audit is None:
        # A run that was not audited yet, or sat again by itself, is no less true.
        return list(differences(file, made))
    try:
        made = with_audit(made, sitting, cassettes, prompt_file)
        lost = "" if made.audit else f"no blind half of {file.run.name} is recorded"
    except (CassetteError, ComparisonError) as error:
        lost = str(error)
    if not lost:
        return list(differences(file, made))
    alone = file.model_copy(update={"audit": None})
    return [*differences(alone, made), f"audit: cannot be made again: {lost}"]
