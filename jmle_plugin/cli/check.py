"""`jmle check`: mistakes in an exam pack, and what is known to be wrong."""

from __future__ import annotations

import argparse

from jmle_plugin.cli.common import data_root, find_exam, named_exam
from jmle_plugin.cli.options import add_options
from jmle_plugin.exam.check import check_key, check_paper, key_differences, notes
from jmle_plugin.text import count, printable


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument("exam")
    add_options(parser, "exam-data")


def run(options: argparse.Namespace) -> int:
    """Run the command; its exit status."""
    exam = named_exam(options, options.exam)
    problems = check_paper(exam)
    for note in notes(exam):
        print(printable(f"note: {note}"))
    for difference in key_differences(find_exam(options.exam), data_root(options)):
        print(printable(f"data sets differ: {difference}"))
    for state in exam.key_states:
        keyed = named_exam(options, options.exam, state)
        problems += check_key(keyed)
        for doubt in keyed.key.unconfirmed:
            print(printable(f"not confirmed: key {state}, {doubt}"))
        for rule in keyed.key.not_evaluated:
            print(printable(f"not evaluable: key {state}, {rule}"))
    for problem in problems:
        print(printable(problem))
    figures = {image.name for question in exam.questions.values() for image in question.images}
    points = sum(question.points for question in exam.questions.values())
    print(
        f"{exam.id}: {len(exam.questions)} questions, {points} points, {len(figures)} images, "
        f"key states {', '.join(exam.key_states)}: "
        + (count(len(problems), "problem") if problems else "no problems")
    )
    return 1 if problems else 0
