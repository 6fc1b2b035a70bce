"""Values inside a page: no text in them can end its element, or be anything but text."""

from __future__ import annotations

import json
import re
from typing import Any

# `<`, `>` and `&` mean something to HTML, U+2028 and U+2029 end a line of JavaScript, and
# lone surrogates cannot be written as UTF-8. Inside JSON they occur in strings alone.
_UNSAFE = re.compile("[<>&\u2028\u2029\ud800-\udfff]")


def embedded_json(value: Any) -> str:
    """JSON that may stand in a script element; whoever parses it gets the same value.

    Raises ValueError for NaN and infinities, which JSON does not have.
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def embedded_size(text: str) -> int:
    """Bytes that `text` takes in a page."""
    return len(embedded_json(text)) if text.isascii() else len(embedded_json(text).encode())
