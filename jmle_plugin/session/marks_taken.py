"""What is known of one sitting while it runs: one mark for each asking, or an error."""

from __future__ import annotations

from dataclasses import dataclass, field

from jmle_plugin.ask.sitting import Sitting
from jmle_plugin.mark.epochs import Asking
from jmle_plugin.mark.grading import Outcome
from jmle_plugin.mark.marks import Mark, mark_error


@dataclass
class SittingMarks:
    """The marks of one sitting."""

    sitting: Sitting
    asked: dict[Asking, None] = field(default_factory=dict)
    marks: dict[Asking, Mark] = field(default_factory=dict)
    marked_by: dict[Asking, str] = field(default_factory=dict)
    """What was asked -> node id of the test that marked it."""

    def put(self, asking: Asking, node_id: str, mark: Mark) -> None:
        """Take a mark. Two tests, or two different marks, make the question an error.

        Only what had no reply may be asked again (by a plugin that reruns failed tests).
        """
        first = self.marked_by.setdefault(asking, node_id)
        before = self.marks.get(asking)
        if first != node_id:
            self.error(asking, f"marked by two tests: {first} and {node_id}")
        elif before is None or before.outcome is Outcome.ERROR or before == mark:
            self.marks[asking] = mark
        else:
            self.error(asking, "marked more than once, and differently")

    def error(self, asking: Asking, message: str) -> None:
        """The question has no reply that could be marked."""
        exam, (name, epoch) = self.sitting.exam, asking
        self.marks[asking] = mark_error(
            exam.questions[name], exam.key, message.strip(), epoch=epoch
        )
