"""The service that runs day and night: its address, its manifest, its messages."""

from __future__ import annotations

from collections.abc import Mapping

from syncd.core.i18n_markers import N_, NP_

SERVICE: Mapping[str, str] = {
    # -- health and its address ---------------------------------------------------------------
    "http_address_in_use": N_(
        "Another program listens at {address} already ({detail}), perhaps another syncd. Stop it, "
        "or set {setting} to another port, or to `off`."
    ),
    "http_address_unusable": N_(
        "syncd cannot listen at {address} ({detail}). Set {setting} to an address of this "
        "machine, for example 127.0.0.1:8080, or to `off`."
    ),
    "events_no_token": N_(
        "SYNCD_EVENTS_ADDRESS is set, and nobody could tell anything there: set SYNCD_EVENTS_TOKEN "
        "as well, or SYNCD_SOURCES__<NAME>__EVENTS_TOKEN of the sources."
    ),
    "events_queue_away": N_(
        "The queue {queue} does not say what is new in the bucket ({detail}). Until it does, new "
        "objects are found by the schedule alone. Check the address in `events`, and whether the "
        "source's key may receive and delete its messages."
    ),
    "health_off": N_(
        "SYNCD_HTTP_ADDRESS is `off`, so the service cannot be asked. Set it to an address, for "
        "example 127.0.0.1:8080, and restart `syncd run`."
    ),
    "health_no_answer": N_(
        "No syncd answers at {address} ({detail}). Start `syncd run`, or restart it if it hangs; "
        "SYNCD_HTTP_ADDRESS must be the same for both."
    ),
    "health_other_program": N_(
        "Another program than syncd answers at {address}. Set SYNCD_HTTP_ADDRESS to the address of "
        "`syncd run`."
    ),
    "health_failing": N_(
        "syncd answers at {address}, but does not work (status {status}). Read its log, and restart "
        "it."
    ),
    # -- the service --------------------------------------------------------------------------
    "no_service": N_(
        "No syncd service runs on the state folder {folder}. Start `syncd run`, or run `syncd sync`."
    ),
    "manifest_held": N_(
        "The new manifest would remove {removed:n} of {before:n} targets, so the one before stays in force. If that is meant, send SIGHUP to the service twice (`kill -HUP`); if not, mend the manifest."
    ),
    "manifest_limits": N_(
        "Reading this manifest takes more than {limit:size} of memory or {seconds:n} seconds of the processor; one of ten thousand resources takes less. Take out what does not belong there, then run `syncd check`."
    ),
    "manifest_killed": N_(
        "The process that read this manifest was killed, most likely since memory is short. Give syncd more memory, then send SIGHUP to the service (`kill -HUP`)."
    ),
    "manifest_fault": N_(
        "The process that read this manifest gave no answer that can be used. Run `syncd check`; if that finds nothing, report it with the service's log, then restart the service."
    ),
    "manifest_not_taken": NP_(
        "The new manifest has {count:n} problem, so the last good one stays in force: {first}",
        "The new manifest has {count:n} problems, so the last good one stays in force. The first: {first}",
    ),
    "manifest_behind": N_(
        "The manifest on this machine is an older one: a newer one came into force while nobody changed the one here, so the newer one stays. Bring it here too; if the older one is meant, send SIGHUP to the service (`kill -HUP`)."
    ),
    "service_alone": N_(
        "The memory of this syncd is on this machine alone: no second service with a state folder of its own may publish the same datasets. Where several shall, put the memory on PostgreSQL (docs/postgresql.md)."
    ),
    # -- replicas that differ -----------------------------------------------------------------
    "replica_other_manifest": N_(
        "The manifest here ({mine}) is not the one in force ({in_force}). This syncd stands by, and leads by its own only when nobody lives who has the one in force. Bring the same manifest to every machine."
    ),
    "replica_behind": N_(
        "The manifest here ({mine}) is older than the one in force ({in_force}), which did not reach this machine. If this syncd must lead, it keeps to the one in force. Bring that one here too."
    ),
    "replica_bad_manifest": N_(
        "The manifest here is not good (see above), so this syncd would lead by the last good one. Mend it."
    ),
    "replica_no_manifest": N_(
        "The manifest here is not good (see above), and no last good one is known: this syncd cannot take over. Mend the manifest."
    ),
    "replica_other_version": N_(
        "This is syncd {mine}, and {leads} leads. Bring all machines to one version."
    ),
    "replica_outdated": N_(
        "A newer syncd has changed the tables of the ledger, so this one ({mine}) does not lead any more. Install the newer version here as well."
    ),
    "cycle_overdue": NP_(
        "A cycle has been running for more than {minutes:n} minute. Other datasets go on; look at the log, and restart the service if it does not end.",
        "A cycle has been running for more than {minutes:n} minutes. Other datasets go on; look at the log, and restart the service if it does not end.",
        by="minutes",
    ),
    "ledger_replaced": N_(
        "syncd's memory in {folder} was removed or replaced while the service runs; what it "
        "remembers now is lost at its end. Restart the service."
    ),
    "dataset_failed": N_(
        "The last cycle of this dataset, on {at:date}, could not be carried out; the log says why."
    ),
    "dataset_late": N_(
        "No cycle of this dataset has ended without a failure since {since:date}. Run `syncd status` for the reason."
    ),
    "dataset_late_waiting": N_(
        "No cycle of this dataset has ended since {since:date}: `syncd {command}`, started by {by}, works on it (pid {pid} on {host}). Look whether it hangs; cycles go on when it ends."
    ),
    "key_expires_30": N_(
        "The API key ends on {at:date}. Make a new one on the portal and put it in SYNCD_API_KEY."
    ),
    "key_expires_7": N_(
        "The API key ends within a week, on {at:date}. Make a new one on the portal and put it in SYNCD_API_KEY."
    ),
    "key_expires_1": N_(
        "The API key ends on {at:date}; nothing is published after that. Make a new one on the portal and put it in SYNCD_API_KEY."
    ),
    # -- notifications ------------------------------------------------------------------------
    "notify_address": N_(
        "The address {address} cannot be used: apprise does not understand it. Correct "
        "SYNCD_NOTIFY_URLS, SYNCD_CONTACT_URL or the dataset's `contact`."
    ),
    "notify_failed": N_(
        "{address} did not take a message ({detail}). syncd tries again by itself; if it lasts, "
        "check SYNCD_NOTIFY_URLS, SYNCD_CONTACT_URL and the server."
    ),
    "notify_timeout": N_(
        "{address} took too long over a message. syncd tries again by itself; if it lasts, check "
        "the server."
    ),
    "receipt_schema": N_(
        "{key} is online ({size:size}, sha1 {sha1}). Under the schema {schema}, errors are in it "
        "(column, rule, how often, first rows): {errors:names}. Please correct them for the next deposit."
    ),
    "receipt": N_(
        "{key} ({size:size}, sha1 {sha1}) is what re-users get now at the permanent link."
    ),
}
