"""Figures of a page: as files beside it, inside it whole or small, or only named."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from jmle_plugin.exam.images import read_picture, upright
from jmle_plugin.exam.model import Exam, Image

Images = Literal["link", "embed", "small", "off"]
"""Figures as files beside the page, inside it, inside it and reduced, or only named."""

SMALL_BYTES = 2_900_000
"""What the reduced figures of a page may take together: with its texts it stays below 8 MB."""
EDGES = (1024, 768, 576, 432, 320, 240)
"""Pixels of a reduced figure's longer side: the first at which all figures have room."""
_QUALITY = 70


def figures_data(exam: Exam | None, images: Images, base: Path) -> dict[str, Any]:
    """Figure name -> its size and where it is; links are relative to `base`, the page's folder."""
    questions = exam.questions.values() if exam is not None else ()
    figures = {image.name: image for one in questions for image in one.images}
    if images == "small":
        return _reduced(figures, base)
    return {name: _figure(image, images, base) for name, image in figures.items()}


def _figure(image: Image, images: Images, base: Path) -> dict[str, Any]:
    known = _known(image)
    if images == "off":
        return known
    if images == "link":
        return known | {"source": _link(image.path, base)}
    try:
        raw = image.path.read_bytes()
    except OSError as error:
        return known | _missing(image, error)
    return known | {"source": _source(image.media_type, raw)}


def _reduced(figures: Mapping[str, Image], base: Path) -> dict[str, Any]:
    """Every figure as large as all of them can be, each with a link to the file itself.

    Who gets the page by mail sees every figure; the links lead to the figures where the exam's
    data is.
    """
    made: dict[str, Any] = {}
    for edge in EDGES:
        made = {name: _known(one) | _small(one, edge, base) for name, one in figures.items()}
        if sum(len(one.get("source", "")) for one in made.values()) <= SMALL_BYTES:
            break
    return made


def _small(image: Image, edge: int, base: Path) -> dict[str, Any]:
    try:
        with read_picture(image.path.read_bytes()) as opened:
            shown = upright(opened)
    except (OSError, ValueError) as error:
        return _missing(image, error)
    shown.info = {}
    shown.thumbnail((edge, edge))
    file = BytesIO()
    shown.save(file, "WEBP", quality=_QUALITY, method=4)
    return {"source": _source("image/webp", file.getvalue()), "full": _link(image.path, base)}


def _known(image: Image) -> dict[str, Any]:
    return {"width": image.width, "height": image.height, "size": image.size}


def _missing(image: Image, error: Exception) -> dict[str, Any]:
    why = error.strerror if isinstance(error, OSError) and error.strerror else error
    return {"missing": f"{image.path} cannot be read ({why})"}


def _source(media_type: str, raw: bytes) -> str:
    return f"data:{media_type};base64,{base64.b64encode(raw).decode()}"


def _link(file: Path, base: Path) -> str:
    try:
        return quote(Path(os.path.relpath(file, base)).as_posix())
    except ValueError:  # on another drive
        return file.absolute().as_uri()
