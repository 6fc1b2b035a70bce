"""A provider's batches: ordered once, found again, collected whole or in part."""

from __future__ import annotations

import asyncio
import gc
import os
import random
import signal
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from jmle_plugin.errors import GatewayError
from jmle_plugin.gateway import batches, models
from jmle_plugin.gateway.__main__ import judge
from jmle_plugin.gateway.batch_file import ORDERS, Order, Orders
from jmle_plugin.gateway.batches import batched
from jmle_plugin.gateway.failures import Redaction
from jmle_plugin.gateway.journal import Journal
from jmle_plugin.gateway.library import load_litellm
from jmle_plugin.gateway.protocol import (
    Announced,
    Announcement,
    GatewayConfig,
    Refused,
    RunConfig,
)
from jmle_plugin.gateway.provider import Provider
from jmle_plugin.gateway.server import Runs
from jmle_plugin.gateway.status import Failure, Outcome
from tests.integration.gateway.conftest import KEY, MODEL, RUN, Desk, text_request
from tests.integration.processes import until
from tests.scripted.batches import BatchProvider, Line, batch_provider
from tests.scripted.provider import Answer, Call, completion, failure

# What litellm and its libraries warn of is theirs.
pytestmark = pytest.mark.filterwarnings("ignore")

REQUESTS = [text_request(f"A-{n}", temperature=0.0) for n in range(1, 7)]


def script(call: Call) -> Answer:
    return Answer(completion(f"reply to {call.body['messages'][0]['content']}"))


def text(request: Announced) -> str:
    return f"reply to {request.question}"


class Sessions:
    """What sessions get of the requests, one after the other, in one run's folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "run"

    def __call__(
        self,
        served: BatchProvider,
        requests: list[Announced] | None = None,
        *,
        recorded: Sequence[Announced] = (),
        model: str = MODEL,
        **settings: Any,
    ) -> dict[str, str]:
        """Each question's reply, or why there is none; replies that are journalled count."""
        chosen = REQUESTS if requests is None else requests
        return asyncio.run(self._session(served, chosen, recorded, model, settings))

    def killed(self, served: BatchProvider, call: str, **settings: Any) -> None:
        """A session that ends at once, on whatever is on disk, while that call hangs."""
        hung = served.hang(call)

        async def session() -> None:
            task = asyncio.create_task(self._session(served, REQUESTS, (), MODEL, settings))
            assert await asyncio.to_thread(hung.wait, 60)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

        asyncio.run(session())
        served.hung.clear()

    @property
    def orders(self) -> list[Order]:
        return Orders(self.folder).open

    async def _session(
        self,
        served: BatchProvider,
        requests: Sequence[Announced],
        recorded: Sequence[Announced],
        model: str,
        settings: dict[str, Any],
    ) -> dict[str, str]:
        path = self.folder / ".journal"
        config = GatewayConfig(
            **{
                "token": "0123456789abcdef",
                "runs": [RunConfig(run=RUN, model=model, journal=str(path))],
                "api_base": served.base,
                "batch": True,
                "batch_settling": 0.2,
                **settings,
            }
        )
        redact = Redaction({})
        verdict = judge(config)
        if isinstance(verdict, Refused):
            raise GatewayError(verdict.error, remedy=verdict.remedy)
        with Journal(path) as journal:
            runs = Runs(config, {RUN: journal})
            provider = Provider(
                runs.images,
                timeout=20.0,
                api_base=served.base,
                prices=config.prices,
                redaction=redact,
                batch=config.batch,
            )
            if (problem := await provider.problem(model)) is not None:
                raise GatewayError(problem)
            async with asyncio.TaskGroup() as group:
                runs.open(provider.ask, group, batched(config, provider, verdict.models, redact))
                keys = [one.key for one in recorded]
                runs.announce(Announcement(run=RUN, requests=list(requests), recorded=keys))
                runs.begin(RUN)
                found = {one.question: _words(await runs.outcome(RUN, one.key)) for one in requests}
                self.status = runs.status().runs[RUN]
                await runs.end("it is over")
        return found


def _words(outcome: Outcome) -> str:
    if isinstance(outcome, Failure):
        return f"{outcome.kind}: {outcome.message}"
    return str(outcome["choices"][0]["message"]["content"])


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sessions]:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    yield Sessions(tmp_path)
    with warnings.catch_warnings():  # what litellm's clients leave open is no later test's
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


def asked(served: BatchProvider) -> list[str]:
    """Every question that was ordered, once for each order."""
    return [
        line["body"]["messages"][0]["content"] for one in served.batches for line in one.requests
    ]


EVERY = {one.question: text(one) for one in REQUESTS}


def test_a_batch_is_ordered_once_and_collected_later(session: Sessions) -> None:
    with batch_provider(script) as served:
        first = session(served)
        assert {one.partition(" batch_0")[0] for one in first.values()} == {
            "stopped: waiting for batch"
        }
        again = session(served)
        assert {one.partition(" at openai")[2] for one in again.values()} == {
            ": in_progress, 0 of 6 done"
        }
        assert (len(served.batches), served.calls["upload"]) == (1, 1)
        served.finish(served.batches[0])
        assert session(served) == EVERY
        assert not (session.folder / ORDERS).exists()
        assert session(served) == EVERY
        assert sorted(asked(served)) == sorted(EVERY)
        assert served.live == []


def test_the_body_in_a_batch_is_the_one_that_goes_out_live(session: Sessions) -> None:
    with batch_provider(script) as served:
        session(served)
        ordered = [one["body"] for one in served.batches[0].requests]
        (session.folder / ORDERS).unlink()
        assert session(served, batch=False) == EVERY
        order = [one["messages"][0]["content"] for one in ordered]
        assert sorted(served.live, key=lambda one: order.index(one["messages"][0]["content"])) == (
            ordered
        )


@pytest.mark.parametrize(
    ("call", "settings"),
    [
        ("upload", {}),
        ("create", {}),
        ("look", {"batch_wait": True}),
        ("content", {}),
    ],
)
def test_whoever_is_killed_orders_nothing_twice(
    session: Sessions, call: str, settings: dict[str, Any]
) -> None:
    with batch_provider(script) as served:
        if call == "content":
            session(served)
            served.finish(served.batches[0])
        session.killed(served, call, **settings)
        found = session(served)
        assert len(served.batches) == 1
        if call != "content":
            assert all(one.startswith("stopped: waiting for") for one in found.values())
            served.finish(served.batches[0])
            found = session(served)
        assert found == EVERY
        assert sorted(asked(served)) == sorted(EVERY)


@pytest.mark.parametrize("how", ["lost", "garbled"])
def test_an_order_whose_answer_was_lost_is_found_in_the_list(session: Sessions, how: str) -> None:
    with batch_provider(script) as served:
        getattr(served, how).add("create")
        first = session(served)
        assert all("whether it was placed is not known" in one for one in first.values())
        getattr(served, how).clear()
        session(served, [text_request("B-1"), text_request("B-2")])
        assert len(served.batches) == 2
        for one in served.batches:
            served.finish(one)
        assert session(served) == EVERY
        assert asked(served).count("A-1") == 1


def test_a_doubtful_order_is_named_and_repeated_only_when_that_is_asked_for(
    session: Sessions,
) -> None:
    with batch_provider(script) as served:
        served.lost.add("create")
        served.lists = False
        session(served)
        served.lost.clear()
        (order,) = session.orders
        for _ in range(2):
            found = session(served)
            assert all(order.nonce in one and "--batch-again" in one for one in found.values())
            assert len(served.batches) == 1
        session(served, batch_again=True)
        assert len(served.batches) == 2
        served.finish(served.batches[1])
        assert session(served) == EVERY


def test_a_batch_that_its_provider_no_longer_knows_is_named_and_not_ordered_again(
    session: Sessions,
) -> None:
    with batch_provider(script) as served:
        session(served)
        served.batches.clear()
        for waits in (False, True):
            found = session(served, batch_wait=waits)
            assert all("cannot be looked up" in one for one in found.values())
            assert all("--batch-again" in one for one in found.values())
        assert served.batches == []
        session(served, batch_again=True)
        assert len(served.batches) == 1


@pytest.mark.parametrize("status", ["completed", "expired", "cancelled"])
def test_what_a_batch_lacks_is_ordered_again_by_the_next_session(
    session: Sessions, status: str
) -> None:
    with batch_provider(script) as served:
        session(served)
        batch = served.batches[0]
        good = served.answers(batch)
        late = {"code": "batch_expired", "message": "it took too long"}
        results: list[Line] = [
            good[3],
            good[0],
            good[0],
            {**good[1], "custom_id": "somebody-elses"},
            {**good[2], "response": {"status_code": 200, "body": completion("half", finish=None)}},
        ]
        random.Random(5).shuffle(results)  # noqa: S311 - no secret
        broken = {"status_code": 500, "body": {"error": {"message": "it broke"}}}
        errors: list[Line] = [
            {"custom_id": good[4]["custom_id"], "response": broken, "error": None},
            {"custom_id": good[5]["custom_id"], "response": None, "error": late},
        ]
        served.finish(batch, status, results, errors)
        found = session(served)
        assert {name for name, one in found.items() if one == EVERY[name]} == {"A-1", "A-4"}
        for name, words in {
            "A-2": "holds no result",
            "A-3": "does not say why",
            "A-5": "it broke",
            "A-6": "batch_expired: it took too long",
        }.items():
            assert words in found[name]
            assert found[name].startswith("spent")
        assert len(served.batches) == 1

        session(served)
        assert [one["body"]["messages"][0]["content"] for one in served.batches[1].requests] == [
            "A-2", "A-3", "A-5", "A-6",
        ]  # fmt: skip
        served.finish(served.batches[1])
        assert session(served) == EVERY


def test_a_batch_that_failed_says_why_and_is_ordered_again(session: Sessions) -> None:
    with batch_provider(script) as served:
        session(served)
        served.finish(served.batches[0], "failed", [], [])
        found = session(served)
        assert all("ended (failed)" in one for one in found.values())
        session(served)
        assert len(served.batches) == 2


def test_replies_of_questions_that_were_not_selected_stay_for_another_session(
    session: Sessions,
) -> None:
    with batch_provider(script) as served:
        session(served)
        served.finish(served.batches[0])
        assert session(served, REQUESTS[:2]) == dict(list(EVERY.items())[:2])
        assert len(session.orders) == 1
        assert session(served) == EVERY
        assert len(served.batches) == 1


def test_asking_live_leaves_alone_what_waits_in_a_batch(session: Sessions) -> None:
    with batch_provider(script) as served:
        session(served, REQUESTS[:3])
        found = session(served, batch=False)
        assert [name for name, one in found.items() if one == EVERY[name]] == ["A-4", "A-5", "A-6"]
        assert "waiting for batch batch_0 at openai: --batch collects it" in found["A-1"]
        assert len(served.live) == 3
        served.finish(served.batches[0])
        assert session(served) == EVERY


def test_who_waits_gets_the_replies_as_batches_end(session: Sessions) -> None:
    with batch_provider(script) as served:

        def end() -> None:
            until(lambda: served.calls["look"] > 1)
            served.finish(served.batches[0])

        ending = threading.Thread(target=end)
        ending.start()
        assert session(served, batch_wait=True) == EVERY
        ending.join()
        assert len(served.batches) == 1


def test_no_more_is_ordered_than_the_budget_has_room_for(session: Sessions) -> None:
    prices: dict[str, Any] = {
        "prices": {"input": 0.0, "output": 0.001},
        "max_cost": 10.0,
    }  # 3 $ a reply
    with batch_provider(script) as served:
        found = session(served, **prices)
        assert len(asked(served)) == 3
        assert "--max-cost has no room" in found["A-4"]
        served.finish(served.batches[0])
        found = session(served, **prices)
        assert len(asked(served)) == 6
        assert found["A-1"] == EVERY["A-1"]


def test_what_litellm_creates_no_batches_for_is_refused(session: Sessions) -> None:
    with batch_provider(script) as served:
        with pytest.raises(GatewayError, match=r"nothing from anthropic") as caught:
            session(served, model="anthropic/claude-sonnet-4-5")
        assert "azure, hosted_vllm, litellm_proxy, openai" in caught.value.remedy
        with pytest.raises(GatewayError, match=r"another form than OpenAI's chat completions"):
            session(served, model="openai/responses/m")
        assert served.batches == []


def test_an_upload_that_is_refused_ends_the_run_and_orders_nothing(session: Sessions) -> None:
    with batch_provider(script) as served:
        served.lost.add("upload")
        found = session(served)
        assert {one.partition(":")[0] for one in found.values()} == {"stopped", "fatal"}
        assert served.batches == []
        assert not (session.folder / ORDERS).exists()
        served.lost.clear()
        session(served)
        assert len(served.batches) == 1


def test_a_filter_that_turns_a_question_away_in_a_batch_is_its_reply(session: Sessions) -> None:
    with batch_provider(lambda _: failure("no", code="content_filter", status=400)) as served:
        session(served, REQUESTS[:1])
        served.finish(served.batches[0])
        assert session(served, REQUESTS[:1]) == {"A-1": ""}


@pytest.mark.parametrize("provider", ["hosted_vllm", "litellm_proxy"])
def test_another_providers_batches_are_ordered_there(session: Sessions, provider: str) -> None:
    model = f"{provider}/some-model"
    requests = [text_request("A-1", model)]
    with batch_provider(script) as served:
        assert f" at {provider}" in session(served, requests, model=model)["A-1"]
        served.finish(served.batches[0])
        assert session(served, requests, model=model) == {"A-1": "reply to A-1"}
        assert served.batches[0].requests[0]["body"]["model"] == "some-model"


def test_batches_of_azure_are_ordered_and_collected(
    session: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZURE_API_KEY", KEY)
    monkeypatch.setenv("AZURE_API_VERSION", "2026-01-01")
    requests = [text_request("A-1", "azure/some-model")]
    with batch_provider(script) as served:
        assert " at azure" in session(served, requests, model="azure/some-model")["A-1"]
        served.finish(served.batches[0])
        found = session(served, requests, model="azure/some-model")
        assert found == {"A-1": "reply to A-1"}


def test_replies_in_batches_cost_what_the_table_has_for_batches() -> None:
    litellm = load_litellm()
    once, batch = (
        models.model_facts(litellm, "openai/gpt-5.2", batch=batch) for batch in (False, True)
    )
    info = litellm.get_model_info("openai/gpt-5.2")
    assert batch.input_price == info["input_cost_per_token_batches"]
    assert batch.output_price == info["output_cost_per_token_batches"]
    assert once.input_price == info["input_cost_per_token"] > batch.input_price
    unlisted = models.model_facts(litellm, "openai/gpt-3.5-turbo", batch=True)
    assert (unlisted.input_price, unlisted.output_price) == (None, None)

    pricing = models.Pricing(litellm, None, lambda _: None, batch=True)
    made = {"usage": {"prompt_tokens": 1000, "completion_tokens": 10}}
    cost = 1000 * info["input_cost_per_token_batches"] + 10 * info["output_cost_per_token_batches"]
    assert pricing.cost({"model": "openai/gpt-5.2"}, made, None) == pytest.approx(cost)
    elsewhere = models.Pricing(litellm, None, lambda _: "http://here", batch=True)
    assert elsewhere.cost({"model": "openai/gpt-5.2"}, made, None) is None


def test_what_was_recorded_of_an_order_is_no_longer_waited_for(session: Sessions) -> None:
    with batch_provider(script) as served:
        session(served)
        session(served, REQUESTS[5:], recorded=REQUESTS[:5])
        (order,) = session.orders
        assert order.keys == [REQUESTS[5].key]
        assert "batch batch_0 at openai: in_progress" in session.status.batch


def test_more_than_a_service_takes_goes_out_in_several_files(
    session: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "MOST_REQUESTS", 4)
    with batch_provider(script) as served:
        session(served)
        assert [len(one.requests) for one in served.batches] == [4, 2]
        served.finish(served.batches[1])
        found = session(served)
        assert [name for name, one in found.items() if one == EVERY[name]] == ["A-5", "A-6"]
        served.finish(served.batches[0])
        assert session(served) == EVERY
    monkeypatch.setattr(batches, "MOST_BYTES", 300)
    with batch_provider(script) as served:
        session(served, [text_request(f"C-{n}") for n in range(4)])
        sizes = [len(served.files[f"file-{n}"]) for n in range(len(served.batches))]
        assert len(sizes) > 1
        assert max(sizes) <= 300


def test_a_gateway_that_is_killed_outright_leaves_what_it_ordered_on_disk(
    session: Sessions, desk: Desk
) -> None:
    with batch_provider(script) as served:
        hung = served.hang("create")
        with suppress(GatewayError), desk.asking(REQUESTS, served.base, batch=True) as gateway:
            assert hung.wait(120)
            os.kill(gateway.pid, signal.SIGKILL)
        served.hung.clear()
        found = session(served)
        assert len(served.batches) == 1
        assert all(one.startswith("stopped: waiting for batch batch_0") for one in found.values())
