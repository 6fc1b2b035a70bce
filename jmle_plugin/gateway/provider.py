"""One request in, one completion or failure out: asking through litellm."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from jmle_plugin.files import canonical_json
from jmle_plugin.gateway.completion import (
    broken_off,
    ended,
    plain_completion,
    read_ending,
    refusal_completion,
    unexplained,
)
from jmle_plugin.gateway.failures import ProviderError, Redaction, RefusedByFilterError, classify
from jmle_plugin.gateway.figures import Figure, Figures, parts, with_figures
from jmle_plugin.gateway.library import CURRENT, load_litellm
from jmle_plugin.gateway.models import Pricing, missing_keys, route, runs_locally
from jmle_plugin.gateway.protocol import (
    DEFAULT_MAX_EDGE,
    ImageFile,
    Prices,
    image_digests,
)
from jmle_plugin.gateway.sending import (
    Call,
    Turns,
    left_out_one_by_one,
    says_the_same,
    stands_in,
)

_UNSENT = "This question is never sent."
_PLACEHOLDER = "no-key-needed"
_NO_ENTRY = {401, 403}
_MILLISECONDS = 3
"""Digits of the seconds that a reply took."""
CHAT_ENDING = "/chat/completions"
"""How the address of a request in OpenAI's form ends, at every provider."""


@dataclass(frozen=True, slots=True)
class Written:
    """A request as it would go out, with the data addresses of the figures in it, each once."""

    body: dict[str, Any]
    figures: tuple[str, ...]


class Provider:
    """Asks models through litellm, each request exactly once."""

    def __init__(  # noqa: PLR0913 - how calls are made
        self,
        images: Mapping[str, ImageFile],
        *,
        timeout: float,
        api_base: str | None,
        bases: Mapping[str, str] | None = None,
        max_edge: int = DEFAULT_MAX_EDGE,
        prices: Prices | None = None,
        redaction: Redaction | None = None,
        end_optional: bool = False,
        batch: bool = False,
    ) -> None:
        """`timeout` is in seconds, for a whole call.

        `images` are files by sha256, looked up when they are sent: they may grow. Figures
        with a side longer than `max_edge` pixels are scaled down. `prices` are the user's
        own; without them litellm's table tells, but not behind an `api_base`, of which models
        in `bases` have one of their own. `redaction`
        takes secrets out of whatever a provider says, replies included. With `end_optional`
        a reply is taken for whole also where nothing says why it ended. With `batch` replies
        cost what those of batches do.
        """
        self._figures = Figures(images, max_edge=max_edge)
        self._timeout = timeout
        self._api_base, self._bases = api_base, bases or {}
        self._redact = redaction or Redaction({})
        self._end_optional, self._batch = end_optional, batch
        self._explained: set[str] = set()
        """Models whose server has said why a reply ended."""
        self._litellm = load_litellm()
        self._pricing = Pricing(self._litellm, prices, self._base, batch=batch)
        self._routes: dict[str, dict[str, Any]] = {}
        self._prepared: set[bytes] = set()
        self._preparing = asyncio.Lock()
        self._turns = Turns()

    async def ask(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """The completion to an OpenAI chat body with figures by digest, as plain JSON.

        Raises ProviderError, whose message repeats no secret.
        """
        return await self._judged(body, None)

    async def read(self, body: Mapping[str, Any], status: int, answer: bytes) -> dict[str, Any]:
        """The completion that `ask` would give, had it been answered with this; nothing is sent.

        Raises ProviderError as `ask` does.
        """
        return await self._judged(body, (status, answer))

    async def write(self, body: Mapping[str, Any]) -> Written:
        """The chat request that `ask` would send; nothing is sent.

        Raises ProviderError where none can be, or one that is no chat completion.
        """
        call, parameters, messages, figures = await self._call_for(body)
        call.rehearsed = True
        try:
            await self._call(call, parameters, messages)
        except (ProviderError, RefusedByFilterError) as error:
            if call.made is None:
                raise ProviderError(self._redact(error.message), fatal=True) from error
        if call.made is None or not call.path.endswith(CHAT_ENDING):
            raise ProviderError(
                f"litellm asks {call.model} in another form than OpenAI's chat completions "
                f"({call.path or 'which cannot be seen'}), which batches of them cannot hold",
                fatal=True,
            )
        return Written(call.made, tuple(one.url for one in figures.values()))

    async def problem(self, model: str) -> str | None:
        """Why no call to `model` can be made at all, found out without one; None where one can."""
        try:
            await self._prepare(model, {}, ["user"])
            if self._batch:
                message = {"role": "user", "content": _UNSENT}
                await self.write({"model": model, "messages": [message]})
        except ProviderError as error:
            return self._redact(error.message) if error.fatal else None
        return None

    async def _call_for(
        self, body: Mapping[str, Any]
    ) -> tuple[Call, dict[str, Any], list[dict[str, Any]], dict[str, Figure]]:
        """The call that asks this, its parameters and messages, and the figures by digest."""
        model = str(body["model"])
        parameters = {k: v for k, v in body.items() if k not in ("model", "messages")}
        await self._prepare(model, parameters, [one["role"] for one in body["messages"]])
        shown = dict.fromkeys(image_digests(dict(body)))
        figures = {digest: await self._figures.get(digest) for digest in shown}
        messages = with_figures(body["messages"], figures)
        return Call(model, tuple(parts(messages))), parameters, messages, figures

    async def _judged(
        self, body: Mapping[str, Any], given: tuple[int, bytes] | None
    ) -> dict[str, Any]:
        try:
            return await self._ask(body, given)
        except ProviderError as error:
            raise replace(error, message=self._redact(error.message)) from error

    async def _ask(
        self, body: Mapping[str, Any], given: tuple[int, bytes] | None
    ) -> dict[str, Any]:
        call, parameters, messages, figures = await self._call_for(body)
        call.given = given
        try:
            response = await self._call(call, parameters, messages)
            made = self._whole(call, response)
        except RefusedByFilterError as refused:
            made = refusal_completion(refused.message, call.sent or {})
        except ProviderError as error:
            raise replace(error, message=error.message + call.place) from error
        else:
            if (cost := self._pricing.cost(body, made, response)) is not None:
                made["cost"] = cost
        if call.seconds is not None:
            made["seconds"] = round(call.seconds, _MILLISECONDS)
        made = dict(self._redact.throughout(made))
        if shown := image_digests(dict(body)):
            made["sent_images"] = [figures[digest].sent for digest in shown]
        return made

    async def _call(self, call: Call, parameters: Mapping[str, Any], messages: Any) -> Any:
        """What litellm answers; raises ProviderError or RefusedByFilterError."""
        CURRENT.set(call)
        try:
            # The client's own timeout is for each read: a trickle would outlast it.
            async with self._turns.take(call), asyncio.timeout(self._timeout):
                response = await self._litellm.acompletion(
                    model=call.model,
                    **parameters,
                    **self.route(call.model),
                    messages=messages,
                    timeout=self._timeout + 5.0,
                    max_retries=0,
                    num_retries=0,
                )
        except TimeoutError as error:
            raise ProviderError(f"no complete reply within {self._timeout:g} seconds") from error
        except Exception as error:
            if (objection := call.objection({})) is not None:
                raise objection from error
            meant = classify(error, left=call.left, answered=call.status, redact=self._redact)
            if isinstance(meant, ProviderError):
                own = self._base(call.model) is not None
                if not own and (not call.left or call.status in _NO_ENTRY):
                    meant = replace(
                        meant, message=meant.message + missing_keys(self._litellm, call.model)
                    )
                # litellm may fail over what such an answer lacks.
                broken = None if meant.fatal else broken_off(read_ending(call.body))
                meant = broken or replace(meant, wasted=call.wasted)
            raise meant from error
        finally:
            self._redact.used(call.credentials)
        if (objection := call.objection(parameters)) is not None:
            raise objection
        return response

    def _whole(self, call: Call, response: Any) -> dict[str, Any]:
        """The completion in litellm's `response`; ProviderError unless its end makes it a reply."""
        try:
            made = plain_completion(response.model_dump(warnings=False), call.sent or {})
        except ProviderError as error:
            raise replace(error, wasted=call.wasted) from error
        ending = read_ending(call.body)
        if (broken := broken_off(ending)) is not None:
            raise broken
        if ending is None:
            return made  # no protocol that is known here: litellm's word has to do
        if ending.word:
            self._explained.add(call.model)
        elif not self._end_optional:
            own = self._base(call.model) is not None or runs_locally(call.model)
            raise unexplained(own=own and call.model not in self._explained)
        return ended(made, ending)

    async def _prepare(self, model: str, parameters: dict[str, Any], roles: list[str]) -> None:
        """ProviderError where no call can be made, or one that leaves out a parameter."""
        key = canonical_json([model, parameters, roles])
        if key in self._prepared:
            return
        async with self._preparing:
            if key in self._prepared:
                return
            whole = await self._rehearse(model, parameters, roles)
            lost = [] if whole is None else await self._lost(model, parameters, roles, whole)
            if lost:
                raise ProviderError(
                    f"{', '.join(lost)} would not be sent: litellm has no place for it in a "
                    f"request to {model}. Leave it out of --model-arg, or say it in the "
                    "provider's own words.",
                    fatal=True,
                )
            self._prepared.add(key)

    async def _lost(
        self, model: str, parameters: dict[str, Any], roles: list[str], whole: dict[str, Any]
    ) -> list[str]:
        """Parameters that stand nowhere in the request, and without which it is the same."""
        lost = []
        for name, value, others in left_out_one_by_one(parameters):
            if stands_in(whole, name, value):
                continue
            try:
                without = await self._rehearse(model, others, roles)
            except ProviderError:
                continue  # there is no call without it: it counts
            if without is not None and says_the_same(without, whole):
                lost.append(name)
        return lost

    async def _rehearse(
        self, model: str, parameters: dict[str, Any], roles: list[str]
    ) -> dict[str, Any] | None:
        """What a call would send beside its question, which is not sent; None if that is hidden."""
        call = Call(model, (_UNSENT,), rehearsed=True)
        try:
            await self._call(call, parameters, [{"role": one, "content": _UNSENT} for one in roles])
        except RefusedByFilterError:
            return None
        except ProviderError:
            if call.sent is not None:
                return call.sent
            if call.left or self._base(model) is None or "api_key" in self.route(model):
                raise
            # A server of one's own may need no key, but its client makes no call without one.
            self.route(model)["api_key"] = _PLACEHOLDER
            return await self._rehearse(model, parameters, roles)
        return call.sent

    def _base(self, model: str) -> str | None:
        return self._bases.get(model, self._api_base)

    def route(self, model: str) -> dict[str, Any]:
        """How litellm reaches `model`."""
        if model not in self._routes:
            self._routes[model] = route(self._litellm, model, self._base(model))
        return self._routes[model]
