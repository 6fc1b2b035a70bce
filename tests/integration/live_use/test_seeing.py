"""Before figures are shown to a model that nobody knows to see, it has to read a drawn word."""

from __future__ import annotations

import json
from typing import Any

import pytest

from jmle_plugin.session.probing import word_of
from tests.integration.live_use.conftest import RUN, Live
from tests.scripted.provider import Answer, Call, picture_in, said, word_in

FEW = ("-k", "000A-1 or 000A-4 or 000A-8")


def blind(call: Call) -> Answer:
    """A text model behind a server that leaves pictures out and says nothing."""
    return said(call, "NONE", 40)


def miscounting(call: Call) -> Answer:
    """Reads the word, but counts nothing for the picture."""
    picture = picture_in(call)
    return said(call, "NONE" if picture is None else word_in(picture), 40)


def run_json(live: Live) -> dict[str, Any]:
    return dict(json.loads((live.folder() / "run.json").read_bytes()))


@pytest.mark.parametrize("mode", [(), pytest.param(("-n2",), marks=pytest.mark.slow)])
def test_a_model_that_sees_is_asked_once_whether_it_does(live: Live, mode: tuple[str, ...]) -> None:
    result = live.ask(*FEW, *mode)
    assert len(live.provider.shown) == 2
    assert [picture_in(call) is not None for call in live.provider.shown].count(True) == 1
    sight = run_json(live)["sight"]
    assert (sight["read"], sight["prompt_tokens"], sight["blind_tokens"]) == (True, 110, 90)
    assert sight["word"] == word_of(sight["seed"])
    assert "a drawn word was read" in " ".join(result.stdout.str().split())
    assert "warning" not in result.stdout.str()
    told = live.project.results(f"{RUN}.partial")["provenance"]["sight"]
    assert told == {"cost": None, **sight}

    live.ask(*mode)
    live.ask("--epochs=2", *FEW, *mode)
    assert len(live.provider.shown) == 2
    assert run_json(live)["sight"] == sight
    assert not list(live.folder().glob(".probe*"))


@pytest.mark.parametrize("mode", [pytest.param((), marks=pytest.mark.slow), ("-n2",)])
def test_a_server_that_drops_figures_in_silence_is_asked_no_question(
    live: Live, mode: tuple[str, ...]
) -> None:
    live.provider.eyes = blind
    refused = live.ask(*mode)
    told = " ".join(refused.stdout.str().split() + refused.stderr.str().split())
    assert refused.ret == pytest.ExitCode.USAGE_ERROR
    assert "--images=blind" in told
    assert "--image-probe=optional" in told
    assert "as many prompt tokens" in told
    assert live.asked == []
    assert live.traces() == set()

    live.ask(*FEW, "--images=blind", *mode)
    assert len(live.provider.shown) == 2


def test_who_insists_shows_figures_and_the_sheet_says_so(live: Live) -> None:
    live.provider.eyes = blind
    result = live.ask(*FEW, "--image-probe=optional")
    told = " ".join(result.stdout.str().split())
    assert "a drawn word was not read, and figures were shown all the same" in told
    assert run_json(live)["sight"]["read"] is False
    live.ask("--image-probe=optional")
    assert len(live.provider.shown) == 2


def test_tokens_that_do_not_count_the_picture_are_warned_of(live: Live) -> None:
    live.provider.eyes = miscounting
    result = live.ask(*FEW)
    told = " ".join(result.stdout.str().split())
    assert "warning: the server of some-model counts as many prompt tokens with a picture" in told
    assert "was read, and with as many prompt tokens as without it" in told


def test_where_no_figure_is_shown_nobody_is_asked_whether_it_would_be_seen(live: Live) -> None:
    live.ask("-m", "not image")
    live.ask("--images=blind", "--run=blind", *FEW)
    live.ask("--images=skip", "--run=skip", *FEW)
    assert live.provider.shown == []
    live.ask("--images=audit", *FEW)
    assert len(live.provider.shown) == 2


def test_what_the_probe_costs_counts(live: Live) -> None:
    prices = ("--price-in=1000", "--price-out=1000")
    live.ask(*FEW, *prices)
    cost = run_json(live)["sight"]["cost"]
    assert cost == pytest.approx((110 + 90 + 2 * 20) / 1000)
    live.forget()
    live.ask("--run=other", *prices, f"--max-cost={cost / 2}", "--max-retries=0")
    assert len(live.asked) <= 1


def test_a_picture_that_is_refused_is_no_question_asked(live: Live) -> None:
    def refusing(call: Call) -> Answer:
        if picture_in(call) is None:
            return said(call, "NONE")
        return Answer({"error": {"message": "At most 0 image(s) may be provided"}}, status=400)

    live.provider.eyes = refusing
    refused = live.ask()
    assert refused.ret == pytest.ExitCode.USAGE_ERROR
    told = " ".join(refused.stdout.str().split() + refused.stderr.str().split())
    assert "At most 0 image(s)" in told
    assert "--images=blind" in told
    assert live.asked == []
