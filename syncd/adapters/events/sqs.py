"""A queue of events that is asked by the protocol of Amazon SQS."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple
from urllib.parse import urlsplit, urlunsplit

from botocore.config import Config

from syncd import __version__
from syncd.adapters.net.options import NetworkOptions
from syncd.adapters.s3 import connecting
from syncd.adapters.s3.credentials import Credentials
from syncd.adapters.s3.failures import FOREIGN, brief
from syncd.core.errors import SourceUnreachable

_WAIT = 20  # seconds that the server holds its answer back while there is nothing: its most
_MOST = 10  # messages at once: its most


class Received(NamedTuple):
    body: bytes
    receipt: str  # what it is deleted by; "" where the server said none


class EventQueue:
    """`queue`: its whole address, whose host is asked. For one thread. `SourceUnreachable`."""

    def __init__(
        self, queue: str, region: str, keys: Mapping[str, str], network: NetworkOptions
    ) -> None:
        self._queue = queue
        self._network = network
        pair = "access_key_id" in keys and "secret_access_key" in keys
        ca_bundle = network.ca_bundle
        parts = urlsplit(queue)
        with self._translated():
            self._client: Any = connecting.service(
                "sqs",
                urlunsplit((parts.scheme, parts.netloc, "", "", "")),
                Credentials(**keys) if pair else None,
                verify=True if ca_bundle is None else str(ca_bundle),
                config=Config(
                    region_name=region,
                    connect_timeout=network.connect_timeout,
                    read_timeout=_WAIT + network.read_timeout,
                    retries={"mode": "standard", "total_max_attempts": 1},
                    **connecting.proxies(network.proxy, ca_bundle),
                    use_fips_endpoint=False,
                    use_dualstack_endpoint=False,
                    user_agent_extra=f"syncd/{__version__}",
                ),
            )

    def receive(self) -> list[Received]:
        """What is there; none after some seconds in which nothing came."""
        with self._translated():
            answer = self._client.receive_message(
                QueueUrl=self._queue, MaxNumberOfMessages=_MOST, WaitTimeSeconds=_WAIT
            )
            return list(map(_received, answer.get("Messages") or ()))

    def probe(self) -> None:
        """Whether it may be read, without waiting: what is there stays for whoever is next.

        Asked as the service asks: its attributes would be another right, and say nothing of this
        one.
        """
        with self._translated():
            self._client.receive_message(
                QueueUrl=self._queue, MaxNumberOfMessages=1, WaitTimeSeconds=0, VisibilityTimeout=0
            )

    def delete(self, messages: Sequence[Received]) -> None:
        """They have been kept. One that is not deleted comes again, which does no harm."""
        entries = [
            {"Id": str(number), "ReceiptHandle": one.receipt}
            for number, one in enumerate(messages)
            if one.receipt
        ]
        if not entries:
            return
        with self._translated():
            self._client.delete_message_batch(QueueUrl=self._queue, Entries=entries)

    def close(self) -> None:
        self._client.close()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            with self._network.budget("events").active():
                yield
        except FOREIGN as error:
            detail = brief(error)
            raise SourceUnreachable(
                "events_queue_away", queue=self._queue, detail=detail
            ) from error


def _received(message: Any) -> Received:
    """A body that is no text at all is refused with its message, and not with the batch."""
    body, receipt = message.get("Body"), message.get("ReceiptHandle")
    text = body if isinstance(body, str) else ""
    return Received(text.encode(errors="replace"), receipt if isinstance(receipt, str) else "")
