"""Hands letters to a process of their own, which sends them through apprise and ends.

Its libraries take proxy and authorities from the environment only, a server that hangs must not
hold anything up, and their memory (50 MB) is not needed afterwards.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from syncd.config.settings import names_a_host
from syncd.core.reasons import Reason, because

TIMEOUT = 60.0  # seconds for the letters of one process
AT_ONCE = 32  # letters that one process takes
_STARTING = 15.0  # seconds that its start may take besides
_CONTACT = "{contact}"

# What a process needs to start. Nothing else goes along: neither syncd's secrets nor the
# machine's own proxy.
_ENV = ("HOME", "LANG", "LC_ALL", "LC_CTYPE", "LD_LIBRARY_PATH", "PATH", "PYTHONPATH", "TMPDIR")


@dataclass(frozen=True, slots=True)
class Address:
    """Where letters go. `label` may be shown, `url` may not."""

    label: str
    url: str = field(repr=False)
    contact: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    address: Address
    subject: str
    body: str
    kind: str = "info"  # info, warning or failure


class Mailer:
    """`urls` and `contact_url` as in SYNCD_NOTIFY_URLS and SYNCD_CONTACT_URL."""

    def __init__(
        self,
        urls: str | None = None,
        contact_url: str | None = None,
        *,
        proxy: str | None = None,
        ca_bundle: Path | None = None,
        timeout: float = TIMEOUT,
    ) -> None:
        self.ops = tuple(Address(_label(url), url) for url in (urls or "").split())
        self._contact_url = contact_url
        self._proxy = proxy
        self._ca_bundle = ca_bundle
        self._timeout = timeout

    def contact(self, contact: str) -> Address | None:
        """A contact's own address; None where contacts are not written to."""
        if self._contact_url is None or not contact:
            return None
        url = self._contact_url.replace(_CONTACT, quote(contact, safe=""))
        return Address(f"{_label(self._contact_url)} {contact}", url, contact)

    def send(self, letters: Sequence[Letter]) -> tuple[Reason | None, ...]:
        """For each letter None, or why it was not taken. Raises nothing of the network's.

        Takes at most the timeout for every 32 letters.
        """
        found: list[Reason | None] = []
        for begin in range(0, len(letters), AT_ONCE):
            found += self._send(letters[begin : begin + AT_ONCE])
        return tuple(found)

    def _send(self, letters: Sequence[Letter]) -> Iterator[Reason | None]:
        job = {
            "letters": [
                {
                    "url": one.address.url,
                    "contact": one.address.contact,
                    "subject": one.subject,
                    "body": one.body,
                    "kind": one.kind,
                }
                for one in letters
            ],
            "proxy": self._proxy,
            "ca_bundle": str(self._ca_bundle) if self._ca_bundle else None,
            "timeout": self._timeout,
        }
        answers, otherwise = _run(json.dumps(job), self._timeout + _STARTING)
        for place, letter in enumerate(letters):
            answer = answers.get(place, otherwise)
            yield None if answer == "" else _reason(letter.address, answer)


def _run(job: str, timeout: float) -> tuple[dict[int, str], str]:
    """What the process said of each letter, and what is true of those it did not speak of."""
    otherwise = "crashed"
    try:
        done = subprocess.run(
            # -P: what lies in the current folder is not imported.
            [sys.executable, "-P", "-m", "syncd.notify.apprise_process"],
            input=job.encode(),
            capture_output=True,
            env={
                # Else each thread reserves 64 MB, and many together more than the process may have.
                "MALLOC_ARENA_MAX": "1",
                **{name: os.environ[name] for name in _ENV if name in os.environ},
            },
            start_new_session=True,  # Ctrl-C is for the service, which lets it finish
            timeout=timeout,
            check=False,
        )
        output = done.stdout
        otherwise = _last_words(done.stderr) or otherwise
    except subprocess.TimeoutExpired as error:
        output, otherwise = error.stdout or b"", "timeout"
    except OSError as error:
        return {}, error.strerror or otherwise
    return dict(_answers(output)), otherwise


def _answers(output: bytes) -> Iterator[tuple[int, str]]:
    for line in output.decode(errors="replace").splitlines():
        try:
            place, answer = json.loads(line)
        except (ValueError, TypeError):  # cut short, or printed by a library
            continue
        if isinstance(place, int) and isinstance(answer, str):
            yield place, answer


def _last_words(stderr: bytes) -> str:
    """The error's name. Its text may hold anything."""
    found = re.findall(rb"^([A-Za-z_.]+(?:Error|Exception|Interrupt|Exit))\b", stderr, re.M)
    return found[-1].decode() if found else ""


_REASONS: Mapping[str, Callable[..., Reason]] = {
    "address": lambda where, _: because("notify_address", address=where),
    "timeout": lambda where, _: because("notify_timeout", address=where),
}


def _reason(address: Address, answer: str) -> Reason:
    made: Any = _REASONS.get(answer)
    if made is not None:
        return made(address.label, answer)  # type: ignore[no-any-return]  # the table's
    return because("notify_failed", address=address.label, detail=answer)


def _label(url: str) -> str:
    """The scheme; and the server's name, where no secret can stand in its place."""
    scheme, _, rest = url.partition("://")
    authority, *after = re.split(r"[/?#]", rest, maxsplit=1)
    host = authority.rpartition("@")[2]
    # Of a password with a sign that cuts it in two, the first half would stand in the host's place.
    cut = host == authority and any("@" in re.sub(r"\w+=[^&]*", "", part) for part in after)
    named = re.fullmatch(r"(?:[\w-]+(?:\.[\w-]+)+|localhost|\[[0-9a-f:.]+\])(?::\d+)?", host)
    shown = host if named and not cut and names_a_host(scheme) else "…"
    return f"{scheme.lower()}://{shown}"
