"""Public addresses: a host that does not answer is left alone, one that answers badly is not."""

from __future__ import annotations

import socket
from collections.abc import Callable

import pytest

from syncd.adapters.net.circuit_breaker import PAUSE
from syncd.adapters.net.options import NetworkOptions
from syncd.adapters.net.public_web import TRIES, PublicWeb
from syncd.bootstrap import Silence
from syncd.core.errors import LinkError
from syncd.core.objects import Digest
from tests.support.public_server import Answer, PublicServer

FILE = Digest("a" * 40, 3)


class Anybody:
    """Who asks public addresses, on a time of their own."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waited: list[float] = []
        network = NetworkOptions(
            read_timeout=0.05,
            wait=self.waited.append,
            jitter=lambda: 0.5,
            monotonic=lambda: self.now,
        )
        self.web = PublicWeb(network)

    def answers(self, address: str) -> None:
        self.web.must_answer(address, FILE.size)

    def gives(self, address: str) -> None:
        with Silence().transfer("", "verify", FILE.size) as bar:
            self.web.must_give(address, FILE, bar)


def trouble(ask: Callable[[str], None], address: str) -> LinkError:
    with pytest.raises(LinkError) as caught:
        ask(address)
    assert caught.value.reason.facts["address"] == address
    return caught.value


def test_a_host_that_takes_no_connection_is_asked_once_for_all_its_links() -> None:
    anybody = Anybody()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        nobody = f"http://127.0.0.1:{taken.getsockname()[1]}"
    first = trouble(anybody.gives, f"{nobody}/0.csv")
    assert not first.already_reported
    assert len(anybody.waited) == TRIES - 1
    for number in range(1, 4):
        same = trouble(anybody.gives, f"{nobody}/{number}.csv")
        assert same.reason.facts["detail"] == first.reason.facts["detail"]
        assert same.already_reported
    assert len(anybody.waited) == TRIES - 1
    anybody.now += PAUSE
    assert not trouble(anybody.answers, f"{nobody}/4.csv").already_reported


def test_a_host_that_is_silent_is_asked_thrice_since_it_may_be_about_one_file() -> None:
    anybody = Anybody()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        host = f"http://127.0.0.1:{silent.getsockname()[1]}"
        told = [trouble(anybody.answers, f"{host}/{number}.csv") for number in range(5)]
    assert [one.reason.code for one in told] == ["link_slow"] * 5
    assert [one.already_reported for one in told] == [False] * 3 + [True] * 2


@pytest.mark.parametrize(
    "answer",
    [
        Answer(503, b""),
        Answer(200, b"a", length=3),
        Answer(302, b"", {"Location": "http://xn--/"}),
    ],
    ids=["an error", "a cut file", "a way to nowhere"],
)
def test_a_host_that_answers_badly_is_asked_for_each_of_its_links(answer: Answer) -> None:
    anybody = Anybody()
    with PublicServer().running() as server:
        server.twist = lambda _path, _right: answer
        for number in range(4):
            assert not trouble(anybody.gives, f"{server.url}/x/{number}.csv").already_reported
        assert {path[-5:] for path in server.asked} == {f"{n}.csv" for n in range(4)}
