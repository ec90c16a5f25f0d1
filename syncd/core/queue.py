"""What waits to be worked on by whichever replica has room first. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["cycle", "check"]


@dataclass(frozen=True, slots=True)
class QueuedJob:
    """A dataset that is to be worked on now. `dataset`: as the manifest has it."""

    portal: str
    dataset: str
    kind: Kind
    why: str
    large: bool = False  # its last files were big ones
    id: int = 0  # the queue's; 0 while it has none


@dataclass(frozen=True, slots=True)
class JobReport:
    """What became of a job, for who planned it. `facts`: what JSON can hold."""

    job: int
    facts: Mapping[str, Any]
    id: int = 0
