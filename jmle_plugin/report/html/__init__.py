"""Pages of one file that need no server: what is shown, styles and scripts, and data.

Any report can be made with it. Styles and scripts are files of `static/`: `base.css` has the
colours, type, tables and dialogs of every page, `text.js` the data (`page`), elements (`h`) and
foreign text (`foreign`). `shell.html` is around every page's own body.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from string import Template
from typing import Any

from jmle_plugin.exam.kinds import form_titles
from jmle_plugin.report.tallies import form_title
from jmle_plugin.results.language import Language, group, speaking, wording
from jmle_plugin.text import printable

# `<`, `>` and `&` mean something to HTML, U+2028 and U+2029 end a line of JavaScript, and
# lone surrogates cannot be written as UTF-8. Inside JSON they occur in strings alone.
_UNSAFE = re.compile("[<>&\u2028\u2029\ud800-\udfff]")


def embedded_json(value: Any) -> str:
    """JSON that may stand in a script element; parsing it gives the same value.

    Raises ValueError for NaN and infinities, which JSON does not have.
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def embedded_size(text: str) -> int:
    """Bytes that `text` takes in a page."""
    return len(embedded_json(text)) if text.isascii() else len(embedded_json(text).encode())


@dataclass(frozen=True, slots=True)
class Frame:
    """What a kind of page is made of: names of files in `static/`."""

    body: str
    styles: tuple[str, ...]
    scripts: tuple[str, ...]
    """In the order they run: each uses what those before it define."""


def in_every_language(make: Callable[[], Any]) -> dict[str, Any]:
    """Language -> what `make` makes while that is the language in force."""
    made = {}
    for one in Language:
        with speaking(one):
            made[one.value] = make()
    return made


def spoken_forms() -> dict[str, str]:
    """The name of each form of questions -> its title in the language in force."""
    return {name: form_title(name) for name in form_titles()}


def document(frame: Frame, data: Mapping[str, Any], *, title: str, figures: str = "data:") -> str:
    """The whole file, as text.

    The scripts find `data`, JSON values, in the element `#data`, and with it the texts of pages
    in every language. A
    Content-Security-Policy lets the frame's styles and scripts run and nothing else, and images
    load from `figures`, a list of its sources. Raises ValueError where `data` holds a NaN or an
    infinity.
    """
    style = "\n".join(map(_static, frame.styles))
    sources = [_static(name) for name in frame.scripts]
    texts = in_every_language(lambda: dict(group("page")))
    noscript = "".join(
        f'<p class="missing" lang="{name}">{html.escape(text)}</p>'
        for name, text in in_every_language(lambda: wording("page.noscript")).items()
    )
    body = Template(_static(frame.body)).substitute(noscript=f"<noscript>{noscript}</noscript>")
    return Template(_static("shell.html")).substitute(
        policy=_policy(style, sources, figures),
        title=html.escape(printable(title)),
        style=style,
        body=body.rstrip(),
        data=embedded_json({**data, "texts": texts}),
        scripts="\n".join(f"<script>{one}</script>" for one in sources),
    )


def _policy(style: str, scripts: Sequence[str], figures: str) -> str:
    return "; ".join(
        (
            "default-src 'none'",
            f"style-src {_sha256(style)}",
            f"script-src {' '.join(map(_sha256, scripts))}",
            f"img-src {figures}",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


def _sha256(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _static(name: str) -> str:
    return files(__package__).joinpath("static", name).read_text("utf-8")
