r"""Tell a reply's thinking from the reply where a server left both in one text.

Chat templates set thinking apart with tags, and servers that do not know the template leave
them in the text. What stands between them is reasoning, never the answer, and so is what
follows a tag that was never closed, or precedes a closing tag whose opening one belongs to
the prompt.
"""

from __future__ import annotations

import re

_TEMPLATES = (
    # DeepSeek, Qwen and many more
    (r"<think>", r"</think>"),
    (r"<thinking>", r"</thinking>"),
    (r"<thought>", r"</thought>"),
    (r"<reasoning>", r"</reasoning>"),
    # Seed-OSS, Magistral, Kimi, Command A, Apertus
    (r"<seed:think>", r"</seed:think>"),
    (r"\[THINK\]", r"\[/THINK\]"),
    (r"◁think▷", r"◁/think▷"),
    (r"<\|START_THINKING\|>", r"<\|END_THINKING\|>"),
    (r"<\|inner_prefix\|>", r"<\|inner_suffix\|>"),
    # gpt-oss (harmony): every channel but the final one
    (
        r"<\|channel\|>\s*(?:analysis|commentary)",
        r"<\|channel\|>\s*final\s*(?:<\|[a-z]+\|>[^<\n]*)?<\|message\|>",
    ),
    # MedGemma, Gemma 4
    (r"<unused94>", r"<unused95>"),
    (r"<\|channel>", r"<channel\|>"),
)
"""What begins thinking and what ends it, by template."""

_TAG = re.compile(
    "|".join(
        f"(?P<open{at}>{begin})|(?P<close{at}>{end})" for at, (begin, end) in enumerate(_TEMPLATES)
    )
)


def split_thinking(text: str) -> tuple[str, str]:
    """Return the reply and the thinking in `text`; the latter is empty where no tag is."""
    said: list[str] = []
    thought: list[str] = []
    until = ""
    at = 0
    for tag in _TAG.finditer(text):
        name = tag.lastgroup or ""
        if until and name != until:
            continue  # a tag of any kind within thinking is thinking
        passage = text[at : tag.start()]
        if name.startswith("open"):
            said.append(passage)
            until = name.replace("open", "close")
        else:
            thought.append(passage)
            if not until:
                thought[:0] = said
                said = []
            until = ""
        at = tag.end()
    (thought if until else said).append(text[at:])
    return "\n".join(said) if thought else text, "\n".join(thought)
