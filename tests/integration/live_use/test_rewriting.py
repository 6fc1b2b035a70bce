"""`--record-mode=rewrite` and `--offline`: what is asked anew, what is kept, who is called."""

from __future__ import annotations

from tests.integration.live_use.conftest import Live, answered
from tests.scripted.provider import failure

BLOCK = [f"000A-{number}" for number in range(1, 7)]
A = ("-k", "000A", "--run=mine")
REWRITE = (*A, "--record-mode=rewrite")
WARM = "--model-arg=temperature=1"


def test_replies_are_set_aside_and_asked_for_anew(live: Live) -> None:
    generation = ["first"]
    live.answer = lambda question, *_: answered(f"{generation[0]}\n{live.right(question)}")

    def replies(folder: str = "") -> dict[str, str]:
        return {
            file.stem: text.partition("content: |-")[2].split()[0]
            for file in (live.folder("mine") / folder).glob("*.yaml")
            if (text := file.read_text(encoding="utf-8").partition("response:")[2])
        }

    live.ask(*A, "-q")
    assert replies() == dict.fromkeys(BLOCK, "first")

    # A part of it: that part alone.
    generation[0] = "second"
    live.forget()
    part = live.ask("-k", "000A-2 or 000A-3", "--run=mine", "--record-mode=rewrite", "-n2")
    assert part.ret == 0
    assert sorted(live.asked) == ["000A-2", "000A-3"]
    part.stdout.fnmatch_lines(
        ["mine sits sample: 2 to ask, 0 from cassettes, 8 at a time*", "*.replaced/1"]
    )
    assert replies(".replaced/1") == dict.fromkeys(["000A-2", "000A-3"], "first")
    second = dict.fromkeys(BLOCK, "first") | dict.fromkeys(["000A-2", "000A-3"], "second")
    assert replies() == second

    # In another way, but not all of it: refused before any call, and nothing is moved.
    live.forget()
    mixed = live.ask("-k", "000A-2", "--run=mine", "--record-mode=rewrite", WARM)
    assert mixed.ret == 4
    mixed.stderr.fnmatch_lines(["*is to be asked in another way than it was recorded, but not*"])
    assert live.asked == []
    assert replies() == second

    # All of it, interrupted after three replies: the same command goes on.
    generation[0] = "third"
    broken = [*BLOCK[:3]]
    live.answer = lambda question, *_: (
        answered(f"third\n{live.right(question)}")
        if question in broken
        else failure("no more", status=401)
    )
    stopped = live.ask(*REWRITE, WARM, "--concurrency=1")
    assert stopped.ret == 1
    assert sorted(replies()) == broken
    assert replies(".replaced/2") == second
    assert (live.folder("mine") / ".replaced" / "2" / "run.json").exists()

    live.answer = lambda question, *_: answered(f"third\n{live.right(question)}")
    live.forget()
    resumed = live.ask(*REWRITE, WARM)
    assert resumed.ret == 0
    assert sorted(live.asked) == BLOCK[3:]
    resumed.stdout.fnmatch_lines(
        ["mine sits sample: 3 to ask, 3 from cassettes, 8 at a time at first, 256 at most"]
    )
    assert replies() == dict.fromkeys(BLOCK, "third")
    hidden = {file.name for file in live.folder("mine").glob(".*")}
    assert hidden == {".replaced"}
    assert len(list((live.folder("mine") / ".replaced").iterdir())) == 2

    # What is recorded now is a run in the new way.
    assert live.project.sit(*A, "--model=some-model").ret == 4
    assert sorted(live.asked) == BLOCK[3:]


def test_offline_never_calls(live: Live) -> None:
    live.ask("-k", "000A-1", "-q")
    live.forget()
    for workers in ("-n0", "-n2"):
        result = live.ask("-k", "000A-1 or 000A-2", "--offline", workers)
        assert result.ret == 1
        result.stdout.fnmatch_lines(
            [
                "*there is no recorded reply to question 000A-2*",
                "*some-model: 1 question has no reply (first: 000A-2)",
            ]
        )
        assert "to ask" not in result.stdout.str()
    rewrite = live.ask("-k", "000A-1", "--offline", "--record-mode=rewrite")
    assert rewrite.ret == 0
    assert live.asked == []
    assert live.recorded() == {"000A-1"}
