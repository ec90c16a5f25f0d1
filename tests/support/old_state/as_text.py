"""Files as text that a person can review, and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_LARGE = 10_000  # bytes; more is kept only where it is one line many times over

Content = str | Mapping[str, Any]  # the text; or {"first": line, "then": line, "times": number}


def of_bytes(content: bytes) -> Content:
    """ValueError for what no person would read to its end."""
    text = content.decode("utf-8")
    first, *more = text.splitlines(keepends=True) or [""]
    if len(more) > 1 and set(more) == {more[0]}:
        return {"first": first, "then": more[0], "times": len(more)}
    if len(content) > _LARGE:
        raise ValueError("too large to be kept as it is")
    return text


def to_bytes(content: Content) -> bytes:
    if isinstance(content, str):
        return content.encode("utf-8")
    text: str = content["first"] + content["then"] * content["times"]
    return text.encode("utf-8")


def of_folder(folder: Path, *, but: str = "") -> dict[str, Content]:
    """By path inside `folder`. `but`: files whose names begin so are left out."""
    return {
        str(path.relative_to(folder)): of_bytes(path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not (but and path.name.startswith(but))
    }


def to_folder(files: Mapping[str, Content], folder: Path) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.write_bytes(to_bytes(content))
        path.chmod(0o600)


def write(path: Path, document: Mapping[str, Any]) -> None:
    """As JSON: one line for each key, and for each item of a list below it."""
    path.write_text(_lines(document), encoding="utf-8")


def _lines(document: Mapping[str, Any]) -> str:
    entries = []
    for key, value in document.items():
        if isinstance(value, list) and value:
            items = ",\n  ".join(_line(item) for item in value)
            entries.append(f"{_line(key)}: [\n  {items}\n ]")
        else:
            entries.append(f"{_line(key)}: {_line(value)}")
    return "{\n " + ",\n ".join(entries) + "\n}\n"


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
