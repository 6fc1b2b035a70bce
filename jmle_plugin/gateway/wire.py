"""How values cross the boundary of the process: as JSON, and checked."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from jmle_plugin.errors import GatewayError
from jmle_plugin.files import canonical_json, read_json

Positive = Annotated[float, Field(gt=0)]
Price = Annotated[float, Field(ge=0)]


class Wire(BaseModel):
    """A value that one side tells the other."""

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
