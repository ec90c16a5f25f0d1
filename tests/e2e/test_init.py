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


# -- the house grows -------------------------------------------------------------------------------


def _festivals(office: Office, dataset: str = "") -> dict[str, str]:
    """Two years online, four in the bucket; one PDF on either side, under other names."""
    found = {
        "2023": office.resource("Festivals 2023", "festivals_2023.csv", SURE[1], dataset=dataset),
        "2024": office.resource("Festivals 2024", "festivals_2024.csv", SURE[2], dataset=dataset),
        "notice": office.resource(
            "Notice", "notice.pdf", b"%PDF-1.4\nvieux\n%%EOF", dataset=dataset
        ),
    }
    put = office.bucket.put
    put("festivals/festivals_2023.csv", SURE[1])
    put("festivals/festivals_2024.csv", SURE[2])
    put("festivals/festivals_2025.csv", NEWER)
    put("festivals/festivals_2026.csv", NEWER + b"Lam;Lille\n")
    put("festivals/Mode d'emploi.pdf", b"%PDF-1.4\nneuf\n%%EOF")
    put("autres/plan.pdf", b"%PDF-1.4\nautre\n%%EOF")
    return found


def _in_place_of_their_entries(text: str) -> str:
    """An operator's edit: the `##` lines of `each`, and not those of the years' resources."""
    lines = text.splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith("      ## - each:"))
    end = next(n for n in range(start, len(lines)) if not re.match("      ## [- ] ", lines[n]))
    family = [line.replace("## ", "", 1) for line in lines[start:end]]
    ids = re.findall(r": ([0-9a-f-]{36})", "\n".join(family))
    left = [
        line
        for n, line in enumerate(lines)
        if not start <= n < end
        and not any(one in line for one in ids)
        and not re.match(r"\s+object: festivals/festivals_20", line)
    ]
    at = next(n for n, line in enumerate(left) if line.strip() == "resources:") + 1
    return "\n".join([*left[:at], *family, *left[at:]]) + "\n"


def test_years_are_proposed_as_each_with_the_resources_that_are_known(office: Office) -> None:
    known = _festivals(office)
    done = office.run(*_init(office, office.dataset, "--portal", office.portal.url))
    assert done.code == 0, done.all
    assert '## - each: "festivals/festivals_{annee:yyyy}.csv"' in done.out
    assert "festivals_2026.csv, festivals/festivals_2025.csv" in " ".join(done.out.split())
    manifest = office.folder / "annees.yaml"
    manifest.write_text(_in_place_of_their_entries(done.out), "utf-8")
    office.settings["SYNCD_MANIFEST"] = str(manifest)
    checked = office.run("check")
    assert checked.code == 0, checked.all + manifest.read_text("utf-8")
    synced = office.sync().document
    assert synced["summary"] == {"adopted": 2, "created": 2}
    titles = {one["title"] for one in office.portal.dataset(office.dataset)["resources"]}
    assert titles == {"Notice", *(f"Festivals {year}" for year in range(2023, 2027))}
    assert office.online(known["2023"])["checksum"]["value"] == sha1(SURE[1])


def test_the_only_pdf_where_the_other_files_lie_is_proposed_for_the_only_pdf_resource(
    office: Office,
) -> None:
    known = _festivals(office)
    done = office.run(*_init(office, office.dataset, "--portal", office.portal.url))
    lines = done.out.splitlines()
    at = next(n for n, line in enumerate(lines) if known["notice"] in line and "# - " in line)
    assert lines[at + 1].strip() == '# object: "festivals/Mode d\'emploi.pdf"'
    assert "autres/plan.pdf" not in "".join(lines[at - 3 : at + 2])


def test_datasets_are_added_to_a_manifest_and_its_own_words_stay(office: Office) -> None:
    office.target("Musées", "musees.csv", SURE[0])
    office.write_manifest()
    mine = office.manifest.read_text("utf-8").replace("datasets:\n", "datasets:   # à moi\n")
    mine += "\n# la fin\n"
    office.manifest.write_text(mine, "utf-8")
    office.manifest.chmod(0o640)
    kept = office.folder / "ailleurs.yaml"  # behind a link, which stays
    office.manifest.rename(kept)
    office.manifest.symlink_to(kept)
    other = office.portal.new_dataset("Festivals")
    known = _festivals(office, other)
    office.bucket.put("autre/musees.csv", SURE[0])

    empty, gone = office.portal.new_dataset("Sans fichier"), office.portal.new_dataset("Archivé")
    office.portal.lab("archive", {"dataset": gone})

    def add(*datasets: str) -> tuple[int, str]:
        with office.running("init", *datasets, "--into", str(office.manifest)) as running:
            done = running.finish()
        assert done.out == ""
        return done.code, " ".join(done.said)

    code, said = add(office.dataset, other, empty, gone)
    assert code == 0, said
    assert office.dataset in said  # is there already
    assert "“Sans fichier”: Left out: the dataset has no resource" in said
    assert "“Archivé”: Left out: the dataset is archived" in said
    after = office.manifest.read_text("utf-8")
    rest = iter(after.splitlines())
    assert all(line in rest for line in mine.splitlines())
    assert after.index(other) < after.index("# la fin")
    assert [one for one in (empty, gone) if one in after] == []
    assert f"- resource: {known['2023']}\n        object: festivals/festivals_2023.csv" in after
    assert office.manifest.stat().st_mode & 0o777 == 0o640
    assert office.manifest.is_symlink()
    assert [p.name for p in office.folder.iterdir() if "manifest" in p.name] == ["manifest.yaml"]
    with office.running("plan", "--json") as running:
        assert running.finish().document["summary"] == {"adopt": 2, "replace": 1}
    code, said = add(office.dataset, other)
    assert (code, office.manifest.read_text("utf-8")) == (0, after)


def test_a_manifest_that_cannot_take_datasets_is_left_as_it_is(office: Office) -> None:
    _fill(office)

    def refused(manifest: str, *more: str) -> tuple[int, str]:
        path = office.folder / "mine.yaml"
        path.write_text(manifest, "utf-8")
        with office.running("init", office.dataset, "--into", str(path), *more) as running:
            done = running.finish()
        assert "Traceback" not in done.all
        assert path.read_text("utf-8") == manifest
        return done.code, " ".join(done.said)

    other = office.portal.new_dataset("Ailleurs")
    office.entry(dataset=other, resource="47ac11c2-8a00-46a7-9fa8-9b802643f975", object="a.csv")
    good = office.text
    code, said = refused(good.replace("version: 1", "version: 2"))
    assert code == 2
    brackets = re.sub(
        r"datasets:\n  - dataset: (\S+)\n    resources:\n      - (.*)\n",
        r"datasets: [{dataset: \1, resources: [\2]}]\n",
        good,
    )
    code, said = refused(brackets)
    assert (code, "dash" in said) == (2, True), said
    large = good + "# " + "x" * (2 * 1024 * 1024 - len(good.encode()) - 10) + "\n"
    code, said = refused(large)  # whole as it is, and too large with more
    assert (code, "was left as it is" in said) == (2, True), said
    code, said = refused(good, "--bucket", "b", "--endpoint", "https://s3.example.fr")
    assert (code, "--source" in said) == (2, True)
    code, said = refused(good, "--portal", "https://www.data.gouv.fr")
    assert (code, "https://www.data.gouv.fr" in said) == (2, True)
    code, said = refused(good, "--source", "autre")
    assert (code, "autre" in said) == (2, True)
