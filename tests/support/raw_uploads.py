"""Uploads as they travel: a test decides how much of one has left, and when."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

from tests.support.portal_servers import PortalServer


def raw_upload(portal_server: PortalServer, path: str, name: str, content: bytes) -> bytes:
    boundary = "frontiere"
    body = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    ).encode()
    body += content + f"\r\n--{boundary}--\r\n".encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {urlsplit(portal_server.url).netloc}\r\n"
        f"X-API-KEY: {portal_server.keys['editor']}\r\nAccept: application/json\r\n"
        f"Content-Type: multipart/form-data; boundary={boundary}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def connect(portal_server: PortalServer) -> socket.socket:
    parts = urlsplit(portal_server.url)
    return socket.create_connection((parts.hostname, parts.port), 30)
