"""Whatever an S3 server answers: online is exactly the object, or what was there; and once it
answers as it should, all becomes well."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from syncd.core.objects import Location
from syncd.simulator import Simulator
from tests.support.clients import s3_source
from tests.support.disturbed_house import MADE, NEW, DisturbedHouse, are_worded
from tests.support.examples import shared_out
from tests.support.network.faulty_proxy import Course, Exchange, Wire, harmless
from tests.support.network.odd_answers import ODDITIES
from tests.support.s3_servers import Bucket
from tests.support.sync_harness import House

pytestmark = [
    pytest.mark.s3,
    # botocore leaves the connection of an answer whose head it cannot read to the collector.
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
]


class Odd(DisturbedHouse):
    """The bucket is on a real server, reached by the wire."""

    def __init__(self, house: House, bucket: Bucket, wire: Wire) -> None:
        super().__init__(house, wire)
        bucket.put("a.csv", NEW)
        bucket.put("n_2024.csv", MADE)
        source = s3_source(
            Location(wire.url, bucket.bucket),
            addressing="path",
            credentials=bucket.credentials,
            read_timeout=5,
            wait=house.wait,
            attempts=1,
            monotonic=lambda: house.now().timestamp(),
        )
        self.close = source.close
        house.bucket = source  # type: ignore[assignment]  # a bucket that is not in memory


@pytest.fixture
def odd(simulator: Simulator, seaweed_bucket: Bucket, tmp_path: Path) -> Iterator[Odd]:
    with Wire(seaweed_bucket.endpoint) as wire:
        found = Odd(House(simulator, tmp_path), seaweed_bucket, wire)
        yield found
        found.close()


def met(odd: Odd, course: Course, more: object) -> None:
    with odd.disturbed(course, more):
        report = odd.house.sync()
    assert report.exit_code in {0, 1, 3}, more
    are_worded([result.reason for result in report.results], more)


@pytest.mark.parametrize(("listing", "oddity"), shared_out(11, (True, False), sorted(ODDITIES)))
def test_an_answer_is_odd_as_a_whole(odd: Odd, listing: bool, oddity: str) -> None:
    def course(exchange: Exchange) -> None:
        meets = ODDITIES[oddity] if ("list-type" in exchange.asked) == listing else harmless
        meets(exchange)

    met(odd, course, oddity)

    odd.becomes_well(oddity)


VALUES = ("", "0", "-1", "9" * 30, "x", "é", "&quot;&quot;", "true", "<a/>", "%00")


@pytest.mark.parametrize("number", shared_out(7, range(60)))
def test_some_values_of_a_listing_are_odd(odd: Odd, number: int) -> None:
    chosen = random.Random(number)

    def changed(found: re.Match[bytes]) -> bytes:
        if chosen.random() < 0.85:
            return found[0]
        value = chosen.choice((*VALUES, None))
        return b"" if value is None else b"<%b>%b</%b>" % (found[1], value.encode(), found[1])

    def course(exchange: Exchange) -> None:
        exchange.forward()
        if "list-type" in exchange.asked:
            exchange.content = re.sub(rb"<(\w+)>([^<>]*)</\1>", changed, exchange.content)
        exchange.answer()

    met(odd, course, number)

    odd.becomes_well(number)
