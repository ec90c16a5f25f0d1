"""Sends messages through apprise: mail, chat rooms, webhooks."""

from syncd.notify.apprise_client import Address, Letter, Mailer

__all__ = ["Address", "Letter", "Mailer"]
