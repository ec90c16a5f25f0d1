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
    "extensions_accepted": N_("The portal accepts {count:n} file extensions."),
    "bucket_readable": N_("The bucket {bucket} on {endpoint} can be listed and read."),
    "bucket_listable": N_(
        "The bucket {bucket} on {endpoint} can be listed; it has no object yet on which reading "
        "could be tried."
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
