"""What the operators' page is asked about: a simulated house in which much has happened."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import quote

import httpx
from starlette.types import ASGIApp

from syncd.actions.diff import of_holds
from syncd.actions.file_diff import FileDiff
from syncd.actions.selection import locations
from syncd.audit import Audit
from syncd.audit.inspect import inspect
from syncd.config.configuration import App
from syncd.config.manifest import LoadedManifest
from syncd.config.settings import Settings
from syncd.core.records import Outcome, Row
from syncd.core.service_records import ServiceNote
from syncd.notify.links import PREFIX, token
from syncd.service.http import AppServer
from syncd.service.instance_lock import InstanceLock
from syncd.text import figures
from syncd.web.access import Access
from syncd.web.acting import Acting
from syncd.web.application import page
from syncd.web.audits import Audits
from syncd.web.comparisons import Comparisons
from syncd.web.csrf import FIELD, Tokens
from syncd.web.people import Person
from syncd.web.reading import Reading
from syncd.web.theme import Theme
from tests.support.sync_harness import House

HOME = "http://127.0.0.1:8080"
KEY = "k" * 43
ODD = "<script>alert(1)</script> & “été” \x00\u2028\u202e</h2>"
CONTACT = "musees@ville.example"
LINK_KEY = "l" * 43
HEAD = b"id;nom;ville;entrees\n"
TOWNS = (b"Rouen", b"Caen", b"Le Havre", b"Dieppe")


def table(rows: int, first: int = 0) -> bytes:
    return HEAD + b"".join(
        b"%d;Mus\xc3\xa9e %d;%s;%d\n" % (n, n, TOWNS[n % 4], 1000 + n * 7)
        for n in range(first, first + rows)
    )


class PageWorld:
    """The page on the house's state, without a server. `held`: a resource that waits."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.held = ""
        self.compared = 0  # how often files were compared
        self.audited = 0  # how often the portal's catalogue was read
        self.audits = Audits(self.inspect, patience=30)
        self.patience = 60.0  # seconds that a page waits for what was decided on it
        self._manifest: LoadedManifest | None = None
        self._app: App | None = None
        self.page = self.made()

    def made(self, access: Access | None = None, theme: Theme | None = None) -> ASGIApp:
        """Anew: it remembers nothing."""
        reading = Reading(self.app, now=self.house.now, worked=lambda: 0.0)
        self.acting = Acting(reading, lambda _: self.house.adapters(), patience=self.patience)
        compared = Comparisons(self.compare, patience=30)
        access = replace(access or Access(), link_key=LINK_KEY)
        return page(reading, compared, access, self.acting, self.audits, theme)

    def opened_by(self, person: Person | None) -> ASGIApp:
        """As this person has it on this machine, however they signed in."""
        return self.made(Access(who=lambda _: person, key=KEY))

    def app(self) -> App:
        """As the service has it: the same until its manifest is another one."""
        if self._app is None or self._manifest is not self.house.manifest:
            path = self.house.folder / "manifest.yaml"
            path.write_text(self.house.text, encoding="utf-8")
            settings = Settings(
                manifest=path,
                state_dir=self.house.state,
                api_key="key",
                database_url=self.house.database,
            )
            self._manifest = self.house.manifest
            self._app = App(settings, self._manifest)
            figures.tell_time_in(self._manifest.timezone)
        return self._app

    def set(self, **settings: object) -> None:
        """From now on, with the manifest as it is."""
        app = self.app()
        self._app = App(app.settings.model_copy(update=settings), app.manifest)

    def compare(self, _: App, row: Row) -> FileDiff:
        self.compared += 1
        with self.house.adapters(read_only=True) as adapters:
            (found,) = of_holds([row], adapters)
            return found

    def inspect(self, app: App, now: datetime) -> Audit:
        self.audited += 1
        with self.house.adapters(read_only=True) as adapters:
            portal, ledger = adapters.portal, adapters.ledger
            sites, places = app.manifest.thematic, locations(app)
            return inspect(app.manifest.datasets, sites, portal, ledger, places, now)

    def get(self, address: str, method: str = "GET", **headers: str) -> httpx.Response:
        """`headers`: with _ for -."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return ask(self.page, address, method, named)

    def address(self, screen: str, resource: str = "") -> str:
        named = f"&resource={quote(resource)}" if resource else ""
        return f"/{screen}?dataset={self.house.dataset}{named}"

    def link(self, days: float = 30, contact: str = CONTACT) -> str:
        """A contact's."""
        until = self.house.now() + timedelta(days=days)
        return f"{PREFIX}{token(LINK_KEY, self.house.dataset, contact, until)}"

    @property
    def of_contacts(self) -> dict[str, str]:
        return {"deposits": self.link(), "deposits_refused": f"{PREFIX}nothing"}

    @property
    def screens(self) -> dict[str, str]:
        """An address of each."""
        return {
            "to_do": "/",
            "datasets": "/datasets",
            "dataset": self.address("dataset"),
            "resource": self.address("resource", self.held),
            "decision": self.address("decision", self.held),
            "audit": "/audit",
            "audited": self.address("audit"),
            "runs": "/runs",
            "manifest": "/manifest",
            "accessibility": "/accessibility",
            "refused": "/nothing",
        }


def ask(
    app: ASGIApp,
    address: str,
    method: str = "GET",
    headers: dict[str, str] | None = None,
    form: Mapping[str, str] | None = None,
    client: str = "127.0.0.1",
) -> httpx.Response:
    """`client`: the address of who asks."""

    async def asked() -> httpx.Response:
        transport = httpx.ASGITransport(app, raise_app_exceptions=True, client=(client, 40000))
        async with httpx.AsyncClient(transport=transport, base_url=HOME) as http:
            return await http.request(method, address, headers=headers, data=form)

    return asyncio.run(asked())


def send(app: ASGIApp, address: str, person: Person | None, **form: str) -> httpx.Response:
    """As the form of a page sends it that was made for this person just now."""
    token = Tokens(KEY, person.name).make() if person else ""
    return ask(app, address, "POST", {"Origin": HOME}, {FIELD: token, **form})


def furnished(house: House) -> PageWorld:
    """Months of publications, and something of each kind that a person must look at."""
    house.stop_the_clock()
    world = PageWorld(house)
    _publish_for_a_while(world)
    house.bucket.put("musees/frequentation.csv", table(24, first=3) + b"900;Fabre;Montpellier;12\n")
    _trouble(world)
    house.pass_time(60)  # one name, one dataset, one second
    assert states(house.sync()) >= {Outcome.HELD, Outcome.MISSING, Outcome.REPLACED}
    house.pass_time(2 * 86400)
    house.sync()
    return world


def states(report: object) -> set[Outcome]:
    return {one.outcome for one in report.results}  # type: ignore[attr-defined]  # a report


def _publish_for_a_while(world: PageWorld) -> None:
    house = world.house
    world.held = house.resource(
        "Fréquentation des musées de Normandie", "frequentation.csv", table(100)
    )
    house.target(world.held, "musees/frequentation.csv", guards={"rows": "30%"})
    for count in (104, 110, 109, 121):
        house.pass_time(6 * 86400)
        house.bucket.put("musees/frequentation.csv", table(count))
        house.sync()
    house.pass_time(2 * 86400)


def _trouble(world: PageWorld) -> None:
    house = world.house
    gone = house.resource("Adresses des bibliothèques", content=table(30))
    house.target(gone, "biblio/adresses.csv")
    odd = house.resource(ODD, content=table(12))
    house.target(odd, "odd/<img src=x onerror=alert(2)>.csv")
    house.bucket.put("odd/<img src=x onerror=alert(2)>.csv", table(14))
    fresh = house.resource("Marchés publics conclus", content=table(50))
    house.target(fresh, "marches/2026.csv", expect={"every": "1d", "grace": "1h"})
    house.bucket.put("marches/2026.csv", table(52))
    paused = house.resource("Cantines scolaires", content=table(9))
    house.target(paused, "cantines.csv", paused="travaux jusqu’en janvier")
    page_ = house.resource("Qualité de l’air", content=table(80))
    house.target(page_, "air/mesures.csv")
    house.bucket.put("air/mesures.csv", b"<!DOCTYPE html><html><body>Erreur 502</body></html>")
    house.contact = CONTACT
    second = house.portal.new_dataset("Jours d’ouverture des piscines")
    pool = house.portal.new_resource(second, "piscines.csv", table(5), title="Piscines")
    house.more = (
        f"  - dataset: {second}\n    resources:\n"
        f"      - {{resource: {pool}, object: piscines.csv}}\ntimezone: Europe/Paris\n"
    )
    house.bucket.put("piscines.csv", table(6))


@contextmanager
def note_service(house: House) -> Iterator[None]:
    """As if a service ran on this state; nobody does what it is asked for."""
    with InstanceLock(house.state):
        with house.adapters() as adapters:
            note = ServiceNote("a service", house.now(), {"pid": 1})
            adapters.ledger.put_service(note)  # type: ignore[attr-defined]  # the service's
        yield


@contextmanager
def served(app: ASGIApp) -> Iterator[str]:
    """Its address, on a free port of this machine."""
    server = AppServer("127.0.0.1:0", app)
    server.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.close()
