"""Damaged, edited, stale, foreign and missing cassettes: errors, never answers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from jmle_plugin.ask.cassette import read_cassette, write_cassette
from jmle_plugin.ask.prompt import DEFAULT_PROMPT
from tests.integration.conftest import Project

RUN = "--run=scripted-resident"
QUESTION = "000B-6"


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def cut(share: float) -> Callable[[Path], None]:
    def damage(file: Path) -> None:
        raw = file.read_bytes()
        file.write_bytes(raw[: int(len(raw) * share)])

    return damage


def folder_instead(file: Path) -> None:
    file.unlink()
    file.mkdir()


DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "empty": (lambda file: file.write_bytes(b""), "is empty"),
    "cut early": (cut(0.1), "is cut off"),
    "cut in the middle": (cut(0.5), "is cut off"),
    "cut near the end": (cut(0.99), "is cut off"),
    "edited": (lambda file: edit(file, "finish_reason: stop", "finish_reason: length"), "changed"),
    "not UTF-8": (
        lambda file: file.write_bytes(file.read_bytes().replace(b"scripted", b"scr\xffpted", 1)),
        "not UTF-8",
    ),
    "not YAML": (lambda file: file.write_text("{]\n...\n"), "not what is written here"),
    "a folder": (folder_instead, "cannot be read"),
}


@pytest.mark.parametrize(
    ("damage", "workers"),
    [
        *((damage, "0") for damage in DAMAGES),
        ("edited", "2"),
        # A worker tells of each as it tells of that one.
        *(pytest.param(one, "2", marks=pytest.mark.slow) for one in DAMAGES if one != "edited"),
    ],
)
def test_a_damaged_cassette_is_an_error_that_names_it(
    project: Project, damage: str, workers: str
) -> None:
    harm, message = DAMAGES[damage]
    file = project.cassette(QUESTION)
    harm(file)
    before = file.read_bytes() if file.is_file() else None
    result = project.sit(RUN, "-n", workers)
    text = result.stdout.str()
    assert result.ret == 1
    assert str(file) in text
    assert message in text
    assert "Traceback" not in text
    sheet = project.results("scripted-resident")["sheet"]
    assert (sheet["verdict"], sheet["errors"]) == ("incomplete", [QUESTION])
    assert before is None or file.read_bytes() == before


@pytest.mark.parametrize("offline", [(), ("--offline",), ("--record-mode=once",)])
def test_a_missing_cassette_is_an_error_while_nobody_can_be_asked(
    project: Project, offline: tuple[str, ...]
) -> None:
    project.cassette(QUESTION).unlink()
    result = project.sit(RUN, *offline)
    assert result.ret == 1
    assert f"there is no recorded reply to question {QUESTION}" in result.stdout.str()
    assert project.results("scripted-resident")["sheet"]["errors"] == [QUESTION]


def test_a_reply_to_another_question_never_answers(project: Project) -> None:
    project.cassette(QUESTION).write_bytes(project.cassette("000B-5").read_bytes())
    result = project.sit(RUN)
    assert "it holds question 000B-5" in result.stdout.str()
    assert project.results("scripted-resident")["sheet"]["errors"] == [QUESTION]


def test_a_cassette_without_its_question_is_found_before_anything_runs(project: Project) -> None:
    project.cassette("000Z-9").write_bytes(project.cassette(QUESTION).read_bytes())
    result = project.sit(RUN)
    assert result.ret == 4
    assert "000Z-9.yaml" in result.stderr.str()
    assert "belongs to no question of sample" in result.stderr.str()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda body: body.update(temperature=1), "parameter temperature was 1, now not set"),
        (lambda body: body.update(model="scripted/intern"), "model was scripted/intern"),
        (
            lambda body: body["messages"][0].update(content="別の指示"),
            "the prompt changed",
        ),
    ],
)
def test_a_stale_cassette_says_what_differs(
    project: Project, change: Callable[[dict[str, object]], None], message: str
) -> None:
    file = project.cassette(QUESTION)
    old = read_cassette(file)
    change(old.request)
    write_cassette(file, old)
    result = project.sit(RUN)
    text = " ".join(result.stdout.str().split())
    assert message in text
    assert str(file) in text
    assert project.results("scripted-resident")["sheet"]["errors"] == [QUESTION]


def test_a_changed_image_makes_the_cassette_stale(project: Project) -> None:
    for file in (project.path / "cassettes/sample/scripted-resident").glob("*.yaml"):
        old = read_cassette(file)
        content = old.request["messages"][-1]["content"]
        if isinstance(content, list):
            content[1]["image_url"]["url"] = "sha256:" + "0" * 64
            write_cassette(file, old)
            break
    result = project.sit(RUN)
    assert "the images changed (000000000000, now" in " ".join(result.stdout.str().split())
    assert result.ret == 1


def test_another_prompt_makes_the_whole_run_stale(project: Project) -> None:
    prompt = project.path / "mine.toml"
    prompt.write_text(DEFAULT_PROMPT.read_text("utf-8").replace("ja-3", "mine"), "utf-8")
    result = project.sit(RUN, f"--prompt={prompt}")
    assert result.ret == 4
    assert "was recorded with prompt 'ja-1'" in result.stderr.str()


def test_a_results_file_of_a_later_version_is_not_overwritten(project: Project) -> None:
    file = project.path / "results" / "sample" / "scripted-resident.json"
    file.parent.mkdir(parents=True)
    file.write_text('{"schema": 99}')
    result = project.sit(RUN)
    assert result.ret == 1
    assert "schema version 99" in result.stdout.str()
    assert file.read_text() == '{"schema": 99}'
