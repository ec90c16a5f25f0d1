"""The first small file of a cycle, read before the portal is asked.

What the portal says then is as fresh as can be when the file is sent: the resource need not be
read once more. Every later file has its own fresh reading.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import timedelta

from syncd.errors import PortalError, SourceError, SpoolError
from syncd.model import Action
from syncd.scene import Ahead, Case, Scene

SMALL = 1024 * 1024  # bytes: so much is read for nothing where the portal then refuses
FRESH = timedelta(seconds=0.5)  # what lies between the portal's answer and the upload is local


@contextmanager
def first_file(scene: Scene, cases: Sequence[Case]) -> Iterator[Scene]:
    """The scene with its first file in the spool, where there is a small one to be read.

    Whatever goes wrong is left to be found when the file's turn comes.
    """
    with ExitStack() as stack:
        with_file = _with_file(scene, cases, stack)
        yield with_file


def _with_file(scene: Scene, cases: Sequence[Case], stack: ExitStack) -> Scene:
    small = [case for case in cases if _may_be_read(case)]
    if not small or scene.orders.check or scene.open_intents:
        return scene
    case = min(small, key=_size)
    edges, version = scene.edges, case.item.version
    try:
        edges.portal.expect_uploads()
        bar = stack.enter_context(edges.progress.transfer(version.key, "fetch", _size(case)))
        source = edges.sources[case.item.target.source]
        file = stack.enter_context(edges.spool.fetch(source, version, bar))
    except (PortalError, SourceError, SpoolError):
        return scene
    return replace(scene, ahead=Ahead(case.item, file, edges.clock()))


def _may_be_read(case: Case) -> bool:
    """New bytes for a resource that was published before, so that a refusal is not likely."""
    if case.look.action is not Action.FETCH or case.look.digest is not None:
        return False
    known = case.row is not None and case.row.published is not None
    return known and case.error is None and case.item.match is not None and _size(case) <= SMALL


def _size(case: Case) -> int:
    return case.item.version.fingerprint.size


def is_fresh_for(scene: Scene, case: Case) -> bool:
    """Whether the portal was asked after this case's file was read, and only just."""
    ahead, asked_at = scene.ahead, scene.asked_at
    if ahead is None or asked_at is None or ahead.item != case.item:
        return False
    since = scene.edges.clock() - asked_at
    return ahead.read_at <= asked_at and timedelta() <= since <= FRESH
