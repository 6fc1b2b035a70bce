"""A bench in English with figures, asked live: in its language, audited and replayed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from jmle_plugin.cli import main
from tests.builders import picture_file
from tests.integration.conftest import Project
from tests.scripted.provider import Answer, Call, provider, said

EXAM = """schema = 1
id = "made-up"
title = "Made-up closed questions"
edition = 1
profession = "bench"
language = "en"
licence = "CC0"
published_rule = "VQA-RAD"
default_key = "official"
source.format = "vqa-rad"
source.folder = "made-up"
source.options.5 = ["left", "right"]
sections.yes-no.title = "Yes or no"
sections.alternatives.title = "Alternatives"
blocks = [
  { id = "yes-no", section = "yes-no", questions = 4 },
  { id = "alternatives", section = "alternatives", questions = 1 },
]
[keys.official]
title = "the key"
measures.yes-no = ["accuracy"]
measures.alternatives = ["accuracy"]
"""
RIGHT = {1: "Yes", 2: "yes", 3: "no", 4: "no", 5: "right"}


def write_pack(root: Path) -> None:
    pack, data = root / "data" / "made-up", root / "questions" / "made-up"
    pack.mkdir(parents=True)
    (data / "images").mkdir(parents=True)
    (pack / "exam.toml").write_text(EXAM, encoding="utf-8")
    rows = [
        {
            "qid": qid, "image_name": f"{qid}.png", "image_organ": "CHEST", "answer": answer,
            "answer_type": "CLOSED", "question_type": "PRES", "question": f"Is it so in {qid}?",
        }
        for qid, answer in RIGHT.items()
    ]  # fmt: skip
    (data / "testset.json").write_text(json.dumps(rows), encoding="utf-8")
    for qid in RIGHT:
        picture = Image.new("RGB", (8, 8), (40 * qid, 0, 0))
        (data / "images" / f"{qid}.png").write_bytes(picture_file(picture))


def candidate(call: Call) -> Answer:
    """Knows every answer with the figure before it, and says yes without."""
    qid = next(qid for qid in RIGHT if f"in {qid}?" in call.text)
    seen = "image_url" in call.text
    return said(call, f"I look at it.\nAnswer: {RIGHT[qid] if seen else 'yes'}")


@pytest.mark.long
def test_a_bench_in_english_is_asked_in_english_audited_and_replayed(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_pack(project.path)
    data = f"--exam-data={project.path / 'questions'}"
    with provider(candidate) as server:
        asked = project.run(
            "--exam=made-up", data, "--model=some-model", f"--api-base={server.base}",
            "--images=audit",
        )  # fmt: skip
    assert asked.ret == 0, asked.stdout.str()
    first = server.calls[0].text
    assert len(server.calls) == 2 * len(RIGHT)
    assert "Answer: <option>" in first
    assert "【" not in first
    asked.stdout.fnmatch_lines(["Net effect of the figures: +60.0 percentage points*"])
    made = project.results("some-model", "made-up")
    assert made["sheet"]["measures"]["all"]["measures"]["accuracy"]["value"] == 1
    # The project's own rule is not led astray by our marker.
    assert made["sheet"]["measures"]["all"]["measures"]["accuracy"]["published"] is None
    assert len(made["audit"]["total"]["right_wrong"]) == 3

    replayed = project.run("--exam=made-up", data, "--run=some-model", "--offline", "-n2")
    assert replayed.ret == 0
    again = project.results("some-model", "made-up")
    assert (again["sheet"], again["marks"]) == (made["sheet"], made["marks"])
    monkeypatch.chdir(project.path)
    file = "results/made-up/some-model.json"
    assert main(["report", file, data]) == 0
    assert main(["verify", file, data]) == 0
    assert "agrees with its cassettes" in capsys.readouterr().out
