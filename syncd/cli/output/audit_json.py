"""The audit as a JSON document (docs/reference/json.md). Keys and words stay English."""

from __future__ import annotations

from typing import Any

from syncd.audit import Audit, Audited, Finding, Visibility
from syncd.text import sentence


def audit_document(found: Audit) -> dict[str, Any]:
    return {"datasets": [_dataset(one) for one in found.datasets]}


def _dataset(one: Audited) -> dict[str, Any]:
    return {
        "dataset": one.dataset,
        "title": one.title,
        "link": one.link,
        "score": round(one.score, 3) if one.score is not None else None,
        "findings": [_finding(each) for each in one.findings],
        "thematic": [_visibility(each) for each in one.thematic],
    }


def _finding(one: Finding) -> dict[str, Any]:
    return {
        "criterion": one.criterion,
        "status": one.status.value,
        "advice": sentence(one.reason),
        "link": one.link,
        "resource": one.resource or None,
        "resource_title": one.title or None,
        "effort": one.effort.name.lower(),
        "scored": one.is_scored,
    }


def _visibility(one: Visibility) -> dict[str, Any]:
    return {
        "site": one.site.name,
        "visible": one.visible.value,
        "reason": sentence(one.reason),
        "address": one.site.address,
    }
