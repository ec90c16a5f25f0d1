"""Marks sentences for translation where they are written; they are translated where they are said."""


def N_(message: str) -> str:  # noqa: N802 - gettext's usual name
    return message
