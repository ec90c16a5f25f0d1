"""Does what syncd would tell arrive? One test message to each address that was set.

Those who run syncd are written to; a dataset's contact only where that is asked for: they are other
people, and whoever tries a setting three times must not write to all of them three times.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from syncd.core.preflight import Check, Grade
from syncd.core.reasons import Fact, Reason, because
from syncd.core.targets import DatasetEntry
from syncd.notify import Address, Letter, Mailer
from syncd.notify.messages import test_message


def try_addresses(
    mailer: Mailer, entries: Sequence[DatasetEntry], *, contacts: bool
) -> Iterator[Check]:
    """`contacts`: the contacts of the datasets are written to as well, not only listed.

    Takes as long as the slowest server is given, a minute.
    """
    if not mailer.ops:
        yield Check("notify", "", Grade.WARNING, because("notify_test_nobody"))
    for place, (address, why) in enumerate(_tried(mailer, mailer.ops), 1):
        facts: dict[str, Fact] = {"address": address.label, "place": place}
        if why is None:
            taken = because("notify_test_sent", **facts)
        else:
            taken = because("notify_test_failed", **facts, detail=why)
        yield _check(address, taken, well=why is None)
    yield from _contacts(mailer, entries, written=contacts)


def _contacts(mailer: Mailer, entries: Sequence[DatasetEntry], *, written: bool) -> Iterator[Check]:
    named = Counter(entry.contact for entry in entries if entry.contact)
    found = {who: address for who in sorted(named) if (address := mailer.contact(who)) is not None}
    if named and not found:
        reason = because("notify_test_no_contact_url", count=len(named))
        yield Check("notify", "", Grade.WARNING, reason)
    answers = dict(_tried(mailer, tuple(found.values()))) if written else {}
    for who, address in found.items():
        facts: dict[str, Fact] = {"address": address.label, "datasets": named[who]}
        why = answers.get(address)
        if not written:
            taken = because("notify_test_contact_left", **facts)
        elif why is None:
            taken = because("notify_test_contact_sent", **facts)
        else:
            taken = because("notify_test_contact_failed", **facts, detail=why)
        yield _check(address, taken, well=why is None)


def _check(address: Address, reason: Reason, *, well: bool) -> Check:
    return Check("notify", address.label, Grade.OK if well else Grade.PROBLEM, reason)


def _tried(mailer: Mailer, addresses: Sequence[Address]) -> Iterator[tuple[Address, str | None]]:
    """With why it took none; None where it did."""
    words = test_message()
    letters = [Letter(address, words.subject, words.body) for address in addresses]
    for address, trouble in zip(addresses, mailer.send(letters), strict=True):
        yield address, _why(trouble) if trouble is not None else None


def _why(trouble: Reason) -> str:
    """In a word or two; of the service's sentence for it, that it tries again is not true here."""
    words = {"notify_address": "not an address of apprise", "notify_timeout": "timed out"}
    return words.get(trouble.code) or str(trouble.facts.get("detail"))
