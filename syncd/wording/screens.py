"""Headings, labels and help texts of the command line."""

from __future__ import annotations

from collections.abc import Mapping

from syncd.wording.marks import N_

SCREENS: Mapping[str, str] = {
    "did_you_mean": N_("Did you mean {suggestion}?"),
    # -- help ---------------------------------------------------------------------------------
    "help.syncd": N_(
        "Keeps the resources of data.gouv.fr equal to the files that services drop in S3 buckets."
    ),
    "help.check": N_(
        "Validate the manifest and the settings; with --online also every bucket, right, dataset "
        "and resource."
    ),
    "help.plan": N_("Show what a cycle would do, and why. Writes nothing."),
    "help.sync": N_("Run one cycle for each dataset now, then exit."),
    "help.status": N_("Show each target: state, last publication, next run."),
    "help.health": N_("Ask the running service whether it works; exit code 0 or 1."),
    "help.schema": N_("Print the manifest's JSON Schema, for editors."),
    "help.demo": N_("Watch the main job on an S3 server and a portal of its own."),
    "help.version": N_("Show the version and exit."),
    "help.json": N_("Print one JSON document."),
    "help.online": N_("Also ask the buckets and the portal."),
    "help.fast": N_("Do not read the objects; say `fetch` where they changed."),
    "help.dataset": N_("Only this dataset (id, slug or page address)."),
    "help.resource": N_("Only this target (resource id, the beginning of one, or object key)."),
    "help.force": N_("Lift the guards for what --dataset or --resource names."),
    "help.wait": N_("How long to wait for another syncd on the same dataset (60s, 5m)."),
    "help.demo_folder": N_("Where the demo keeps its servers' data."),
    "help.demo_reset": N_("Start the demo from nothing."),
    "help.run": N_("Run day and night: look at each dataset when its schedule says so."),
    "help.once": N_("One cycle for each dataset, then exit: the same as `syncd sync`."),
    "help.trigger": N_("Ask the running service for a cycle now."),
    "triggered": N_(
        "The running service was asked for a cycle of {datasets} dataset(s). See `syncd status`."
    ),
    "word.paused": N_("paused"),
    "status_service": N_("The service runs (pid {pid} on {host}, since {date:date})."),
    "status_no_service": N_("No service runs on this state folder."),
    "status_manifest_held": N_(
        "The manifest on disk would take away more than half of the targets, so the service works "
        "by the former one. Mend it, or send SIGHUP to the service twice."
    ),
    "status_manifest_bad": N_("Its manifest is not the one on disk: {why}"),
    # -- actions and outcomes -----------------------------------------------------------------
    "word.unchanged": N_("unchanged"),
    "word.fetch": N_("fetch"),
    "word.adopt": N_("adopt"),
    "word.replace": N_("replace"),
    "word.create": N_("create"),
    "word.hold": N_("hold"),
    "word.missing": N_("missing"),
    "word.ambiguous": N_("ambiguous"),
    "word.drifted": N_("drifted"),
    "word.refused": N_("refused"),
    "word.adopted": N_("adopted"),
    "word.replaced": N_("replaced"),
    "word.created": N_("created"),
    "word.pinned": N_("pinned"),
    "word.held": N_("held"),
    "word.late": N_("late"),
    "word.failed": N_("failed"),
    "word.unknown": N_("unknown"),
    "word.ok": N_("ok"),
    "word.warning": N_("warning"),
    "word.problem": N_("problem"),
    # -- kinds of values and places in the manifest --------------------------------------------
    "kind.text": N_("a text"),
    "kind.mapping": N_("a group of `key: value` lines"),
    "kind.list": N_("a list"),
    "kind.flag": N_("true or false"),
    "kind.number": N_("a number"),
    "place.top": N_("at the top of the file"),
    "place.source": N_("under a source"),
    "place.defaults": N_("under `defaults`"),
    "place.dataset": N_("under a dataset"),
    "place.object": N_("beside `object`"),
    "place.newest": N_("beside `newest`"),
    "place.each": N_("beside `each`"),
    "place.schedule": N_("under `schedule`"),
    "place.expect": N_("under `expect`"),
    "place.guards": N_("under `guards`"),
    # -- what was asked of the portal ---------------------------------------------------------
    "what.dataset": N_("dataset"),
    "what.resource": N_("resource"),
    "what.account": N_("account"),
    "what.extensions": N_("list of file extensions"),
    "what.title": N_("title"),
    "what.marks": N_("mark"),
    "what.upload": N_("file"),
    "what.keys": N_("list of keys"),
    "what.download": N_("file"),
    # -- notifications ------------------------------------------------------------------------
    "word.overdue": N_("overdue"),
    "word.recovered": N_("well again"),
    "message.subject_one": N_("syncd: {what}: {state}"),
    "message.subject_some": N_("syncd: {count} targets need you: {what}: {state}"),
    "message.subject_many": N_(
        "syncd: {count} targets of {datasets} datasets need you: {what}: {state}, …"
    ),
    "message.subject_service": N_("syncd: {what}"),
    "message.subject_over_one": N_("syncd: {what} is well again"),
    "message.subject_over_some": N_("syncd: {count} targets are well again: {what}"),
    "message.subject_over_many": N_(
        "syncd: {count} targets of {datasets} datasets are well again: {what}, …"
    ),
    "message.subject_over_service": N_("syncd itself is well again"),
    "message.subject_online_one": N_("syncd: {what}: the new file is online"),
    "message.subject_online_some": N_("syncd: {what}: {count} new files are online"),
    "message.subject_online_many": N_(
        "syncd: {count} new files of {datasets} datasets are online: {what}, …"
    ),
    "word.online": N_("online"),
    "message.subject_recall": N_("{subject} (reminder)"),
    "message.service": N_("The service"),
    "message.target": N_("{state}: {what}, since {since}"),
    "message.several": N_("{state}: {count} targets, since {since}"),
    "message.whole": N_("{state}, since {since}"),
    "message.shared": N_("{state}: {count} targets of {datasets} datasets, since {since}"),
    "message.over_target": N_("well again: {what}, since {since} (was: {was})"),
    "message.over_several": N_("well again: {count} targets, since {since}"),
    "message.over_whole": N_("well again since {since} (was: {was})"),
    "message.over_shared": N_("well again: {count} targets of {datasets} datasets, since {since}"),
    "message.recalled": N_("{since} (reminder)"),
    "message.more": N_("… and {count} more"),
    "message.endpoint": N_("the S3 server"),
    "message.proxy": N_("of SYNCD_PROXY"),
    "message.end": N_("`syncd status` shows the state of every target."),
    "message.contact_end": N_(
        "You read this because the manifest of syncd names you as the contact of these datasets."
    ),
    # -- holds and the history ----------------------------------------------------------------
    "help.holds": N_("List the files that were held back, each with its reason."),
    "help.release": N_("Publish the held file of TARGET, exactly as it was held."),
    "help.history": N_("Show what was published, when, from which object, and by whom."),
    "help.undo": N_("Put the file from before online again, and pin the target to it."),
    "help.undo_to": N_("The number of the file in `syncd history`."),
    "help.unpin": N_("End a pin: the next cycle publishes what the bucket has."),
    "help.verify": N_("Download what re-users get, and compare it with what was published."),
    "help.push": N_("Put FILE online by hand, with the guards, checks and history of a cycle."),
    "help.push_resource": N_("The resource whose file is replaced (id or permanent link)."),
    "help.push_dataset": N_("The dataset that gets a new resource (id, slug or page address)."),
    "help.push_title": N_("The title of the new resource."),
    "help.push_force": N_("Lift the guards for this file."),
    "help.dry_run": N_("Say what would be done, and do nothing."),
    "push_force": N_("If the file is right, run the same command with `--force`."),
    "help.purge": N_("Remove the kept earlier files of TARGET from the archive."),
    "help.yes": N_("Do not ask."),
    "purge_ask": N_(
        "Remove {count} kept file(s) of “{title}”? `syncd undo` cannot go back to them"
    ),
    "purge_done": N_("{count} kept file(s) of “{title}” were removed from the archive."),
    "purge_nothing": N_("The archive keeps no file of “{title}”."),
    "purge_bucket": N_(
        "{count} earlier file(s) are kept by the bucket itself, as versions; remove them there."
    ),
    "purge_kept": N_("Nothing was removed."),
    "verify_nothing": N_("syncd has published nothing there yet."),
    "help.by": N_("Who you are; without it, SYNCD_BY. It is written into the history."),
    "help.note": N_("Why; it is written into the history."),
    "help.csv": N_("Print the history as CSV."),
    "ask_by": N_("Your name, for the history"),
    "holds_none": N_("Nothing is held."),
    "hold_line": N_("{title}  {object}  deposited {date:date}"),
    "hold_release": N_("Let it go online: syncd release {target} --by NAME --note TEXT"),
    "history_none": N_("Nothing was published yet."),
    "history_line": N_("{number}  {date:date}  {act}  {title}  {object}  {size:size}"),
    "trigger.release": N_("released by {by}"),
    "trigger.undo": N_("undone by {by}"),
    "trigger.unpin": N_("unpinned by {by}"),
    "word.unpinned": N_("unpinned"),
    "progress.verify": N_("checking {label}"),
    "trigger.push": N_("pushed by {by}"),
    "kept.archive": N_("kept in the archive; sha1 {sha1}"),
    "kept.s3": N_("kept by the bucket, as a version; sha1 {sha1}"),
    "word.found": N_("found"),
    "progress.keep": N_("keeping {label}"),
    # -- screens ------------------------------------------------------------------------------
    "unmapped": N_("Objects that no target claims:"),
    "more": N_("… and {count} more"),
    "warning": N_("Warning: {what}"),
    "nothing_to_do": N_("The manifest names no target."),
    "summary": N_("Total: {summary}."),
    "targets": N_("({count} targets)"),
    "check_ok": N_("{file} is valid: {datasets} dataset(s), {targets} entries."),
    "check_skipped": N_(
        "The datasets were not looked at: first, put right what stands above about the portal."
    ),
    "check_online_ok": N_("Every bucket, dataset and resource answers as it should."),
    "status_published": N_("published {date:date}"),
    "status_checked": N_("checked {date:date}"),
    "status_next": N_("next {date:date}"),
    "status_last_cycle": N_("Last run: {date:date}, {summary}."),
    "status_no_cycle": N_("No cycle has run yet. Run `syncd sync`."),
    "progress.fetch": N_("reading {label}"),
    "progress.send": N_("sending {label}"),
    "health_ok": N_("syncd works (asked at {address})."),
    "interrupted": N_("Stopped. What was under way is resolved by the next `syncd sync`."),
    "bad_duration": N_("{value} is no duration; write for example 60s, 5m or 2h."),
    "demo_s3": N_("An S3 server runs at {endpoint}; services have dropped files there."),
    "demo_portal": N_("A stand-in for data.gouv.fr runs at {url}."),
    "demo_manifest": N_("The manifest that maps the one to the other is {file}."),
    "demo_counts": N_("The portal was asked {requests} times, and took {uploads} file(s)."),
    "demo_again": N_("Run the demo again, and see that nothing is sent twice."),
    "demo_nothing_sent": N_(
        "Nothing had changed, so nothing was sent. `--reset` starts the demo from nothing."
    ),
}
