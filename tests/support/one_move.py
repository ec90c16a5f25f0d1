"""Files as an editor or Kubernetes puts them: never half of one, however long the writer sleeps."""

from __future__ import annotations

from pathlib import Path


def put(path: Path, content: str | bytes) -> None:
    """In one move, for whoever watches the file or is told of it by a signal. Its folder may be
    watched as a whole: nothing else is ever in it."""
    draft = path.parent.with_name(f"{path.parent.name}-{path.name}.draft")
    draft.write_bytes(content if isinstance(content, bytes) else content.encode())
    draft.replace(path)
