"""`syncd audit`: reads the portal and the ledger; writes at most the page that was asked for."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from syncd.actions import selection
from syncd.adapters.disk.atomic_write import replaced
from syncd.audit import Audit, inspect
from syncd.cli import session
from syncd.cli.output.audit_json import audit_document
from syncd.cli.output.audit_screen import AuditScreen
from syncd.cli.output.json_documents import put
from syncd.core import clock
from syncd.core.errors import UsageError


def run(*, dataset: str | None, as_json: bool, html: str | None, patience: float | None) -> int:
    started, now = session.begin(), clock.now()
    page = Path(html) if html is not None else None
    if page is not None and not page.parent.is_dir():
        raise UsageError("audit_no_folder", path=str(page.parent))
    if page is not None and page.is_dir():
        raise UsageError("audit_unwritable", path=str(page), detail=os.strerror(errno.EISDIR))
    manifest = started.manifest
    with session.world(started, read_only=True, patience=patience) as adapters:
        chosen = selection.select(started, adapters.ledger, dataset, None)
        found = inspect.inspect(
            chosen.entries,
            manifest.thematic,
            adapters.portal,
            adapters.ledger,
            selection.locations(started),
            now,
        )
    if page is not None:
        from syncd.cli.output.audit_page import html_page

        _write(page, html_page(found, manifest.portal, now))
    _tell(found, as_json=as_json, page=page)
    return found.exit_code


def _tell(found: Audit, *, as_json: bool, page: Path | None) -> None:
    if as_json:
        put(audit_document(found))
    else:
        AuditScreen().show(found, page)


def _write(path: Path, text: str) -> None:
    """Whole or not at all: who reads the page meanwhile never sees half of it."""
    part = path.with_name(f".{path.name}.part")
    try:
        with replaced(path, part):
            part.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError("audit_unwritable", path=str(path), detail=error.strerror or "") from error
