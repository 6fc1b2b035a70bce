"""The plain data both sides share: what the parent tells the gateway, and what it answers.

The parent writes one `GatewayConfig` as one line of JSON to the gateway's standard input
and keeps that open: its end means that the parent is gone, a further line (`LEAVE`) that
the parent wants nothing more. The gateway answers with two lines on its standard output:
`Listening` at once, `Ready` when it can ask. A `Refused`, in the place of either, is the last.
"""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import (
    Field,
    SerializerFunctionWrapHandler,
    ValidationError,
    model_serializer,
    model_validator,
)

from jmle_plugin.errors import GatewayError
from jmle_plugin.files import canonical_json, digest, read_json
from jmle_plugin.gateway.concurrency import MOST, START, Concurrency
from jmle_plugin.strict import Strict

Positive = Annotated[float, Field(gt=0)]
Price = Annotated[float, Field(ge=0)]


class Wire(Strict):
    """A value that one side tells the other."""

    def line(self) -> bytes:
        """The value as one line of ASCII JSON, its end included."""
        return canonical_json(self.model_dump()) + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> Self:
        """Read what `line` wrote; GatewayError for anything else."""
        try:
            return cls.model_validate(read_json(line))
        except ValidationError as error:
            first = error.errors(include_input=False)[0]
            place = ".".join(str(part) for part in first["loc"]) or cls.__name__
            raise GatewayError(f"{place}: {first['msg']}") from None  # inputs may be secret
        except ValueError as error:
            raise GatewayError(f"this is no {cls.__name__}: {error}") from None


HOST = "127.0.0.1"
"""Where the gateway listens: no other machine can ask it."""
MESSAGE_LIMIT = 500
"""Characters of a provider's or a gateway's message that are passed on."""
DEFAULT_MAX_EDGE = 2048
"""Pixels of a figure's longest side; about what providers scale down to anyway."""

CHAT_PATH = "/v1/chat/completions"
RUN_HEADER = "x-jmle-run"
QUESTION_HEADER = "x-jmle-question"
EPOCH_HEADER = "x-jmle-epoch"
DIGEST_HEADER = "x-jmle-question-sha256"
LEAVE = b"leave\n"
"""What the parent writes to the gateway's standard input to have it end at once."""
GRACE = 30.0
"""Seconds that calls in flight are waited for when nothing more is asked: they may be billed."""
ANNOUNCE_PATH = "/announce"
STATUS_PATH = "/status"
STOP_PATH = "/stop"
IMAGE_PREFIX = "sha256:"
MAX_BODY = 4 * 1024 * 1024
"""Bytes of the largest request; figures travel by digest, so a question is far smaller."""
MAX_ANNOUNCEMENT = 256 * 1024 * 1024
"""Bytes of the largest announcement, which holds every request of a run."""

RESERVED = frozenset(
    """model messages api_key api_base base_url api_version timeout request_timeout stream
    stream_options num_retries max_retries fallbacks context_window_fallback_dict
    custom_llm_provider drop_params additional_drop_params allowed_openai_params modify_params
    mock_response mock_tool_calls mock_timeout client caching cache metadata logger_fn
    n best_of input_cost_per_token output_cost_per_token input_cost_per_second
    output_cost_per_second litellm_params model_list deployment_id extra_headers headers""".split()  # noqa: SIM905
)
"""Fields no parameter may set: they say where and how to call, not what is asked, or would
let a parameter be dropped or a secret into the recorded request."""

Key = tuple[str, int, str]
"""(question, epoch, digest of the canonical body): what a reply is a reply to, in one run."""


class ImageFile(Wire):
    """Where a figure lies, and its media type (`image/png`)."""

    path: str
    media_type: str


class Announced(Wire):
    """One request that may be made: `digest` is the sha256 of `body` in canonical form."""

    question: str
    epoch: Annotated[int, Field(ge=1)] = 1
    digest: str
    body: dict[str, Any]

    @property
    def key(self) -> Key:
        """What its reply is known by."""
        return (self.question, self.epoch, self.digest)

    @model_validator(mode="after")
    def _can_be_asked(self) -> Self:
        if digest(self.body) != self.digest:
            raise ValueError(f"the digest of question {self.question} is not that of its body")
        if missing := {"model", "messages"} - set(self.body):
            raise ValueError(f"question {self.question} has no {', '.join(sorted(missing))}")
        if reserved := (RESERVED - {"model", "messages"}) & set(self.body):
            raise ValueError(f"no parameter can be named {', '.join(sorted(reserved))}")
        return self


class Announcement(Wire):
    """Every request one run may make, in the order they shall be asked, and their figures.

    On the way a body stands once, however many epochs ask it: `requests` are question, epoch
    and digest, `bodies` are the bodies by digest.
    """

    run: str
    requests: list[Announced] = Field(repr=False)
    images: dict[str, ImageFile] = Field(default={}, repr=False)
    recorded: list[tuple[str, int, str]] = Field(default=[], repr=False)
    """Keys of the run's requests that have a reply already."""
    at_once: bool = False
    """Whether they are asked as soon as they are known, and other runs' wait for a test."""

    @model_validator(mode="before")
    @classmethod
    def _with_their_bodies(cls, data: Any) -> Any:
        if not (isinstance(data, dict) and "bodies" in data):
            return data
        fields = dict(data)
        bodies = fields.pop("bodies")
        try:
            fields["requests"] = [
                {"question": question, "epoch": epoch, "digest": of, "body": bodies[of]}
                for question, epoch, of in fields["requests"]
            ]
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"its requests have no bodies ({error})") from None
        return fields

    @model_serializer(mode="wrap")
    def _bodies_apart(self, written: SerializerFunctionWrapHandler) -> dict[str, Any]:
        rest: dict[str, Any] = written(self.model_copy(update={"requests": []}))
        return rest | {
            "requests": [request.key for request in self.requests],
            "bodies": {request.digest: request.body for request in self.requests},
        }

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        keys = [request.key for request in self.requests]
        if len(set(keys)) != len(keys):
            raise ValueError("a request is announced twice")
        wanted = {one for request in self.requests for one in image_digests(request.body)}
        if unknown := wanted - set(self.images):
            raise ValueError(f"there is no file for image {min(unknown)}")
        return self


class RunConfig(Wire):
    """One run of the session: its name, its model, and the file its replies are kept in."""

    run: str
    model: str
    journal: str


class Prices(Wire):
    """US dollars per token."""

    input: Price
    output: Price


class GatewayConfig(Wire):
    """Everything a gateway needs to start but the providers' keys, inherited by environment.

    `concurrency` (calls at a time; None to find the number, `max_concurrency` at most), `rpm`
    and `tpm` (requests and tokens per minute) are for each model. `request_timeout` and
    `backoff` (the first wait before a retry) are in seconds, `image_max_edge` is in pixels.
    `max_cost` is in US dollars, for everything this process asks; `bases` are addresses of
    models that are not asked at `api_base`; `prices` stand for those that litellm knows.
    `parent` is the process to end with, 0 for none: once it is gone, calls in flight get
    `grace` seconds to arrive. With `finish_optional` replies count of which nothing says why
    they ended.

    With `batch` requests go out in batches, but for those that are asked at once; `batch_wait`
    stays until all have ended, and `batch_again` orders once more what may have been ordered.
    `batch_settling` are the seconds after which a batch that was created is listed.
    """

    token: Annotated[str, Field(min_length=16, repr=False)]
    runs: Annotated[list[RunConfig], Field(min_length=1)]
    concurrency: Annotated[int, Field(ge=1)] | None = None
    max_concurrency: Annotated[int, Field(ge=1)] = MOST
    request_timeout: Positive = 600.0
    max_retries: Annotated[int, Field(ge=0)] = 6
    backoff: Positive = 1.0
    rpm: Positive | None = None
    tpm: Positive | None = None
    api_base: str | None = None
    bases: dict[str, str] = Field(default={})
    image_max_edge: Annotated[int, Field(ge=1)] = DEFAULT_MAX_EDGE
    prices: Prices | None = None
    max_cost: Positive | None = None
    finish_optional: bool = False
    batch: bool = False
    batch_wait: bool = False
    batch_again: bool = False
    batch_settling: Positive = 60.0
    grace: Annotated[float, Field(ge=0)] = GRACE
    parent: int = 0

    @model_validator(mode="after")
    def _keeps_runs_apart(self) -> Self:
        for what in ("run", "journal"):
            if len({getattr(run, what) for run in self.runs}) != len(self.runs):
                raise ValueError(f"two runs have the same {what}")
        return self

    def find_concurrency(self) -> Concurrency:
        """How many calls of a model at a time, in its first state."""
        if self.concurrency is not None:
            return Concurrency(self.concurrency, self.concurrency)
        return Concurrency(START, self.max_concurrency)

    def base(self, model: str) -> str | None:
        """Where a model is asked, if not at its provider."""
        return self.bases.get(model, self.api_base)

    @property
    def models(self) -> list[str]:
        """The models asked, each once."""
        return sorted({run.model for run in self.runs})


class ModelFacts(Wire):
    """What litellm knows of a model; None where it does not know.

    Prices are US dollars per token, the user's own where they were given. Otherwise they
    are None too behind an `api_base`: a known name there says nothing about the price.
    """

    provider: str
    vision: bool | None = None
    input_price: float | None = None
    output_price: float | None = None


class Listening(Wire):
    """The gateway listens on this port of 127.0.0.1, and cannot ask yet."""

    port: Annotated[int, Field(ge=1, le=65535)]


class Ready(Wire):
    """The gateway can ask these models; requests can be announced."""

    models: dict[str, ModelFacts]
    warning: str = ""


class Refused(Wire):
    """The gateway did not start, and why."""

    error: str
    remedy: str = ""


def image_digests(body: dict[str, Any]) -> list[str]:
    """Digests of the figures a request shows, in order, without their prefix."""
    return [
        url.removeprefix(IMAGE_PREFIX)
        for message in body.get("messages", [])
        if isinstance(message, dict) and isinstance(message.get("content"), list)
        for part in message["content"]
        if part.get("type") == "image_url"
        and isinstance(url := part["image_url"]["url"], str)
        and url.startswith(IMAGE_PREFIX)
    ]
