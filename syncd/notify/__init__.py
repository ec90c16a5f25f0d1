"""Sends messages through apprise: mail, chat rooms, webhooks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from syncd.notify.apprise_client import Address, Letter, Mailer

__all__ = ["Address", "Letter", "Mailer"]


def __getattr__(name: str) -> Any:
    """When it is asked for: `status` needs the words for alerts, and sends nothing."""
    if name not in __all__:
        raise AttributeError(name)
    from syncd.notify import apprise_client

    return getattr(apprise_client, name)
