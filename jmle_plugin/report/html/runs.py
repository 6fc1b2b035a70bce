"""One run as a page shows it: sheet, comparison, provenance, and a mark and reply a question."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from jmle_plugin.exam.model import Exam
from jmle_plugin.mark.epochs import majority
from jmle_plugin.mark.grading import Outcome
from jmle_plugin.mark.marks import Mark, kept, read_reply_answer
from jmle_plugin.report import audit as words
from jmle_plugin.report.bench import change_rows, changes_header, measure_rows
from jmle_plugin.report.comparison import facts, headline, side_titles, titled_parts
from jmle_plugin.report.document import Listed
from jmle_plugin.report.html.questions import RepliesReader, Room, Shown, StoredReply, fit
from jmle_plugin.report.remarks import doubt_sentences, remarks
from jmle_plugin.report.sheet import notes, reasons, unofficial, verdict_sentence
from jmle_plugin.report.tallies import missing_title, model_title
from jmle_plugin.results.comparison import Comparison, Part
from jmle_plugin.results.doubt import Audit, AuditPart
from jmle_plugin.results.file import Results
from jmle_plugin.results.language import named, p_cell, signed, wording
from jmle_plugin.text import clipped, printable


def comparison_data(comparison: Comparison) -> dict[str, Any]:
    """The comparison with a baseline, as JSON values, but for its sentences."""
    return {
        "difference": comparison.difference,
        "low": None if comparison.interval is None else comparison.interval.low,
        "high": None if comparison.interval is None else comparison.interval.high,
        "by_replies": comparison.tests.replies is not None,
        "level": None if comparison.interval is None else comparison.interval.level,
        "gained": {one.question: one.model_dump(mode="json") for one in comparison.gained},
        "lost": {one.question: one.model_dump(mode="json") for one in comparison.lost},
    }


def comparison_words(comparison: Comparison) -> dict[str, Any]:
    """The sentences of the comparison, and its parts by their titles."""
    return {
        "old": side_titles(comparison)[0],
        "headline": headline(comparison),
        "measures": [changes_header(), *change_rows(comparison)] if comparison.measures else None,
        "facts": list(facts(comparison)),
        "parts": [
            part.model_dump(mode="json") | {"title": title, "p": _p(part)}
            for title, part in titled_parts(comparison)
        ],
    }


def _p(part: Part) -> str:
    return p_cell(part.p_mcnemar if part.p_holm is None else part.p_holm)


def audit_data(audit: Audit) -> dict[str, Any]:
    """The image audit, as JSON values: the questions behind every count are in it."""
    return {
        "headline": words.headline(audit),
        "facts": list(words.facts(audit)),
        "states": [
            {"name": name, "index": index, "questions": ids}
            for index, name, ids in words.states(audit.total)
        ],
        "groupings": [
            {"title": title, "parts": [_effect(name, one) for name, one in parts]}
            for title, parts in words.groupings(audit)
        ],
    }


def _effect(title: str, part: AuditPart) -> dict[str, Any]:
    return {
        "title": title,
        "questions": part.questions,
        "few": part.questions < words.FEW,
        "states": list(part.states.values()),
        "net": words.signed_share(part.net),
        "interval": wording(
            "cell.interval", low=signed(round(part.low)), high=signed(round(part.high))
        ),
        "p": p_cell(part.p_mcnemar),
        "p_holm": p_cell(part.p_holm),
    }


_ERROR = 5000
"""Characters of the reason why there is no reply; all of it is in the results file."""
_UNMARKED = {"question", "sent", "epoch"}

Asking = tuple[str, int]


@dataclass(frozen=True, slots=True)
class PageRun:
    """A run's results and where its replies are read."""

    results: Results
    replies: RepliesReader

    def read(self) -> dict[Asking, StoredReply | str]:
        """Every reply that was marked, or why it is not there."""
        return {
            (mark.question, mark.epoch): self.replies(mark.question, mark.epoch)
            for mark in self.results.marks
            if mark.outcome is not Outcome.ERROR
        }


def run_data(
    results: Results,
    replies: Mapping[Asking, StoredReply | str],
    exam: Exam | None,
) -> dict[str, Any]:
    """Everything of one run but sentences and the texts of its replies, as JSON values."""
    return {
        "name": results.run.name,
        "model": results.run.model,
        "people": results.run.people,
        "sheet": results.sheet.model_dump(mode="json", by_alias=True),
        "compared": None if results.comparison is None else comparison_data(results.comparison),
        "provenance": results.provenance.model_dump(mode="json"),
        "marks": _marks(results, replies, exam),
    }


def run_words(
    results: Results,
    replies: Mapping[Asking, StoredReply | str],
    exam: Exam | None,
) -> dict[str, Any]:
    """The sentences on one run, in the language in force."""
    sheet = results.sheet
    return {
        "title": model_title(results.run.title),
        "missing_title": missing_title(results),
        "verdict": (verdict := verdict_sentence(sheet)),
        # The seal says as much, unless there is more to say.
        "plain": verdict == named(f"verdict.{sheet.verdict}", ""),
        "measures": measure_rows(sheet) if sheet.bench else None,
        "labels": list(_labels(results)),
        "notes": list(notes(results)),
        "doubt": _labelled(_doubt(results)),
        "remarks": _labelled((*remarks(results), *reasons(results))),
        "comparison": None if results.comparison is None else comparison_words(results.comparison),
        "audit": None if results.audit is None else audit_data(results.audit),
        "missing": _missing(results, replies, exam),
    }


def _labels(results: Results) -> Iterator[str]:
    """What makes this no ordinary result, in a word or two each."""
    if results.exam.synthetic:
        yield wording("page.label.synthetic")
    if results.run.scripted:
        yield wording("page.label.scripted")
    if results.provenance.imported is not None:
        yield wording("page.label.imported", project=results.provenance.imported.project)
    yield from unofficial(results)


def _doubt(results: Results) -> Iterator[str]:
    return iter(()) if results.doubt is None else doubt_sentences(results.doubt)


def _labelled(sentences: Iterable[str | Listed]) -> list[tuple[str, str]]:
    """Label and text of each sentence; a sentence without a label is one."""
    lines = (one.line if isinstance(one, Listed) else one for one in sentences)
    mark = wording("list.label")
    parts = (line.partition(mark) for line in lines)
    return [(label.strip(), text.strip()) for label, _, text in parts]


def _missing(
    results: Results, replies: Mapping[Asking, StoredReply | str], exam: Exam | None
) -> list[str]:
    said = []
    if exam is not None and exam.hash != results.provenance.exam.hash:
        hashes = {"hash": exam.hash[:12], "sat": results.provenance.exam.hash[:12]}
        said.append(wording("page.lacks.other_state", **hashes))
    state = results.provenance.key.state
    if exam is not None and exam.key.state != state:
        said.append(wording("page.lacks.other_key", state=state, shown=exam.key.state))
    reasons = [reply for reply in replies.values() if isinstance(reply, str)]
    if reasons:
        known = {"gone": len(reasons), "all": len(replies)}
        first = printable(reasons[0], lines=True)
        said.append(wording("page.lacks.replies", reason=first, **known))
    return said


def _marks(
    results: Results,
    replies: Mapping[Asking, StoredReply | str],
    exam: Exam | None,
) -> dict[str, Any]:
    """Question -> the majority's place among its askings, and the askings by epoch."""
    return {
        question: {
            "chosen": marks.index(majority(marks)),
            "askings": [_asking(one, replies, results, exam) for one in marks],
        }
        for question, marks in results.by_question().items()
    }


def _asking(
    mark: Mark,
    replies: Mapping[Asking, StoredReply | str],
    results: Results,
    exam: Exam | None,
) -> dict[str, Any]:
    entry = mark.model_dump(mode="json", exclude_defaults=True, exclude=_UNMARKED)
    entry["epoch"] = mark.epoch
    if mark.invalid:
        entry["invalid"] = mark.invalid
    if mark.error:
        entry["error"] = clipped(mark.error, _ERROR)
    found = replies.get((mark.question, mark.epoch))
    if found is None:
        return entry
    if isinstance(found, str):
        return entry | {"gone": found}
    reply = found.reply
    question = exam.questions.get(mark.question) if exam is not None else None
    if question is not None:
        rule = results.provenance.extraction
        reading = read_reply_answer(question, reply, rule)
        if mark.answer in (list(reading.answer), kept(question, reading.answer)):
            entry["line"] = reading.line
        else:
            entry["gone"] = "this is not the reply that was marked: another answer is read in it"
    return entry


def place_replies(
    run: dict[str, Any], replies: Mapping[Asking, StoredReply | str], room: Room
) -> None:
    """Add to what `run_data` made the texts of the replies, cut to the room there is."""
    for question, found in run["marks"].items():
        for asking in found["askings"]:
            stored = replies.get((question, asking["epoch"]))
            if not isinstance(stored, StoredReply):
                continue
            text = fit(stored.reply.text, room.text)
            reasoning = fit(stored.reply.reasoning, room.reasoning)
            asking["text"] = _shown(text)
            if stored.reply.reasoning:
                asking["reasoning"] = _shown(reasoning)
            if text.left_out or reasoning.left_out:
                asking["where"] = stored.where


def _shown(text: Shown) -> dict[str, Any]:
    return asdict(text) if text.left_out else {"head": text.head}
