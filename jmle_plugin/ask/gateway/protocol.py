"""The plain data both sides share: what the parent tells the gateway, and what it answers.

The parent writes one `GatewayConfig` as one line of JSON to the gateway's standard input
and keeps that open: its end means that the parent is gone. The gateway answers with one
line on its standard output, a `Ready` or a `Refused`.
"""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from jmle_plugin.errors import GatewayError
from jmle_plugin.files import canonical_json, digest, read_json

STATUS_PATH = "/status"
BEGIN_PATH = "/begin"
STOP_PATH = "/stop"
IMAGE_PREFIX = "sha256:"
MAX_BODY = 4 * 1024 * 1024
"""Bytes of the largest request; figures travel by digest, so a question is far smaller."""

RESERVED = frozenset(
    """model messages api_key api_base base_url api_version timeout request_timeout stream
    stream_options num_retries max_retries fallbacks context_window_fallback_dict
    custom_llm_provider drop_params additional_drop_params allowed_openai_params modify_params
    mock_response mock_tool_calls mock_timeout client caching cache metadata logger_fn
    litellm_params model_list deployment_id extra_headers headers""".split()  # noqa: SIM905
)
"""Fields no parameter may set: they say where and how to call, not what is asked, or would
let a parameter be dropped or a secret into the recorded request."""

Key = tuple[str, int, str]
"""(question, epoch, digest of the canonical body): what a reply is a reply to."""

Seconds = Annotated[float, Field(gt=0)]


class _Wire(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

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


class ImageFile(_Wire):
    """Where a figure lies, and its media type (`image/png`)."""

    path: str
    media_type: str


class Announced(_Wire):
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


class GatewayConfig(_Wire):
    """Everything a gateway needs but the provider's keys, which it inherits by environment.

    `request_timeout` and `backoff` (the first wait before a retry) are in seconds, `rpm`
    and `tpm` are requests and tokens per minute. A gateway on `hold` asks nothing before
    it is told to begin. `parent` is the process to die with, 0 for none.
    """

    token: Annotated[str, Field(min_length=16, repr=False)]
    journal: str
    requests: list[Announced] = Field(repr=False)
    images: dict[str, ImageFile] = Field(default={}, repr=False)
    concurrency: Annotated[int, Field(ge=1)] = 8
    request_timeout: Seconds = 600.0
    max_retries: Annotated[int, Field(ge=0)] = 6
    backoff: Seconds = 1.0
    rpm: Seconds | None = None
    tpm: Seconds | None = None
    api_base: str | None = None
    hold: bool = False
    parent: int = 0

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        keys = [request.key for request in self.requests]
        if len(set(keys)) != len(keys):
            raise ValueError("a request is announced twice")
        wanted = {one for request in self.requests for one in image_digests(request.body)}
        if unknown := wanted - set(self.images):
            raise ValueError(f"there is no file for image {min(unknown)}")
        return self

    @property
    def models(self) -> list[str]:
        """The models asked, each once."""
        return sorted({str(request.body["model"]) for request in self.requests})


class Prices(_Wire):
    """US dollars per token, as the user gives them."""

    input: Annotated[float, Field(ge=0)]
    output: Annotated[float, Field(ge=0)]


class ModelFacts(_Wire):
    """What litellm knows of a model; None where it does not know.

    Prices are US dollars per token. They are None too behind an `api_base` of the user's:
    a known name there says nothing about the price.
    """

    provider: str
    vision: bool | None = None
    input_price: float | None = None
    output_price: float | None = None


class Ready(_Wire):
    """The gateway listens on this port of 127.0.0.1."""

    port: Annotated[int, Field(ge=1, le=65535)]
    models: dict[str, ModelFacts] = {}


class Refused(_Wire):
    """The gateway did not start. `missing_credentials` are environment variables' names."""

    error: str
    missing_credentials: list[str] = []


class Tokens(_Wire):
    """Token counts, summed over the replies that gave them."""

    prompt: int = 0
    completion: int = 0
    reasoning: int = 0
    cached: int = 0


class GatewayStatus(_Wire):
    """Counts of requests, except `retries` (calls made again) and `limit` (calls at a time).

    `waiting` were not begun; `unfinished` were, and are `in_flight`, `resting` before they
    are asked again, or being written. `done` includes those answered `from_journal`.
    `tokens` are those of this process's own calls. `fatal` is the provider's message.
    """

    waiting: int
    unfinished: int
    in_flight: int
    resting: int
    done: int
    failed: int
    from_journal: int
    retries: int
    limit: int
    tokens: Tokens
    stopped: bool = False
    fatal: str | None = None


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
