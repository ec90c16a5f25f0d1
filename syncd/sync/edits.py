"""What a person writes on a resource while a file is on its way there. Pure.

The portal reads the whole resource when a replacement begins, and writes the whole of it when it
ends: what was written in between is lost, whoever wrote it (udata 17.18;
tests/contract/portal/test_overlaps.py). Whoever looks before the end can put it back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from syncd.core.portal import Resource
from syncd.core.records import Edit, Intent


def noted(intent: Intent, before: Resource, now: Resource) -> Intent:
    """The intent with what was written between two looks; the same where that is nothing."""
    edits = {
        name: Edit((*(intent.edited[name].stale if name in intent.edited else ()), former), current)
        for name in sorted(before.written.keys() | now.written.keys())
        if (former := before.written.get(name)) != (current := now.written.get(name))
    }
    return replace(intent, edited={**intent.edited, **edits}) if edits else intent


def looked_at(intent: Intent, now: Resource) -> Intent:
    """The intent after a look at a resource that does not have its file yet.

    What a person has made of those fields since is what they must be in the end.
    """
    shown = {name: now.written.get(name) for name in intent.edited}
    edits = {
        name: edit if shown[name] == edit.wanted else Edit((*edit.stale, edit.wanted), shown[name])
        for name, edit in intent.edited.items()
    }
    return intent if edits == intent.edited else replace(intent, edited=edits)


def overwritten(intent: Intent, online: Resource) -> Mapping[str, object]:
    """What to put back: fields that show again what they were before a person's edit.

    Anything else in them was written since, and wins.
    """
    shown = {name: online.written.get(name) for name in intent.edited}
    return {
        name: edit.wanted
        for name, edit in intent.edited.items()
        if shown[name] != edit.wanted and shown[name] in edit.stale
    }
