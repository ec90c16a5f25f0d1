"""Routes that no portal has: states that clients cannot make, for tests.

The launcher of the real portal software in `tests/udata` has the same ones.
"""

from __future__ import annotations

from werkzeug.wrappers import Response

from syncd.simulator.exchange import Exchange, Refusal, as_json


def harvest(exchange: Exchange) -> Response:
    """`{"dataset": id, "resource": id or null}`"""
    wanted = exchange.form()
    exchange.store.harvest(wanted["dataset"], wanted.get("resource"))
    return as_json({}, 200)


def archive(exchange: Exchange) -> Response:
    """`{"dataset": id}`"""
    exchange.store.archive(exchange.form()["dataset"])
    return as_json({}, 200)


def transfer(exchange: Exchange) -> Response:
    """`{"dataset": id, "name": of another organization, "members": people who are its editors}`"""
    wanted = exchange.form()
    exchange.store.transfer(wanted["dataset"], wanted["name"], wanted["members"])
    return as_json({}, 200)


def settings(exchange: Exchange) -> Response:
    """`{"READ_ONLY_MODE": true}`: answers what the settings were before."""
    wanted = exchange.form()
    known = exchange.store.settings
    unknown = sorted(set(wanted) - set(known))
    if unknown:
        raise Refusal(400, f"unknown settings: {', '.join(unknown)}")
    before = {name: known[name] for name in wanted}
    known.update(wanted)
    return as_json(before, 200)


def expire(exchange: Exchange) -> Response:
    """`{"token": secret}`: it expired a second ago."""
    exchange.store.expire_token(exchange.form()["token"])
    return as_json({}, 200)
