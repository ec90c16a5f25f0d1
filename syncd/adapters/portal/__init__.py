"""The portal: data.gouv.fr, or any udata server."""

from syncd.adapters.portal.client import HttpPortal

__all__ = ["HttpPortal"]
