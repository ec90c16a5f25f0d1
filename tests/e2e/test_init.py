"""The first hour: from the address of a dataset's page to files online."""

from __future__ import annotations

import re
from pathlib import Path

from tests.support.cli_harness import Office, sha1

SURE = (b"nom;ville\nLouvre;Paris\n", b"nom;annee\nAvignon;1947\n", b"a;b\n1;2\n3;4\n")
NEWER = b"nom;ville\nOrsay;Paris\nLouvre;Paris\n"


def _fill(office: Office) -> dict[str, str]:
    """Five resources and twelve objects; resource ids by what they are an example of."""
    found = {
        "same": office.resource("Les musées", "liste_musees.csv", SURE[0]),
        "same2": office.resource("Les festivals", "festivals.csv", SURE[1]),
        "same3": office.resource("Les chiffres", "chiffres.csv", SURE[2]),
        "name": office.resource(
            "Les monuments", "monuments_historiques.csv", b"nom;ville\nLens;Lens\n"
        ),
        "date": office.resource("Archives 2024", "archives_2024.csv", b"an;n\n2024;1\n"),
    }
    put = office.bucket.put
    put("musees/liste_musees.csv", SURE[0])
    put("festivals/export.csv", SURE[1])
    put("divers/chiffres.csv", SURE[2])
    put("monuments/Monuments historiques.csv", NEWER)
    for year in (2025, 2026):
        put(f"archives/archives_{year}.csv", f"an;n\n{year};2\n".encode())
    for n in range(6):
        put(f"autres/sans-rapport-{n}.csv", b"x\n")
    return found


def _init(office: Office, *arguments: str) -> tuple[str, ...]:
    endpoint, bucket = office.bucket.endpoint, office.bucket.bucket
    return ("init", *arguments, "--endpoint", endpoint, "--bucket", bucket)


def _uncommented(text: str, line: str) -> str:
    """An operator's edit: the `# ` before the entry that has this line."""
    assert line in text
    before, after = text.split(line, 1)
    head, resource = before.rsplit("# - resource:", 1)
    return f"{head}- resource:{resource}{line.removeprefix('# ')}{after}"


def test_init_two_edits_check_plan_and_sync_bring_the_files_online(real: Office) -> None:
    known = _fill(real)
    page = real.portal.dataset(real.dataset)["page"]
    done = real.run(*_init(real, page, "--output", str(real.folder / "neuf.yaml")))
    assert done.code == 0, done.all
    text = (real.folder / "neuf.yaml").read_text("utf-8")
    sure = re.findall(r"^ {6}- resource: (\S+)\n +object: (.+)$", text, re.MULTILINE)
    assert dict(sure) == {
        known["same"]: "musees/liste_musees.csv",
        known["same2"]: "festivals/export.csv",
        known["same3"]: "divers/chiffres.csv",
    }
    assert "autres/sans-rapport-0.csv" in text
    assert 'newest: "archives/archives_*.csv"' in text

    text = _uncommented(text, "# object: monuments/Monuments historiques.csv")
    text = _uncommented(text, "# object: archives/archives_2026.csv")
    (real.folder / "neuf.yaml").write_text(text, "utf-8")
    real.settings["SYNCD_MANIFEST"] = str(real.folder / "neuf.yaml")

    checked = real.run("check", "--online")
    assert checked.code == 0, checked.all
    planned = real.run("plan", "--json").document
    assert planned["summary"] == {"adopt": 3, "replace": 2}
    synced = real.sync()
    assert synced.code == 0, synced.all
    assert real.online(known["name"])["checksum"]["value"] == sha1(NEWER)
    assert real.online(known["date"])["title"] == "Archives 2024"


def test_init_prints_the_manifest_alone_on_stdout_and_works_without_a_key(office: Office) -> None:
    _fill(office)
    office.settings["SYNCD_API_KEY"] = ""
    arguments = _init(office, office.dataset, "--portal", office.portal.url)
    environment = {name: v for name, v in office.environment.items() if name != "SYNCD_API_KEY"}
    office.settings.clear()
    from tests.support.cli_harness import Running

    with Running(arguments, environment, office.folder) as running:
        done = running.finish()
    assert done.code == 0, done.all
    assert done.out.startswith("## ")
    (office.folder / "from-stdout.yaml").write_text(done.out, "utf-8")
    office.settings["SYNCD_MANIFEST"] = str(office.folder / "from-stdout.yaml")
    assert office.run("check").code == 0


def test_a_file_that_is_there_is_left_as_it_is_unless_told(office: Office) -> None:
    _fill(office)
    there = office.folder / "there.yaml"
    there.write_text("mine\n")
    arguments = _init(office, office.dataset, "--portal", office.portal.url, "--output", str(there))
    refused = office.run(*arguments)
    assert (refused.code, there.read_text()) == (2, "mine\n")
    assert str(there) in refused.all
    assert "--overwrite" in refused.all
    assert office.run(*arguments, "--overwrite").code == 0
    assert there.read_text().startswith("## ")
    assert sorted(p.name for p in office.folder.iterdir() if "there" in p.name) == ["there.yaml"]


def test_the_bucket_may_come_from_the_manifest_that_is_there(office: Office) -> None:
    known = _fill(office)
    office.entry(resource=known["same"], object="musees/liste_musees.csv")
    done = office.run("init", office.dataset)
    assert done.code == 0, done.all
    assert f"endpoint: {office.bucket.endpoint}" in done.out
    assert f"portal: {office.portal.url}" in done.out
    assert "addressing: path" in done.out


def test_an_organization_brings_all_its_datasets_and_says_which_are_left_out(
    office: Office,
) -> None:
    _fill(office)
    portal = office.portal
    archived, deleted = portal.new_dataset("Vieux jeu"), portal.new_dataset("Jeu effacé")
    portal.lab("archive", {"dataset": archived})
    portal.call("DELETE", f"/api/1/datasets/{deleted}/", "orgadmin")
    remote = portal.call(
        "POST",
        f"/api/1/datasets/{office.dataset}/resources/",
        json={
            "title": "Un lien",
            "filetype": "remote",
            "type": "main",
            "format": "csv",
            "url": "https://example.fr/a.csv",
        },
    ).json()["id"]
    done = office.run(*_init(office, "--organization", portal.organization, "--portal", portal.url))
    assert done.code == 0, done.all
    assert f"- dataset: {office.dataset}" in done.out
    assert "Vieux jeu" in done.out
    assert archived not in re.findall(r"- dataset: (\S+)", done.out)
    assert "Jeu effacé" not in done.out
    assert remote not in re.findall(r"- resource: (\S+)", done.out)
    assert "Un lien" in done.out


def _said(office: Office, *arguments: str) -> tuple[int, str]:
    done = office.run(*arguments)
    assert "Traceback" not in done.all
    return done.code, " ".join(done.said)


def test_trouble_is_one_sentence_and_writes_nothing(office: Office) -> None:
    output = office.folder / "none.yaml"
    base = ("--portal", office.portal.url, "--output", str(output))
    code, said = _said(office, *_init(office, "pas-un-jeu", *base))
    assert (code, "pas-un-jeu" in said) == (2, True)
    code, said = _said(office, *_init(office, "un jeu !", *base))
    assert (code, "un jeu !" in said) == (2, True)
    other = "https://www.data.gouv.fr/datasets/liste-des-musees/"
    code, said = _said(office, *_init(office, other, *base))
    assert (code, "https://www.data.gouv.fr" in said) == (2, True)
    base_of_nobody = ("--portal", "https://169.254.169.254")
    code, said = _said(office, *_init(office, office.dataset, *base_of_nobody))
    assert (code, "https://169.254.169.254" in said) == (2, True)
    code, said = _said(office, *_init(office, "https://2852039166/datasets/musees/"))
    assert (code, "https://2852039166" in said) == (2, True)
    code, said = _said(office, "init", office.dataset, *base, "--endpoint", "http://x")
    assert (code, "--bucket" in said) == (2, True)
    wrong = ("--endpoint", "http://x/dossier", "--bucket", "depot")
    code, said = _said(office, "init", office.dataset, *base, *wrong)
    assert (code, "http://x/dossier" in said) == (2, True)
    missing = ("--endpoint", office.bucket.endpoint, "--bucket", "pas-de-compartiment")
    code, said = _said(office, "init", office.dataset, *base, *missing)
    assert (code, "pas-de-compartiment" in said) == (1, True)
    code, said = _said(office, *_init(office, "--organization", "personne", *base))
    assert (code, "personne" in said) == (2, True)
    code, said = _said(office, *_init(office, office.dataset, "--output", "/nulle/part.yaml"))
    assert (code, "/nulle/part.yaml" in said) == (2, True)
    code, said = _said(office, "init")
    assert code == 2
    assert not output.exists()
    assert not Path("/nulle").exists()
