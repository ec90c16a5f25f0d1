"""What `syncd check --online` finds."""

from __future__ import annotations

from collections.abc import Mapping

from syncd.core.i18n_markers import N_, NP_

PREFLIGHT: Mapping[str, str] = {
    "route_direct": N_("The way to {host} is direct, without a proxy."),
    "route_proxy": N_("The way to {host} leads through the proxy {proxy}."),
    "key_belongs": N_("The key belongs to {name}."),
    "key_reach_narrow": N_("The key may write to datasets of the manifest, and to no other."),
    "key_reach_wide": NP_(
        "The key may also write to {count:n} dataset that the manifest does not name. A partial editor "
        "to whom only the manifest's datasets are assigned can do no harm elsewhere: see "
        "docs/securite.md.",
        "The key may also write to {count:n} datasets that the manifest does not name. A partial "
        "editor to whom only the manifest's datasets are assigned can do no harm elsewhere: see "
        "docs/securite.md.",
        by="count",
    ),
    "key_reach_open": NP_(
        "The key may also write to {count:n} dataset at least that the manifest does not name; not all "
        "of them were counted. A partial editor to whom only the manifest's datasets are assigned can "
        "do no harm elsewhere: see docs/securite.md.",
        "The key may also write to {count:n} datasets at least that the manifest does not name; not "
        "all of them were counted. A partial editor to whom only the manifest's datasets are assigned "
        "can do no harm elsewhere: see docs/securite.md.",
        by="count",
    ),
    "key_reach_everything": N_(
        "The key is that of an administrator of the portal, and may write to everything there. Use the "
        "key of a partial editor: see docs/securite.md."
    ),
    "key_expires": NP_(
        "The key expires on {date:date}, in {days:n} day.",
        "The key expires on {date:date}, in {days:n} days.",
        by="days",
    ),
    "key_expires_unknown": N_("The portal names no day on which the key expires."),
    "clock_right": N_("This machine's clock agrees with that of {host} ({seconds:n} s)."),
    "clock_unknown": N_("{host} does not tell the time, so this machine's clock was not compared."),
    "clock_off": N_(
        "This machine's clock differs from that of {host} by {seconds:n} s. Set the clock (NTP): above "
        "15 minutes S3 refuses every request."
    ),
    "notify_test_sent": N_(
        "{address} took a test message (number {place} in SYNCD_NOTIFY_URLS). Look whether it arrived."
    ),
    "notify_test_failed": N_(
        "{address} did not take a test message ({detail}): number {place} in SYNCD_NOTIFY_URLS. Correct "
        "the address there, or ask those who run that server."
    ),
    "notify_test_contact_sent": NP_(
        "{address} took a test message: the contact of {datasets:n} dataset.",
        "{address} took a test message: the contact of {datasets:n} datasets.",
        by="datasets",
    ),
    "notify_test_contact_failed": NP_(
        "{address} did not take a test message ({detail}): the contact of {datasets:n} dataset. Correct "
        "SYNCD_CONTACT_URL, or `contact` in the manifest.",
        "{address} did not take a test message ({detail}): the contact of {datasets:n} datasets. Correct "
        "SYNCD_CONTACT_URL, or `contact` in the manifest.",
        by="datasets",
    ),
    "notify_test_contact_left": NP_(
        "{address} is the contact of {datasets:n} dataset, and was not written to: `syncd check --online "
        "--notify-test=contacts` does.",
        "{address} is the contact of {datasets:n} datasets, and was not written to: `syncd check --online "
        "--notify-test=contacts` does.",
        by="datasets",
    ),
    "notify_test_nobody": N_(
        "Nobody is told when something needs a person: SYNCD_NOTIFY_URLS is not set. Write the address "
        "of those who run syncd there."
    ),
    "notify_test_no_contact_url": NP_(
        "The manifest names {count:n} contact, who is not written to: SYNCD_CONTACT_URL is not set.",
        "The manifest names {count:n} contacts, who are not written to: SYNCD_CONTACT_URL is not set.",
    ),
    "notify_test_alone": N_(
        "`--notify-test` is a part of the online check: write `syncd check --online --notify-test`."
    ),
    "extensions_accepted": N_("The portal accepts {count:n} file extensions."),
    "bucket_readable": N_("The bucket {bucket} on {endpoint} can be listed and read."),
    "bucket_listable": N_(
        "The bucket {bucket} on {endpoint} can be listed; it has no object yet on which reading "
        "could be tried."
    ),
    "events_queue_readable": N_("The queue {queue} can be read; no message was taken from it."),
    "events_come": N_(
        "The server of the source {source} tells of its objects: last on {last:date}."
    ),
    "events_none": N_(
        "A file was deposited in the source {source} on {deposited:date}, and its server has told of "
        "nothing since syncd was started. syncd finds files by its schedule all the same. See what the "
        "server says of its events, and what syncd's log says (`events.refused`): docs/evenements.md."
    ),
    "events_ceased": N_(
        "A file was deposited in the source {source} on {deposited:date}, and its server told of nothing "
        "after {last:date}. syncd finds files by its schedule all the same. See what the server says of "
        "its events, and what syncd's log says (`events.refused`): docs/evenements.md."
    ),
    "archive_usable": N_(
        "The archive {place} can be listed, written, read and emptied: one small object was tried."
    ),
    "state_folder": N_("The state folder {path} is on this machine ({kind})."),
    "state_folder_remote": N_(
        "The state folder {path} is on a network file system ({kind}), where syncd's ledger can be "
        "damaged. Give SYNCD_STATE_DIR a folder on a disk of this machine."
    ),
    "disk_free": N_("{free:size} are free in the state folder {path}."),
    "disk_short": N_(
        "Only {free:size} are free in the state folder {path}; the largest file to fetch has "
        "{needed:size}. Make room there."
    ),
    "disk_low": N_("Only {free:size} are free in the state folder {path}. Make room there."),
}
