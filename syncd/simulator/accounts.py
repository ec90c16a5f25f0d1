"""Who is asking: keys, sessions, and the routes about oneself."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime

from werkzeug.wrappers import Response

from syncd.simulator import views
from syncd.simulator.exchange import CHALLENGE, Exchange, Refusal, as_json
from syncd.simulator.records import Person
from syncd.simulator.store import Store

COOKIE = "session"
_MAX_USER_AGENTS = 20


def identify(exchange: Exchange) -> None:
    """Whose request it is. A session cookie wins over the key, whatever the key says."""
    store = exchange.store
    from_session = _session(store, exchange.request.cookies.get(COOKIE))
    if from_session:
        exchange.person = from_session
        return
    key = exchange.request.headers.get("X-API-KEY")
    if not key:
        return
    token = store.token(key)
    if token is None:
        raise Refusal(401, "Invalid API token", headers=CHALLENGE)
    now = store.clock.now()
    if token.revoked_at:
        raise Refusal(401, "Revoked API token", headers=CHALLENGE)
    if token.expires_at and token.expires_at < now:
        raise Refusal(401, "Expired API token", headers=CHALLENGE)
    token.last_used_at = now
    agent = exchange.request.headers.get("User-Agent", "")
    if agent and agent not in token.user_agents and len(token.user_agents) < _MAX_USER_AGENTS:
        token.user_agents.append(agent)
    exchange.person = store.people[token.person]
    exchange.cookie = f"{token.person}.{_signature(store, token.person)}"


def _session(store: Store, cookie: str | None) -> Person | None:
    name, _, signature = (cookie or "").partition(".")
    good = name in store.people and hmac.compare_digest(signature, _signature(store, name))
    return store.people[name] if good else None


def _signature(store: Store, name: str) -> str:
    return hmac.new(store.secret.encode(), name.encode(), hashlib.sha256).hexdigest()


def me(exchange: Exchange) -> Response:
    person = exchange.secure()
    store = exchange.store
    return exchange.answer(views.me(exchange.base, person, store.organization, store.clock.now()))


def list_tokens(exchange: Exchange) -> Response:
    person = exchange.secure()
    own = [t for t in exchange.store.tokens if t.person == person.name and not t.revoked_at]
    own.sort(key=lambda t: t.created_at, reverse=True)
    return exchange.answer([views.token(t) for t in own])


def create_token(exchange: Exchange) -> Response:
    person = exchange.secure()
    wanted = exchange.form()
    expires_at = None
    if wanted.get("expires_at") is not None:
        try:
            expires_at = datetime.fromisoformat(wanted["expires_at"])
        except (TypeError, ValueError):
            raise Refusal(400, "Invalid expires_at format") from None
        if expires_at.tzinfo is None:
            expires_at = expires_at.replace(tzinfo=UTC)
        if expires_at < exchange.store.clock.now():
            raise Refusal(400, "expires_at must be in the future")
    token = exchange.store.new_token(person.name, wanted.get("name"), expires_at)
    return exchange.answer(views.token(token, with_secret=True), 201)


def revoke_token(exchange: Exchange, token: str) -> Response:
    person = exchange.secure()
    with exchange.store.writing():
        for known in exchange.store.tokens:
            if known.id == token and known.person == person.name:
                known.revoked_at = exchange.store.clock.now()
                return as_json(None, 204)
    raise Refusal(404, "Token not found")
