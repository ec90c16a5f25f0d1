"""What of a value read may be shown in a problem: shortened, and never a credential."""

from __future__ import annotations

import re

from syncd.manifest.tree import Step

_LONGEST = 80  # characters shown of a value
_USERINFO = re.compile(r"//\S*@")
_QUERY = re.compile(r"(://[^\s?]*)\?\S+")

_CREDENTIALS = frozenset(
    {
        "accesskey",
        "accesskeyid",
        "apikey",
        "awsaccesskeyid",
        "awssecretaccesskey",
        "awssessiontoken",
        "credentials",
        "passwd",
        "password",
        "secret",
        "secretaccesskey",
        "secretkey",
        "sessiontoken",
        "token",
        "xapikey",
    }
)
_CREDENTIAL_PARTS = ("secret", "password", "apikey", "accesskey", "token", "motdepasse")


def is_credential(key: str) -> bool:
    """Whether a key of this name would hold a secret."""
    bare = re.sub(r"[^a-z]", "", key.lower())
    return bare in _CREDENTIALS or any(part in bare for part in _CREDENTIAL_PARTS)


def is_secret_place(steps: tuple[Step, ...]) -> bool:
    return any(isinstance(step, str) and is_credential(step) for step in steps)


def shown(text: str) -> str:
    """The value for a sentence: one line, at most 80 characters, no user, password or query."""
    text = _QUERY.sub(r"\1?…", _USERINFO.sub("//…@", text))
    text = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
