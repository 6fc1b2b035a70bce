"""Loading: rules, questions, figures and one key state become an `Exam`, or an error."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from jmle_plugin.errors import PackError, unknown_name
from jmle_plugin.exam.images import load_image
from jmle_plugin.exam.keys import build_key, checked_answer
from jmle_plugin.exam.manifest import Manifest, read_manifest
from jmle_plugin.exam.model import (
    NO_RULE,
    AnswerKey,
    Block,
    Exam,
    Image,
    KeyEntry,
    Question,
    Section,
    Serial,
    Treatment,
)
from jmle_plugin.exam.reading import (
    absent_questions,
    applicable,
    check_structure,
    read_source,
    serials,
)
from jmle_plugin.exam.sources import Paper, PaperQuestion
from jmle_plugin.exam.spec import BlockSpec, OtherSource
from jmle_plugin.files import digest


def load_exam(
    pack: Path, *, data_root: Path, key: str | None = None, source: str | None = None
) -> Exam:
    """Load the pack whose `exam.toml` is `pack`.

    `data_root` holds one folder per upstream source; of several that have this exam, the first
    of the pack's that is there is read, or with `source`, its folder, that one. Raises
    PackError naming the file and the place, DataMissingError when the questions are not on
    this machine, and UnknownNameError for a key state the pack does not have.
    """
    manifest = read_manifest(pack)
    state = key or manifest.default_key
    if state not in manifest.keys:
        raise unknown_name("key state", state, manifest.keys, where=pack)
    manifest, paper, folder = read_source(manifest, pack, data_root, source)
    if state not in manifest.keys:
        remedy = f"The questions are read from {manifest.read_from}; that key is another's."
        raise unknown_name("key state", state, manifest.keys, where=pack, remedy=remedy)
    read = manifest.source
    pointless = isinstance(read, OtherSource) and read.points_unknown
    questions = _questions(manifest, paper, folder, pointless=pointless)
    absent = absent_questions(manifest, paper)
    answers = {one.id: _answer(one, questions[one.id], paper.file) for one in paper.questions}
    keys = {
        name: build_key(
            name,
            applicable(spec, manifest, questions, pointless=pointless),
            questions,
            answers,
            pack,
            absent=absent,
            default=name == manifest.default_key,
        )
        for name, spec in manifest.keys.items()
    }
    chosen = keys[state]
    return Exam(
        id=manifest.id,
        title=manifest.title,
        edition=manifest.edition,
        profession=manifest.profession,
        language=manifest.language,
        licence=manifest.licence,
        synthetic=manifest.synthetic,
        sections=tuple(Section(name, spec.title) for name, spec in manifest.sections.items()),
        blocks=tuple(Block(spec.id, spec.questions) for spec in manifest.blocks),
        questions=questions,
        key=chosen,
        key_states=tuple(manifest.keys),
        hash=_hash(manifest, questions, answers),
        defects={one.id: one.defect for one in paper.questions if one.defect} | manifest.defects,
        notes=paper.notes,
        source=manifest.read_from,
        other_source=isinstance(read, OtherSource),
        cases_told=paper.cases_told,
        absent=tuple(
            one
            for one in absent.values()
            if chosen.entries[one.id].treatment is not Treatment.EXCLUDE
        ),
        no_verdict=_no_verdict(chosen, pointless=pointless),
        data_root=data_root,
    )


def _no_verdict(key: AnswerKey, *, pointless: bool) -> str:
    if key.measures:
        return "no pass mark"
    return "the source does not say its points" if pointless else ""


def _answer(one: PaperQuestion, question: Question, file: Path) -> KeyEntry:
    given = () if not one.answer and one.treatment is Treatment.EXCLUDE else (one.answer,)
    answers = (checked_answer(question, answer, file) for answer in (*given, *one.also))
    return KeyEntry(tuple(answers), one.treatment)


def _questions(
    manifest: Manifest, paper: Paper, folder: Path, *, pointless: bool
) -> dict[str, Question]:
    blocks = {block.id: block for block in manifest.blocks}
    check_structure(blocks, paper)
    members = serials(paper)
    below = f"{paper.images.relative_to(folder).as_posix()}/"
    pins = {
        name.removeprefix(below): pinned
        for name, pinned in manifest.source.files.items()
        if name.startswith(below)
    }
    figures: dict[str, Image] = {}
    for one in paper.questions:
        for name in one.images:
            if name not in figures:
                figures[name] = load_image(
                    paper.images, name, question=one.id, pinned=pins.get(name, ())
                )
    return {
        one.id: _question(
            one,
            blocks[one.block],
            manifest,
            figures,
            members,
            points=1 if pointless else _points(one, blocks[one.block], paper.file),
            wrong=0 if pointless else blocks[one.block].wrong,
        )
        for one in paper.questions
    }


def _points(one: PaperQuestion, block: BlockSpec, file: Path) -> int:
    stated = block.points_of(one.number)
    points = one.points if stated is None else stated
    if points is None:
        raise PackError(
            f"question {one.id}: the source does not say its points",
            where=file,
            remedy=f"Give block {block.id} its points in exam.toml.",
        )
    return points


def _question(  # noqa: PLR0913 - each is a part of the pack
    one: PaperQuestion,
    block: BlockSpec,
    manifest: Manifest,
    figures: Mapping[str, Image],
    members: Mapping[str, list[str]],
    *,
    points: int,
    wrong: int,
) -> Question:
    return Question(
        id=one.id,
        block=one.block,
        number=one.number,
        section=block.section_of(one.number),
        kind=one.kind,
        text=one.text,
        points=points,
        wrong=wrong,
        select=one.select,
        options=one.options,
        stem=one.stem,
        images=tuple(figures[name] for name in one.images),
        references=one.references,
        figures_missing=one.figures_missing,
        serial=(
            Serial(one.serial.id, one.serial.text, tuple(members[one.serial.id]))
            if one.serial
            else None
        ),
        prohibited=frozenset(one.prohibited),
        subject=one.subject,
        visual_types=one.visual_types,
        image_dependency=one.image_dependency,
        human_accuracy=one.human_accuracy,
        language=one.language or manifest.language,
        rationale=one.rationale,
        rule=manifest.published_rule
        or (NO_RULE if any(key.measures for key in manifest.keys.values()) else ""),
    )


def question_digest(question: Question) -> str:
    """Sha256 of what the candidate sees: context, text and figures."""
    return digest(
        {
            "id": question.id,
            "context": question.serial.text if question.serial else None,
            "text": question.text,
            "images": [image.sha256 for image in question.images],
        }
    )


def _hash(
    manifest: Manifest,
    questions: Mapping[str, Question],
    answers: Mapping[str, KeyEntry],
) -> str:
    # What is said of the questions, not what they are.
    unmarked = {"source", "other_sources", "defects", "question_ids"}
    ruled_by_subject = any(
        one.subjects for key in manifest.keys.values() for one in key.criteria.values()
    )
    facts = {
        # The same questions of another data set are not the same exam: it reads them its way.
        "source": manifest.read_from if isinstance(manifest.source, OtherSource) else "",
        "figures_missing": [one.id for one in questions.values() if one.figures_missing],
        "human_accuracy": {
            one.id: one.human_accuracy
            for one in questions.values()
            if one.human_accuracy is not None
        },
        "treatments": {
            name: entry.treatment
            for name, entry in answers.items()
            if entry.treatment is not Treatment.STANDARD
        },
        # Where the rules speak of subjects, which question is about which is a rule too.
        "subjects": {one.id: one.subject for one in questions.values() if ruled_by_subject},
    }
    return digest(
        {
            "rules": manifest.model_dump(mode="json", by_alias=True, exclude=unmarked),
            "questions": [
                [question_digest(one), one.block, one.number, one.kind, one.select, one.points]
                for one in questions.values()
            ],
            "answers": {
                name: [list(one) for one in entry.accepted]
                if len(entry.accepted) != 1
                else list(entry.accepted[0])
                for name, entry in answers.items()
            },
            "prohibited": {
                name: sorted(question.prohibited)
                for name, question in questions.items()
                if question.prohibited
            },
            **{name: fact for name, fact in facts.items() if fact},
        }
    )
