"""What the suite is measured against: a thread pool of the openai client, and nothing else.

    python benchmarks/thread_pool.py EXAM.toml API_BASE IN_FLIGHT [TIMES]

asks every question of the exam once (or so often), with its figures, and writes the replies to a
file.
"""

from __future__ import annotations

import base64
import json
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from openai import OpenAI

from jmle_plugin.ask.prompt import load_prompt
from jmle_plugin.exam.model import Exam, Question
from jmle_plugin.exam.pack import load_exam


def main() -> None:
    """Ask everything."""
    pack, base, in_flight = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    times = int(sys.argv[4]) if sys.argv[4:] else 1
    exam = load_exam(pack, data_root=pack.parent)
    client = OpenAI(base_url=base, api_key="none", max_retries=0, timeout=600)

    def ask(question: Question) -> str:
        messages: Any = shown(exam, question)
        reply = client.chat.completions.create(model="slow", messages=messages)
        return reply.choices[0].message.content or ""

    with ThreadPoolExecutor(in_flight) as pool:
        replies = list(pool.map(ask, [*exam.questions.values()] * times))
    with tempfile.TemporaryFile("w") as file:
        json.dump(replies, file, ensure_ascii=False)


def shown(exam: Exam, question: Question) -> list[dict[str, Any]]:
    """The same messages that the suite sends, figures as data URLs."""
    messages = load_prompt().messages(exam, question, images=True)
    files = {f"sha256:{one.sha256}": one for one in question.images}
    for message in messages:
        for part in message["content"] if isinstance(message["content"], list) else ():
            if part["type"] == "image_url":
                image = files[part["image_url"]["url"]]
                encoded = base64.b64encode(image.path.read_bytes()).decode()
                part["image_url"] = {"url": f"data:{image.media_type};base64,{encoded}"}
    return messages


if __name__ == "__main__":
    main()
