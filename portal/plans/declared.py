"""What all parts of the seller's file have in common."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Key = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,49}$")]
Name = Annotated[str, Field(min_length=1, max_length=150)]
Address = Annotated[str, Field(max_length=500, pattern=r"^(https?://\S+)?$")]


class Declared(BaseModel):
    """A part of the file, in which every name is known."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)
