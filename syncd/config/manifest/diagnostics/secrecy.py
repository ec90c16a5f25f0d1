"""What of a value read may be shown in a problem: shortened, and never a credential."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from syncd.config.manifest.lines import LONG
from syncd.config.manifest.tree import Step
from syncd.core.regular_expressions import regex
from syncd.core.unseen import in_sight

_LONGEST = 80  # characters shown of a value
_USERINFO = regex(r"//\S*@")
_QUERY = regex(r"(://[^\s?]*)\?\S+")

_CREDENTIALS = frozenset(
    {"accesskeyid", "auth", "keyid", "mdp", "pass", "pwd", "signature", "xapikey"}
)
_CREDENTIAL_PARTS = (
    *("accesskey", "apikey", "awskey", "cleapi", "clesecrete", "credential", "motdepasse"),
    *("passphrase", "passwd", "password", "privatekey", "secret", "token"),
)
_NO_CREDENTIALS = regex("secretari")  # a secretary's office has its files, too
# Values that are a secret under any name: an AWS key's id, 40 letters as AWS makes them, a JWT.
_VALUES = regex(
    r"(?<![A-Za-z0-9])A(?:KI|SI)A[A-Z0-9]{16}(?![A-Za-z0-9])"
    r"|(?<![\w/+.-])(?=[A-Z/+0-9]*[a-z])(?=[a-z/+0-9]*[A-Z])(?=[A-Za-z/+]*[0-9])"
    r"[A-Za-z0-9/+]{40}(?![\w/+.-])"
    r"|eyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?"
)
_NAMED = regex(r"(?<![^:=：,{}\[\]])(?P<name>[^:=：,{}\[\]]+)[:=：]")
# A name whose sign was forgotten, with what follows on its line or below.
_UNSIGNED = regex(r"""\s*(?:[-?]\s+)*["'“‘]?(?P<name>[^\W\d][\w.-]*)["'”’]?(?:\s+(?=\S)|\s*$)""")
_ENTRY = regex(r"""(?P<lead>\s*(?P<dash>(?:-\s+)*))["'“]?[\w.-]+["'”]?\s*[:：](?:\s|$)""")


def is_credential(key: str) -> bool:
    """Whether a key of this name would hold a secret."""
    letters = unicodedata.normalize("NFKD", key.lower())
    bare = _NO_CREDENTIALS.sub("", re.sub(r"[^a-z]", "", letters))
    return bare in _CREDENTIALS or any(part in bare for part in _CREDENTIAL_PARTS)


def is_secret_place(steps: tuple[Step, ...]) -> bool:
    return any(isinstance(step, str) and is_credential(step) for step in steps)


def shown(text: str) -> str:
    """The value for a sentence: one line, at most 80 characters, no user, password or query."""
    if len(text) > LONG:  # where an address ends is not looked for
        start, slashes, _ = text[:_LONGEST].partition("//")
        text = f"{start}//…" if slashes else text[: _LONGEST + 1]
    text = in_sight(_QUERY.sub(r"\1?…", _USERINFO.sub("//…@", text)))
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


# -- whole lines ---------------------------------------------------------------------------------


def secret_parts(line: str) -> list[tuple[int, int]]:
    """Which parts of a line may not be shown, as (start, end), by order, apart from each other.

    What follows the name of a credential; user and password, and the query, of an address; and
    what looks like a secret by itself.
    """
    found = [match.span() for match in _VALUES.finditer(line)]
    found += [(m.start() + 2, m.end() - 1) for m in _USERINFO.finditer(line)]
    found += [(m.end(1) + 1, m.end()) for m in _QUERY.finditer(line)]
    rest = [end for end in _after_credentials(line) if line[end:].strip()]
    if rest:
        start = min(rest)
        found.append((start + len(line[start:]) - len(line[start:].lstrip()), len(line)))
    return apart(found)


def _after_credentials(line: str) -> list[int]:
    """Where the names of credentials end on this line, with their signs."""
    unsigned = _UNSIGNED.match(line)
    named = [*_NAMED.finditer(line), *([unsigned] if unsigned else [])]
    return [match.end() for match in named if is_credential(match["name"])]


def apart(parts: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The same parts in order, those that touch or overlap as one."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(parts):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        elif end > start:
            found.append((start, end))
    return found


def secret_lines(lines: Sequence[str]) -> frozenset[int]:
    """The lines (from 0) that belong to a credential's key further above.

    They end where an entry begins that is not indented deeper; read without YAML, since it must
    also hold for a file that is not YAML.
    """
    found: set[int] = set()
    depth = -1  # of the credential's key; -1 = none is open
    for at, line in enumerate(lines):
        if not line.strip():
            continue
        is_long = len(line) > LONG  # may well end with the name of a credential
        entry = None if is_long else _ENTRY.match(line)
        if depth >= 0:
            listed = line.lstrip().startswith("-")
            before = line[: len(line) - len(line.lstrip())]
            shallow = len(before.expandtabs(8))
            ends = entry is not None and shallow <= depth and not (listed and shallow == depth)
            if not ends:
                found.add(at)
                continue
            depth = -1
        if is_long or (_after_credentials(line) and not line.lstrip().startswith("#")):
            depth = entry.end("lead") if entry else len(line) - len(line.lstrip())
    return frozenset(found)
