"""What crosses the process boundary."""

from __future__ import annotations

from typing import Any

import pytest

from jmle_plugin.ask.gateway.protocol import Announced, GatewayConfig, ImageFile, Ready
from jmle_plugin.errors import GatewayError
from jmle_plugin.files import digest

TOKEN = "made-up-token-0123456789"  # noqa: S105
BODY: dict[str, Any] = {
    "model": "m",
    "messages": [{"role": "user", "content": "孤立\ud800 NUL\x00"}],
}
SHOWN: dict[str, Any] = {
    "model": "m",
    "messages": [
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "q"},
                {"type": "image_url", "image_url": {"url": "sha256:abc"}},
            ],
        }
    ],
}


def announced(body: dict[str, Any], question: str = "A-1") -> Announced:
    return Announced(question=question, digest=digest(body), body=body)


def config(*requests: Announced, **more: Any) -> GatewayConfig:
    return GatewayConfig(token=TOKEN, journal="j", requests=list(requests), **more)


def test_configuration_survives_as_one_line() -> None:
    image = ImageFile(path="/figure.png", media_type="image/png")
    made = config(announced(BODY), announced(SHOWN, "A-2"), images={"abc": image}, rpm=10)
    line = made.line()
    assert line.count(b"\n") == 1
    assert line.isascii()
    assert GatewayConfig.from_line(line) == made


def test_token_is_not_shown() -> None:
    assert TOKEN not in repr(config(announced(BODY)))


@pytest.mark.parametrize("line", [b"", b"x", b"[]", b"{}", b'{"port": 0}', b'{"port": 1, "a": 2}'])
def test_anything_else_is_refused(line: bytes) -> None:
    with pytest.raises(GatewayError):
        Ready.from_line(line)


def test_refusal_repeats_no_token() -> None:
    line = config().line().replace(b'"journal":"j"', b'"journal":5')
    with pytest.raises(GatewayError, match="journal") as caught:
        GatewayConfig.from_line(line)
    assert TOKEN not in str(caught.value)


def test_digest_must_be_the_bodys() -> None:
    with pytest.raises(ValueError, match="digest of question A-1"):
        Announced(question="A-1", digest="0" * 64, body=BODY)


@pytest.mark.parametrize("name", ["api_key", "stream", "drop_params", "num_retries", "timeout"])
def test_no_parameter_says_how_to_call(name: str) -> None:
    with pytest.raises(ValueError, match=f"no parameter can be named {name}"):
        announced({**BODY, name: 1})


def test_a_request_is_announced_once() -> None:
    with pytest.raises(ValueError, match="announced twice"):
        config(announced(BODY), announced(BODY))


def test_every_image_has_a_file() -> None:
    with pytest.raises(ValueError, match="no file for image abc"):
        config(announced(SHOWN))
