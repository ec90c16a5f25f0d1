#!/usr/bin/env python3
"""Serve a throw-away, REAL udata API on 127.0.0.1 for client integration tests.

Usage:
    serve_udata.py [--port 0] [--state DIR] [--ready-file FILE] [--set NAME=JSON ...]

Prints (and writes to --ready-file) one JSON document with the base URL, the API
keys and the identifiers of the seeded objects, then serves until SIGTERM/SIGINT.

Nothing here leaves the loopback interface.  Background tasks run inline (celery
"always eager"), mails/search/hydra/cache/broker are all switched off by settings.
"""
import argparse
import json
import os
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time
from pathlib import Path

T0 = time.monotonic()


def options():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--port", type=int, default=0, help="0 = any free port")
    p.add_argument("--state", help="directory for files (default: new temp dir)")
    p.add_argument("--ready-file", help="where to write the JSON description once ready")
    p.add_argument("--set", action="append", default=[], metavar="NAME=JSON",
                   help="override a setting udata reads per request, e.g. READ_ONLY_MODE=true")
    return p.parse_args()


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def use_mongomock():
    """Keep the documents in this process: the two patches it needs."""
    import mongoengine
    import mongomock
    from mongomock.collection import Collection

    # 1. udata calls mongoengine.connect() with settings only, and there is no setting
    #    for the client class.
    connect = mongoengine.connect

    def connect_to_mock(db=None, alias="default", **settings):
        for name in ("connect", "host", "port"):
            settings.pop(name, None)
        return connect(db, alias=alias, mongo_client_class=mongomock.MongoClient, **settings)

    mongoengine.connect = connect_to_mock

    # 2. mongomock 4.3.0 loses every $set key that follows a "list.$" key (it goes on with
    #    the list element as the document), so a replaced resource would leave the
    #    dataset's last_modified untouched.  Positional keys go last here.
    # The lock gives the per-document atomicity a real MongoDB has.
    update = Collection._update
    one_at_a_time = threading.RLock()

    def update_positional_last(self, spec, document, *args, **kwargs):
        if isinstance(document, dict) and "$set" in document:
            ordered = sorted(document["$set"].items(), key=lambda item: "$" in item[0])
            document = {**document, "$set": dict(ordered)}
        with one_at_a_time:
            return update(self, spec, document, *args, **kwargs)

    Collection._update = update_positional_last
    return "mongodb://127.0.0.1:1/udata"  # only its database name is used


def make_app(db_url, state, port):
    os.environ["UDATA_SETTINGS"] = str(state / "absent.cfg")
    from udata.app import create_app, standalone
    from udata.settings import Defaults

    class Lab(Defaults):
        MONGODB_HOST = db_url
        SEND_MAIL = False
        CELERY_TASK_ALWAYS_EAGER = True
        CELERY_TASK_EAGER_PROPAGATES = False
        CACHE_TYPE = "flask_caching.backends.SimpleCache"
        API_TOKEN_SECRET = "lab-only"
        SESSION_COOKIE_SECURE = False
        WTF_CSRF_ENABLED = False
        SECURITY_EMAIL_VALIDATOR_ARGS = {"check_deliverability": False}
        # hosted files get http://127.0.0.1:PORT/s/resources/... URLs
        URLS_ALLOW_LOCAL = True
        URLS_ALLOW_PRIVATE = True
        URLS_RESOLVE_HOSTNAME = False
        FS_ROOT = str(state / "fs")
        FS_PREFIX = "/s"
        FS_SERVE = True
        PUBLISH_ON_RESOURCE_EVENTS = False
        HARVESTER_BACKENDS = []
        # makes `page` non-null like on data.gouv.fr
        CDATA_BASE_URL = f"http://127.0.0.1:{port}/web"

    return standalone(create_app(Lab))


def add_lab_routes(app):
    """States that clients cannot make, for tests: the same routes as the simulator's."""
    from datetime import UTC, datetime, timedelta

    from flask import jsonify, request
    from udata.core.api_token.models import ApiToken, _hash_token
    from udata.core.dataset.models import (
        Dataset,
        HarvestDatasetMetadata,
        HarvestResourceMetadata,
    )
    from udata.core.organization.models import Member, Organization
    from udata.core.user.models import User

    harvested = datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC)

    @app.post("/lab/harvest/")
    def lab_harvest():
        wanted = request.get_json()
        dataset = Dataset.objects.get(id=wanted["dataset"])
        if wanted.get("resource"):
            resource = next(r for r in dataset.resources if str(r.id) == wanted["resource"])
            resource.harvest = HarvestResourceMetadata(
                uri="https://source.example.org/jeu-1/fichier", modified_at=harvested
            )
        else:
            dataset.harvest = HarvestDatasetMetadata(
                backend="dcat", domain="source.example.org",
                source_id="0123456789abcdef01234567",
                source_url="https://source.example.org/catalogue",
                remote_id="jeu-1", remote_url="https://source.example.org/jeu-1",
                uri="https://source.example.org/jeu-1", last_update=harvested,
            )
        dataset.save()
        return jsonify({})

    @app.post("/lab/archive/")
    def lab_archive():
        dataset = Dataset.objects.get(id=request.get_json()["dataset"])
        dataset.archived = datetime.now(UTC)
        dataset.save()
        return jsonify({})

    @app.post("/lab/transfer/")
    def lab_transfer():
        wanted = request.get_json()
        people = [User.objects.get(first_name=name.capitalize()) for name in wanted["members"]]
        other = Organization(
            name=wanted["name"], description="Une autre organisation",
            members=[Member(user=user, role="editor") for user in people],
        ).save()
        dataset = Dataset.objects.get(id=wanted["dataset"])
        dataset.organization = other  # as `accept_transfer` does
        dataset.save()
        return jsonify({})

    @app.post("/lab/settings/")
    def lab_settings():
        wanted = request.get_json()
        before = {name: app.config[name] for name in wanted}
        app.config.update(wanted)
        return jsonify(before)

    @app.post("/lab/expire/")
    def lab_expire():
        token = ApiToken.objects.get(token_hash=_hash_token(request.get_json()["token"]))
        token.expires_at = datetime.now(UTC) - timedelta(seconds=1)
        token.save()
        return jsonify({})


def seed(app, base):
    """One organization, four users, one dataset with an uploaded and a remote resource."""
    from datetime import UTC, datetime

    from udata.core.api_token.models import ApiToken
    from udata.core.dataset.models import Checksum, Dataset, License, Resource
    from udata.core.organization.models import Member, Organization
    from udata.core.user.models import Role, User, datastore

    def person(first, **extra):
        user = datastore.create_user(
            first_name=first, last_name="Lab", email=f"{first.lower()}@example.org",
            password="x" * 12, active=True, confirmed_at=datetime.now(UTC), **extra,
        )
        user.save()
        return user

    with app.app_context(), app.test_request_context(base_url=base):
        for model in (User, Organization, Dataset, ApiToken):
            model.ensure_indexes()
        admin_role = Role.objects(name="admin").first() or Role.objects.create(name="admin")
        License(id="lov2", title="Licence Ouverte 2.0").save()
        admin = person("Sysadmin", roles=[admin_role])
        editor = person("Editor")
        orgadmin = person("Orgadmin")
        partial = person("Partial")
        stranger = person("Stranger")
        org = Organization(
            name="Ville de Test", description="Organisation de laboratoire",
            members=[Member(user=editor, role="editor"), Member(user=orgadmin, role="admin"),
                     Member(user=partial, role="partial_editor")],
        ).save()
        keys = {u.first_name.lower(): ApiToken.generate(u, name="lab")[1]
                for u in (admin, editor, orgadmin, partial, stranger)}
        dataset = Dataset(
            title="Arbres remarquables", organization=org, frequency="daily",
            description="Jeu de données de laboratoire. " * 5, tags=["arbres", "nature"],
            license=License.objects(id="lov2").first(),
        ).save()
        dataset.add_resource(Resource(
            title="Documentation distante", type="documentation", filetype="remote",
            url="https://www.example.org/doc.pdf", format="pdf", mime="application/pdf",
            checksum=Checksum(type="sha1", value="0" * 40), filesize=1234,
        ))
        facts = {"dataset": {"id": str(dataset.id), "slug": dataset.slug},
                 "organization": {"id": str(org.id), "slug": org.slug},
                 "keys": keys,
                 "resources": {"remote": str(dataset.resources[0].id)}}

    # The uploaded resource goes through the real endpoint, as a client would do it.
    import io

    answer = app.test_client().post(
        f"/api/1/datasets/{facts['dataset']['id']}/upload/",
        data={"file": (io.BytesIO(b"id,nom\n1,chene\n"), "Arbres 2024.csv")},
        headers={"X-API-KEY": keys["editor"]}, base_url=base,
        content_type="multipart/form-data",
    )
    if answer.status_code != 201:
        raise SystemExit(f"seeding upload failed: {answer.status_code} {answer.data[:2000]!r}")
    facts["resources"]["uploaded"] = answer.json["id"]
    return facts


def main():
    opt = options()
    made = opt.state is None
    state = Path(opt.state or tempfile.mkdtemp(prefix="udata-lab-")).resolve()
    (state / "fs").mkdir(parents=True, exist_ok=True)
    try:
        serve(opt, state)
    finally:
        if made:
            shutil.rmtree(state, ignore_errors=True)


def serve(opt, state):
    port = opt.port or free_port()
    base = f"http://127.0.0.1:{port}"
    app = make_app(use_mongomock(), state, port)
    t_app = time.monotonic() - T0
    add_lab_routes(app)
    facts = seed(app, base)
    for item in opt.set:  # after seeding, which READ_ONLY_MODE would refuse
        name, _, value = item.partition("=")
        app.config[name] = json.loads(value)

    from werkzeug.serving import WSGIRequestHandler, make_server

    class Handler(WSGIRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_request(self, code="-", size="-"):
            sys.stderr.write(f"{self.command} {self.path} {code}\n")

    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=Handler)
    facts |= {"base": base, "state": str(state), "pid": os.getpid(),
              "seconds": {"app": round(t_app, 2), "ready": round(time.monotonic() - T0, 2)}}
    text = json.dumps(facts, indent=1)
    if opt.ready_file:
        part = Path(opt.ready_file + ".part")
        part.write_text(text)
        part.rename(opt.ready_file)  # whoever polls for the file never sees half of it
    print(text, flush=True)

    for sig in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sig, lambda *_: threading.Thread(target=server.shutdown, daemon=True).start())
    server.serve_forever()


if __name__ == "__main__":
    main()
