"""Figures: what the provider gets to see in each mode, and what the results say of it."""

from __future__ import annotations

import base64
import io
from typing import Any

import pytest
from PIL import Image

from tests.integration.live_use.conftest import Live

FIGURES = ("-m", "image")


def shown(live: Live) -> dict[str, list[bytes]]:
    """Question -> the figures that the provider received with it, last call first."""
    found: dict[str, list[bytes]] = {}
    for question, call in zip(live.asked, live.provider.calls, strict=True):
        content: Any = call.body["messages"][-1]["content"]
        parts = content if isinstance(content, list) else []
        urls = [part["image_url"]["url"] for part in parts if part["type"] == "image_url"]
        found[question] = [base64.b64decode(url.partition(";base64,")[2]) for url in urls]
    return found


def test_figures_are_shown_as_they_lie_on_disk_or_scaled_down(live: Live) -> None:
    asis = live.ask(*FIGURES)
    assert asis.ret == 0
    files = {
        one.id: [image.path.read_bytes() for image in one.images]
        for one in live.exam.questions.values()
        if one.images
    }
    assert shown(live) == files
    sizes = {name: sum(map(len, raws)) for name, raws in files.items()}
    marks = live.marks("some-model.partial")
    for name, size in sizes.items():
        assert marks[name]["images"] == {
            "count": 1, "size": size, "sent_size": size, "changed": 0,
        }  # fmt: skip
    assert "Figures:" not in asis.stdout.str()

    live.forget()
    # No word can be read from so small a picture.
    small = live.ask(*FIGURES, "--image-max-edge=200", "--image-probe=optional", "-n2")
    run = "some-model-max-edge=200"
    marks = live.marks(f"{run}.partial")
    for name, (raw,) in shown(live).items():
        with Image.open(io.BytesIO(raw)) as image:
            assert max(image.size) == 200
        assert marks[name]["images"] == {
            "count": 1, "size": sizes[name], "sent_size": len(raw), "changed": 1,
        }  # fmt: skip
    small.stdout.fnmatch_lines(["Figures: 10 sent, 10 of them scaled or converted (*"])


@pytest.mark.slow
def test_blind_candidates_see_no_figures(live: Live) -> None:
    result = live.ask("--images=blind")
    assert result.ret == 0
    assert len(live.asked) == 40
    assert set(map(tuple, shown(live).values())) == {()}
    assert live.marks("some-model-blind")["000A-1"]["images"] is None
    result.stdout.fnmatch_lines(
        ["*sample · some-model-blind*", "key official · images blind", "*images blind passed"]
    )


def test_questions_with_figures_may_be_left_out(live: Live) -> None:
    result = live.ask("--images=skip", "-q")
    assert result.ret == 0
    assert set(live.asked) == {one.id for one in live.exam.questions.values() if not one.images}
    assert "sample some-model-skip: partial: 30 of 40" in result.stdout.str()
    assert "images skip" in result.stdout.str()
    assert not (live.project.path / "results" / "sample" / "some-model-skip.json").exists()


def test_a_model_known_to_see_nothing_is_told_so_and_labelled(
    live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-planted-0123456789")
    monkeypatch.setenv("OPENAI_BASE_URL", live.provider.base)
    asked = ("--model=gpt-3.5-turbo", "-k", "000A-1 or 000A-2")
    result = live.project.sit(*asked)
    assert result.ret == 0
    assert set(map(tuple, shown(live).values())) == {()}
    result.stdout.fnmatch_lines(
        ["gpt-3.5-turbo sits sample: 2 to ask*", "  gpt-3.5-turbo is known to see no figures*"]
    )
    result.stdout.fnmatch_lines(["  projected cost: unknown*"])
    labels = ["blind: the model is known to see no figures", "key official · images blind"]
    result.stdout.fnmatch_lines(labels)
    again = live.project.sit(*asked, "--offline")
    again.stdout.fnmatch_lines(labels)
    assert len(live.asked) == 2
