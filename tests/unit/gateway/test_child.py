"""What a gateway inherits, and how its pipes are closed."""

from __future__ import annotations

import os

from jmle_plugin.gateway.launch import close_pipe
from jmle_plugin.gateway.models import gateway_environment


def test_keys_are_inherited_and_loopback_needs_no_proxy() -> None:
    own = {"OPENAI_API_KEY": "k", "HTTP_PROXY": "http://p:1", "NO_PROXY": "intranet"}
    made = gateway_environment(own)
    assert made["OPENAI_API_KEY"] == "k"
    assert made["HTTP_PROXY"] == "http://p:1"
    assert made["NO_PROXY"] == "intranet,localhost,127.0.0.1,::1"
    assert made["no_proxy"] == "localhost,127.0.0.1,::1"


def test_what_would_disturb_it_is_not() -> None:
    assert set(gateway_environment({"PYTHONWARNINGS": "error", "LITELLM_LOG": "DEBUG"})) == {
        "NO_PROXY",
        "no_proxy",
    }


def test_a_pipe_that_nobody_reads_is_closed() -> None:
    reading, writing = os.pipe()
    pipe = os.fdopen(writing, "wb")
    pipe.write(b"never read")
    os.close(reading)
    close_pipe(pipe)
    assert pipe.closed
