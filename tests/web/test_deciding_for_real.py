"""The installed service with its page, on the real portal and a real S3 server, in a browser."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import pytest

from syncd import text
from syncd.text import figures
from tests.support.cli_harness import Office, ended
from tests.web.browser import Browser
from tests.web.test_deciding import write_and_press
from tests.web.test_operators_page import ENTER, arrive, reach

pytestmark = pytest.mark.udata

LEA, RENE = "lea.martin@ville.example", "rene@ville.example"
TITLE = "Fréquentation des musées"
HEAD = b"id;nom;ville\n"
FULL = HEAD + b"".join(b"%d;Musee %d;Rouen\n" % (n, n) for n in range(200))
LATER = HEAD + b"".join(b"%d;Musee %d;Caen\n" % (n, n) for n in range(220))
CUT = HEAD + b"".join(b"%d;Musee %d;Caen\n" % (n, n) for n in range(20)) + b"900;Fabre;Sete\n"


@pytest.fixture
def home(chromium: Browser) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    chromium.without_scripts()
    figures.tell_time_in(ZoneInfo("Europe/Paris"))  # as manifests do that say no other
    try:
        yield f"http://localhost:{port}"
    finally:
        chromium.without_scripts(off=False)
        chromium.sends()


def test_a_held_file_is_published_and_put_back_by_the_one_whom_the_proxy_names(
    chromium: Browser, real: Office, home: str
) -> None:
    resource = real.target(TITLE, "musees.csv", FULL)
    assert real.sync().code == 0
    real.bucket.put("musees.csv", LATER)
    assert real.sync().code == 0
    real.bucket.put("musees.csv", CUT)
    assert real.sync().code == 3
    about = f"dataset={real.dataset}&resource={resource}"
    real.settings |= {
        "SYNCD_WEB": "on",
        "SYNCD_HTTP_ADDRESS": f"127.0.0.1:{home.rpartition(':')[2]}",
        "SYNCD_WEB_AUTH": "proxy",
        "SYNCD_WEB_URL": home,
        "SYNCD_WEB_PROXIES": "127.0.0.1",
        "SYNCD_WEB_OPERATORS": LEA,
        "SYNCD_WEB_READERS": RENE,
    }
    with real.start("run") as running:
        running.wait_for("service.started")
        running.wait_for("cycle.done")

        chromium.sends(X_Forwarded_Email=RENE)
        chromium.open(f"{home}/decision?{about}")
        assert "Fabre" in chromium.source()
        assert "<button" not in chromium.source()

        chromium.sends(X_Forwarded_Email=LEA)
        chromium.open(f"{home}/")
        reach(chromium, text.text("page.look_decision", title=TITLE))
        chromium.press(ENTER)
        arrive(chromium, f"{home}/decision?{about}")
        assert "Fabre" in chromium.source()  # what would change
        write_and_press(chromium, "vu avec eux", text.text("page.act_release", title=TITLE))
        arrive(chromium, f"{home}/resource?{about}")
        assert "The service goes on with it within seconds" in chromium.source()
        running.wait_for("publication.done")
        assert real.permanent_link(resource) == CUT

        (published,) = [one for one in history(real, resource) if one["trigger"] == "release"]
        assert (published["by"], published["note"]) == (LEA, "vu avec eux")
        before = next(one for one in history(real, resource) if one["size"] == len(LATER))
        chromium.open(f"{home}/resource?{about}")
        reach(chromium, text.text("page.put_back_here", date=before["done_at"]), at_most=60)
        chromium.press(ENTER)
        when = figures.local_date(before["done_at"])
        words = text.text("page.act_undo", when=when, size=len(LATER))
        write_and_press(chromium, "trop tot", words)
        arrive(chromium, f"{home}/resource?{about}")
        done = running.wait_for("page.decided")
        while done["act"] != "undo":
            done = running.wait_for("page.decided")
        assert (done["person"], done["result"]) == (LEA, "done")

        assert real.permanent_link(resource) == LATER
        last = history(real, resource)[-1]
        assert (last["trigger"], last["by"], last["note"]) == ("undo", LEA, "trop tot")
        assert real.online(resource)["title"] == TITLE
        chromium.open(f"{home}/resource?{about}")
        said = chromium.source()
        assert f"released by {LEA} “vu avec eux”" in said
        assert f"undone by {LEA} “trop tot”" in said
        ended(running)


def history(office: Office, resource: str) -> list[dict[str, object]]:
    found = json.loads(office.run("history", resource, "--json").out)
    lines: list[dict[str, object]] = found["publications"]
    return lines
