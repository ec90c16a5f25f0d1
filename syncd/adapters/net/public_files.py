"""Files that anybody may have, by HTTPS: asked without any key, of one server alone."""

from __future__ import annotations

import httpx

from syncd.adapters.net import limited_http
from syncd.adapters.net.options import NetworkOptions
from syncd.adapters.net.tls import trusting
from syncd.core.errors import CatalogueError


class PublicFiles:
    """`server`: an address on it. Redirections lead nowhere."""

    def __init__(self, server: str, network: NetworkOptions) -> None:
        self._host = httpx.URL(server).host
        self._network = network
        self._client = httpx.Client(
            headers=limited_http.ACCEPTED,
            transport=limited_http.Transport(
                verify=trusting(network.ca_bundle), proxy=network.proxy, trust_env=False
            ),
            timeout=httpx.Timeout(network.read_timeout, connect=network.connect_timeout),
            trust_env=False,
            follow_redirects=False,
        )

    def get(self, address: str, at_most: int) -> bytes:
        """`CatalogueError`."""
        budget = self._network.budget("schema")
        try:
            url = httpx.URL(address)
            if url.scheme != "https" or url.host != self._host:
                raise CatalogueError("schemas_elsewhere", address=address, host=self._host)
            with budget.active(), self._client.stream("GET", url) as streamed:
                answer = limited_http.whole(streamed, budget)
        except limited_http.FAILURES as error:
            detail = type(error).__name__
            raise CatalogueError("schemas_unreachable", address=address, detail=detail) from error
        if not answer.is_success or len(answer.content) > at_most:
            detail = str(answer.status_code)
            raise CatalogueError("schemas_unreachable", address=address, detail=detail)
        return answer.content

    def close(self) -> None:
        self._client.close()
