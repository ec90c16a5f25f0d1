"""Where messages and heartbeats arrive."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


class Listener:
    """A web server that keeps what it is sent. `takes` is asked before a message is kept: where it
    says no, the connection is closed without an answer."""

    def __init__(self) -> None:
        self.takes: Callable[[], bool] = lambda: True
        self.posted: queue.Queue[dict[str, Any]] = queue.Queue()
        self.asked: queue.Queue[str] = queue.Queue()
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if not listener.takes():
                    self.close_connection = True
                    return
                listener.posted.put({"path": self.path, **json.loads(body)})
                self._answer()

            def do_GET(self) -> None:
                listener.asked.put(self.path)
                self._answer()

            def _answer(self) -> None:
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.place = f"127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
