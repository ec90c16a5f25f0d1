"""Headings, labels and help texts of the command line."""

from __future__ import annotations

from collections.abc import Mapping

from syncd.core.i18n_markers import N_, NP_
from syncd.text.audit import AUDIT_SCREENS
from syncd.text.drafts import DRAFTS
from syncd.text.page import PAGE
from syncd.text.reports import REPORTS

SCREENS: Mapping[str, str] = {
    **DRAFTS,
    **REPORTS,
    **AUDIT_SCREENS,
    **PAGE,
    "choose_one": N_("Write one of these:"),
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
    "help.status": N_(
        "Show what a person must do, and what is going on; with --all each target: state, last publication, "
        "next run."
    ),
    "help.health": N_("Ask the running service whether it works; exit code 0 or 1."),
    "help.schema": N_("Print the manifest's JSON Schema, for editors."),
    "help.demo": N_("Watch the main job on an S3 server and a portal of its own."),
    "help.version": N_("Show the version and exit."),
    "help.json": N_("Print one JSON document."),
    "help.online": N_("Also ask the buckets and the portal."),
    "help.notify_test": N_(
        "With --online: send a test message to each address of SYNCD_NOTIFY_URLS, and list the "
        "datasets' contacts; with --notify-test=contacts write to these, too."
    ),
    "help.fast": N_("Do not read the objects; say `fetch` where they changed."),
    "help.dataset": N_("Only this dataset (id, slug, page address or title)."),
    "help.resource": N_(
        "Only this target (resource id, object key, title, file name, or the beginning of one)."
    ),
    "help.target": N_(
        "TARGET: a resource's id or permanent link, an object's key or file name, or a title, as `syncd "
        "status` shows them. To look, the beginning is enough where nothing else begins so; who decides writes "
        "all of it, or the beginning of an id. Capitals and accents do not matter."
    ),
    "help.force": N_("Lift the guards for what --dataset or --resource names."),
    "help.wait": N_(
        "How long to wait in all, for another syncd on the same dataset and for a portal that asks for "
        "time (60s, 5m); 60s where somebody types the command."
    ),
    "help.demo_folder": N_("Where the demo keeps its servers' data."),
    "help.demo_reset": N_("Start the demo from nothing."),
    "help.demo_page": N_("Keep it alive with the operators' page, until Ctrl-C."),
    "help.run": N_("Run day and night: look at each dataset when its schedule says so."),
    "help.once": N_("One cycle for each dataset, then exit: the same as `syncd sync`."),
    "help.migrate": N_("Bring the ledger to the tables of this version, then exit."),
    "migrated": N_("The ledger has the tables of syncd {version}."),
    "help.web": N_(
        "Show the operators' page at SYNCD_HTTP_ADDRESS, on this machine alone: what needs a person, every "
        "dataset, what a held file would change. Reads only; no service is needed."
    ),
    "help.web_short": N_("Show the operators' page in a browser."),
    "help.trigger": N_("Ask the running service for a cycle now."),
    "triggered": N_(
        "The running service was asked for a cycle of {datasets:datasets}. See `syncd status`."
    ),
    "word.paused": NP_("paused", "paused"),
    "status_service": N_("The service runs (pid {pid} on {host}, since {date:date})."),
    "status_replicas": NP_(
        "{count:n} other works as well: {names}.", "{count:n} others work as well: {names}."
    ),
    "status_replica_works": NP_(
        "{who} works on {count:n} dataset: {names}.", "{who} works on {count:n} datasets: {names}."
    ),
    "status_replica_manifest": N_(
        "{who} has another manifest ({mine}) than the one in force: bring the same one to every machine."
    ),
    "status_replica_unable": N_("{who} could not take over: its log and /readyz say why."),
    "status_replica_version": N_("{who} runs syncd {mine}: bring all machines to one version."),
    "status_no_service": N_(
        "No service runs on this state folder: `syncd sync` alone runs a cycle. For day and night, "
        "start `syncd run`."
    ),
    "status_manifest_held": N_(
        "The manifest on disk would take away more than half of the targets, so the service works "
        "by the former one. Mend it, or send SIGHUP to the service twice."
    ),
    "status_manifest_behind": N_(
        "The manifest on the disk of this service is older than the one in force, so the service works by "
        "the one in force. Bring that one there, or send SIGHUP to the service."
    ),
    "status_manifest_bad": N_("Its manifest is not the one on disk: {why}"),
    # -- where a sentence counts two things ----------------------------------------------------
    "count.datasets": NP_("{count:n} dataset", "{count:n} datasets"),
    "count.targets": NP_("{count:n} target", "{count:n} targets"),
    # -- actions and outcomes -----------------------------------------------------------------
    "word.unchanged": NP_("unchanged", "unchanged"),
    "word.fetch": NP_("fetch", "fetch"),
    "word.adopt": NP_("adopt", "adopt"),
    "word.replace": NP_("replace", "replace"),
    "word.create": NP_("create", "create"),
    "word.hold": NP_("hold", "hold"),
    "word.missing": NP_("missing", "missing"),
    "word.ambiguous": NP_("ambiguous", "ambiguous"),
    "word.drifted": NP_("drifted", "drifted"),
    "word.refused": NP_("refused", "refused"),
    "word.adopted": NP_("adopted", "adopted"),
    "word.replaced": NP_("replaced", "replaced"),
    "word.created": NP_("created", "created"),
    "word.pinned": NP_("pinned", "pinned"),
    "word.ending": N_("ends soon"),
    "item.key": N_("the API key"),
    "item.manifest": N_("the manifest"),
    "item.overdue": N_("a cycle"),
    "word.held": NP_("held", "held"),
    "word.late": NP_("late", "late"),
    "word.failed": NP_("failed", "failed"),
    "word.unclaimed": NP_("claimed by no target", "claimed by no target"),
    "word.unknown": NP_("unknown", "unknown"),
    "word.points": N_("points"),
    "word.lines": N_("lines"),
    "word.areas": N_("areas"),
    "word.ok": N_("ok"),
    "word.warning": N_("warning"),
    "word.problem": N_("problem"),
    # -- kinds of values and places in the manifest --------------------------------------------
    "format.csv": N_("a table of text (CSV)"),
    "format.text": N_("plain text"),
    "format.json": N_("JSON"),
    "format.geojson": N_("GeoJSON"),
    "format.xml": N_("XML"),
    "format.html": N_("a web page (HTML)"),
    "format.xlsx": N_("an Excel workbook (XLSX)"),
    "format.xls": N_("an old Office file (such as XLS)"),
    "format.ods": N_("a LibreOffice spreadsheet (ODS)"),
    "format.docx": N_("a Word document (DOCX)"),
    "format.pptx": N_("a PowerPoint document (PPTX)"),
    "format.odt": N_("a LibreOffice text (ODT)"),
    "format.odp": N_("a LibreOffice presentation (ODP)"),
    "format.parquet": N_("Parquet"),
    "format.zip": N_("a ZIP archive"),
    "format.gzip": N_("a file compressed with gzip"),
    "format.7z": N_("a 7z archive"),
    "format.rar": N_("a RAR archive"),
    "format.xz": N_("a file compressed with xz"),
    "format.bzip2": N_("a file compressed with bzip2"),
    "format.zstd": N_("a file compressed with zstd"),
    "format.sqlite": N_("an SQLite database"),
    "format.pdf": N_("a PDF document"),
    "format.png": N_("a PNG picture"),
    "format.jpeg": N_("a JPEG picture"),
    "format.gif": N_("a GIF picture"),
    "format.tiff": N_("a TIFF picture"),
    "format.webp": N_("a WebP picture"),
    "format.binary": N_("no text (it has null bytes)"),
    "kind.text": N_("a text"),
    "kind.mapping": N_("a group of `key: value` lines"),
    "kind.list": N_("a list"),
    "kind.flag": N_("true or false"),
    "kind.number": N_("a number"),
    "kind.folder": N_("a folder"),
    "kind.pipe": N_("a pipe"),
    "kind.socket": N_("a socket"),
    "kind.device": N_("a device"),
    "field.minute": N_("minute"),
    "field.hour": N_("hour"),
    "field.day": N_("day"),
    "field.month": N_("month"),
    "field.weekday": N_("weekday"),
    "environment": N_("environment"),
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
    "place.thematic": N_("under `thematic`"),
    "place.known": N_("beside `each` under `known`, by what the pattern's variable stands for"),
    # -- what was asked of the portal ---------------------------------------------------------
    "what.dataset": N_("dataset"),
    "what.resource": N_("resource"),
    "what.account": N_("account"),
    "what.extensions": N_("list of file extensions"),
    "what.title": N_("title"),
    "what.marks": N_("mark"),
    "what.upload": N_("file"),
    "what.link": N_("link"),
    "what.keys": N_("list of keys"),
    "what.download": N_("file"),
    "what.organization": N_("organisation"),
    "what.topic": N_("topic"),
    # -- notifications ------------------------------------------------------------------------
    "word.overdue": NP_("overdue", "overdue"),
    "word.recovered": NP_("well again", "well again"),
    "message.subject_one": N_("syncd: {what}: {state}"),
    "message.subject_some": N_("syncd: {count:n} targets need you: {what}: {state}"),
    "message.subject_many": N_(
        "syncd: {count:targets} of {datasets:datasets} need you: {what}: {state}, …"
    ),
    "message.subject_service": N_("syncd: {what}"),
    "message.subject_over_one": N_("syncd: {what} is well again"),
    "message.subject_over_some": N_("syncd: {count:n} targets are well again: {what}"),
    "message.subject_over_many": N_(
        "syncd: {count:targets} of {datasets:datasets} are well again: {what}, …"
    ),
    "message.subject_over_service": N_("syncd itself is well again"),
    "message.subject_online_one": N_("syncd: {what}: the new file is online"),
    "message.subject_online_some": N_("syncd: {what}: {count:n} new files are online"),
    "message.subject_online_many": N_(
        "syncd: {count:n} new files of {datasets:datasets} are online: {what}, …"
    ),
    "word.online": NP_("online", "online"),
    "message.subject_recall": N_("{subject} (reminder)"),
    "message.service": N_("The service"),
    "message.target": N_("{state}: {what}, since {since}"),
    "message.several": N_("{state}: {count:n} targets, since {since}"),
    "message.whole": N_("{state}, since {since}"),
    "message.shared": N_("{state}: {count:targets} of {datasets:datasets}, since {since}"),
    "message.over_target": N_("well again: {what}, since {since} (was: {was})"),
    "message.over_several": N_("well again: {count:n} targets, since {since}"),
    "message.over_whole": N_("well again since {since} (was: {was})"),
    "message.over_shared": N_("well again: {count:targets} of {datasets:datasets}, since {since}"),
    "message.name": N_("“{title}” ({object})"),
    "message.recalled": N_("{since} (reminder)"),
    "message.more": NP_("… and {count:n} more", "… and {count:n} more"),
    "message.endpoint": N_("the S3 server"),
    "message.proxy": N_("of SYNCD_PROXY"),
    "message.end": N_("`syncd status` shows the state of every target."),
    "message.deposits": N_("Your deposits: {address}"),
    "message.contact_end": N_(
        "You read this because those who publish these datasets name you as their contact."
    ),
    "message.test_subject": N_("syncd: a test message"),
    "message.test_body": N_(
        "This is a test: syncd can write to this address. Nothing is to be done."
    ),
    # -- holds and the history ----------------------------------------------------------------
    "help.holds": N_("List the files that were held back, each with its reason."),
    "help.release": N_("Publish the held file of TARGET, exactly as it was held."),
    "help.diff": N_("Compare the held file of TARGET, or the next one, with the one online."),
    "help.with_diff": N_("Also compare each file with the one online, as `syncd diff` does."),
    "help.by_columns": N_("A column that identifies a row; may be given several times."),
    "metavar.column": N_("COLUMN"),
    "diff_online": N_("Online: {facts}"),
    "diff_held": N_("Held: {facts}"),
    "diff_planned": N_("In the bucket: {facts}"),
    "diff_same": N_("Both files have the same bytes."),
    "diff_rows": N_(
        "Rows: {removed:n} removed, {added:n} added, {changed:n} changed, {same:n} the same."
    ),
    "diff_delimiter": N_("delimiter “{of}”"),
    "compared.rows": NP_("{count:n} row", "{count:n} rows"),
    "compared.columns": NP_("{count:n} column", "{count:n} columns"),
    "compared.sheets": NP_("{count:n} sheet", "{count:n} sheets"),
    "compared.uneven": NP_("{count:n} uneven row", "{count:n} uneven rows"),
    "compared.columns_gone": NP_("{count:n} column gone{names}", "{count:n} columns gone{names}"),
    "compared.columns_new": NP_("{count:n} new column{names}", "{count:n} new columns{names}"),
    "compared.columns_other": NP_(
        "{count:n} column moved{names}", "{count:n} columns moved{names}"
    ),
    "compared.members_gone": NP_(
        "{count:n} file gone from the ZIP{names}", "{count:n} files gone from the ZIP{names}"
    ),
    "compared.members_new": NP_(
        "{count:n} new file in the ZIP{names}", "{count:n} new files in the ZIP{names}"
    ),
    "compared.members_other": NP_(
        "{count:n} changed file in the ZIP{names}", "{count:n} changed files in the ZIP{names}"
    ),
    "diff_names": N_(": {names}"),
    "diff_one_in": N_(
        "The tables are large: one row in {count:n} was compared, and the figures below count only "
        "these."
    ),
    "diff_by": N_("A row is known again by: {names}"),
    "diff_by_none": N_("No columns identify a row: each was compared as a whole."),
    "diff_line": N_("line {line}"),
    "compared.limit_format": N_("Not compared further: it is not a table of text."),
    "compared.limit_other_format": N_("Not compared further: the formats are not the same."),
    "compared.limit_no_header": N_(
        "Not compared further: one table has names of columns and the other none, or neither has and "
        "they are not equally wide."
    ),
    "compared.limit_other_columns": N_(
        "Not compared further: the two tables have no column in common. What stands in their first "
        "rows is not shown: it may be no names."
    ),
    "compared.limit_cut": N_("Not compared further: a quote or a letter is cut in one of them."),
    "compared.limit_unknown_columns": N_(
        "Not compared further: the columns of `--by-columns` are not in both files."
    ),
    "compared.limit_limits": N_(
        "Not compared further: it takes more memory or time than looking into files may."
    ),
    "help.fetch": N_(
        "Get a file of TARGET to look at: the held one, the one online, an earlier one."
    ),
    "help.fetch_held": N_("The file that is held, as it was judged."),
    "help.fetch_online": N_("The file that is online."),
    "help.fetch_output": N_("Where to write it: a new file."),
    "fetch_done": N_(
        "{path} was written ({size:size}, sha1 {sha1}). It may hold what nobody else should see: only "
        "you can read it; remove it when you have looked."
    ),
    "help.history": N_("Show what was published, when, from which object, and by whom."),
    "help.undo": N_("Put the file from before online again, and pin the target to it."),
    "help.undo_to": N_("The number of the file in `syncd history`."),
    "undo_online": N_("Online now: {version}."),
    "undo_back_to": N_("Back to: {version}."),
    "undo_done": N_("Online again: {version}."),
    "version_known": N_("number {number}, of {date:date}, {size:size}"),
    "version_unknown": N_("a file that the history does not have, {size:size}"),
    "version_rows": NP_(", {count:n} row", ", {count:n} rows"),
    "help.leave": N_("Leave what is online as it is, although the bucket has another file."),
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
    "purge_ask": NP_(
        "`syncd undo` cannot go back to it then. Remove {count:n} kept file of “{title}”?",
        "`syncd undo` cannot go back to them then. Remove {count:n} kept files of “{title}”?",
    ),
    "purge_done": NP_(
        "{count:n} kept file of “{title}” was removed from the archive.",
        "{count:n} kept files of “{title}” were removed from the archive.",
    ),
    "purge_nothing": N_("The archive keeps no file of “{title}”."),
    "purge_bucket": NP_(
        "{count:n} earlier file is kept by the bucket itself, as a version; remove it there.",
        "{count:n} earlier files are kept by the bucket itself, as versions; remove them there.",
    ),
    "yes_or_no": N_("y/N"),
    "answers_yes": N_("y yes"),
    "answers_no": N_("n no"),
    "answer_yes_or_no": N_("Answer y or n."),
    "purge_kept": N_("Nothing was removed."),
    "schemas_none": N_(
        "No catalogue of schemas is here yet: run `syncd schemas update`, or, where this machine does not reach the Internet, `syncd schemas update --from FOLDER`."
    ),
    "schemas_frozen": NP_(
        "{count:n} schema, as frozen on {date:date}:",
        "{count:n} schemas, as frozen on {date:date}:",
    ),
    "schemas_versions": N_("also {versions}"),
    "schemas_new": NP_("{count:n} version is new: {names}", "{count:n} versions are new: {names}"),
    "schemas_changed": NP_(
        "{count:n} version has other bytes than before: {names}",
        "{count:n} versions have other bytes than before: {names}",
    ),
    "schemas_missing": NP_(
        "{count:n} version could not be had, and an older copy stays where there is one: {names}",
        "{count:n} versions could not be had, and older copies stay where there are any: {names}",
    ),
    "schemas_gone": NP_(
        "{count:n} version has left the catalogue, and stays here: {names}",
        "{count:n} versions have left the catalogue, and stay here: {names}",
    ),
    "help.schemas": N_(
        "List the schemas that files may be held to. With `update`, freeze those of schema.data.gouv.fr as they are now; nothing of them is fetched at any other time."
    ),
    "help.schemas_short": N_("List the schemas that files may be held to, or freeze them anew."),
    "help.schemas_from": N_(
        "Folder with a copy of the catalogue's files (schemas.json and what it names), or that schemas.json."
    ),
    "verify_nothing": N_("syncd has published nothing there yet."),
    "help.by": N_("Who you are; without it, SYNCD_BY. It is written into the history."),
    "help.note": N_("Why; it is written into the history."),
    "help.csv": N_("Print the history as CSV."),
    "ask_by": N_("Your name, for the history:"),
    "holds_none": N_("Nothing is held."),
    "hold_line": N_("{title}  {object}  deposited {date:date}"),
    "hold_release": N_(
        "Only if the file is right: `syncd release {target:shell} --by NAME --note TEXT`"
    ),
    "history_none": N_("Nothing was published yet."),
    "history_line": N_("{number}  {date:date}  {act}  {title}  {object}  {size:size}"),
    "trigger.sync": N_("asked for by {by}"),
    "trigger.event": N_("told of by the bucket's server"),
    "trigger.release": N_("released by {by}"),
    "trigger.undo": N_("undone by {by}"),
    "trigger.unpin": N_("unpinned by {by}"),
    "word.unpinned": NP_("unpinned", "unpinned"),
    "progress.verify": N_("checking {label}"),
    "trigger.push": N_("pushed by {by}"),
    "kept.archive": N_("kept in the archive; sha1 {sha1}"),
    "kept.copy": N_("kept as a copy in the public bucket; sha1 {sha1}"),
    "kept.s3": N_("kept by the bucket, as a version; sha1 {sha1}"),
    "word.found": NP_("found", "found"),
    "progress.keep": N_("keeping {label}"),
    "quoted": N_("“{words}”"),
    "stored.nothing": N_("nothing"),
    "stored.empty": N_("an empty text"),
    "stored.no_bytes": N_("no bytes"),
    "stored.bytes": N_("the bytes {hex}"),
    "help.history_manifest": N_("Print the manifest of this digest, as it was in force."),
    "help.verify_history": N_(
        "Check that no line of the history was changed, removed or inserted."
    ),
    "help.verify_head": N_("A hash noted earlier, which the history must still have."),
    "help.backup": N_(
        "Copy what syncd remembers, of a running service too, into FILE or s3://SOURCE/KEY, SOURCE being one "
        "of the manifest. In a folder, or below a key that ends with /, the backup gets a dated name."
    ),
    "help.backup_short": N_("Copy what syncd remembers into a file or a bucket."),
    "help.without_files": N_("Leave out the kept earlier files."),
    "help.restore": N_(
        "Put back what `syncd backup` copied, from FILE or s3://SOURCE/KEY, while no service runs."
    ),
    "help.restore_short": N_("Put back a backup."),
    "help.move_aside": N_("Move what is in the state folder into a new folder in it first."),
    "backup_done": NP_(
        "{path} was written and checked ({size:size}): the history as far as line {lines}, and {count:n} kept "
        "file. It names people: keep it as safe as the state folder.",
        "{path} was written and checked ({size:size}): the history as far as line {lines}, and {count:n} kept "
        "files. It names people: keep it as safe as the state folder.",
    ),
    "restore_done": N_(
        "syncd remembers again what it did on {made:date}, as far as line {lines} of the history. The next cycle "
        "looks at all that came online since: `syncd plan` shows it."
    ),
    "restore_aside": N_("What was there before is in {path}."),
    "backup_archive_apart": N_(
        "Kept files are in {place}, which is no part of the backup: syncd finds them there again."
    ),
    "restore_unasked": N_(
        "The bucket with the kept files could not be asked which ones it has. All of them are taken "
        "to be there; `syncd undo` says if one is not."
    ),
    "restore_lost": NP_(
        "{count:n} kept file was not in the backup: syncd cannot go back to it.",
        "{count:n} kept files were not in the backup: syncd cannot go back to them.",
    ),
    "event.restored": N_(
        "–  {date:date}  restored from the backup of {made:date}: what came online after it is not in these lines"
    ),
    "help.forget": N_("Replace the name of a person in the history by a pseudonym."),
    "history_schema": N_("keeps its schema {schema}"),
    "history_schema_unchecked": N_("not checked of the schema {schema}: {unchecked}"),
    "history_lifted": N_("Let pass: {what}"),
    "history_loosened": N_("Guards that the manifest lifts: {guards}"),
    "guards_all_off": N_("all of them"),
    "event.released": N_("–  {date:date}  let pass  {title}  {object}"),
    "event.pinned": N_("–  {date:date}  pinned as it is  {title}  {object}"),
    "event.purged": NP_(
        "–  {date:date}  {count:n} kept file removed  {title}",
        "–  {date:date}  {count:n} kept files removed  {title}",
    ),
    "event.paused": N_("–  {date:date}  paused  {title}: {why}"),
    "event.resumed": N_("–  {date:date}  resumed  {title}"),
    "event.manifest": N_("–  {date:date}  manifest in force: {manifest}"),
    "event.forgotten": NP_(
        "–  {date:date}  name replaced in {count:n} line",
        "–  {date:date}  name replaced in {count:n} lines",
    ),
    "event.chained": NP_(
        "–  {date:date}  {lines:n} older line chained: what was changed before does not show",
        "–  {date:date}  {lines:n} older lines chained: what was changed before does not show",
        by="lines",
    ),
    "event_by": N_("by {by}"),
    "event_looser": NP_(
        "Looser guards for {count:n} target: {guards}",
        "Looser guards for {count:n} targets: {guards}",
    ),
    "history_absent": N_(
        "There is no history in {path}: nothing was verified. Check SYNCD_STATE_DIR, or that this "
        "syncd has published before."
    ),
    "history_whole": NP_(
        "The history is whole: {count:n} line, as it was written.",
        "The history is whole: {count:n} lines, as they were written.",
    ),
    "history_broken": NP_(
        "The history is not what was written ({count:n} line).",
        "The history is not what was written ({count:n} lines).",
    ),
    "history_noted": N_("The hash that was noted is that of line {line}."),
    "history_head": N_(
        "Last line: {line}, hash {hash}. Note it elsewhere: `syncd verify --head` finds it again."
    ),
    "forgotten": NP_(
        "The name is “{pseudonym}” from now on, in {count:n} line of the history.",
        "The name is “{pseudonym}” from now on, in {count:n} lines of the history.",
    ),
    "forgotten_left": NP_(
        "It still stands in {count:n} note or manifest, which is kept as it was written.",
        "It still stands in {count:n} notes or manifests, which are kept as they were written.",
    ),
    # -- what stands for a value in the commands' help -------------------------------------------
    "metavar.options": N_("[OPTIONS]"),
    "metavar.command": N_("COMMAND [ARGS]..."),
    "metavar.dataset": N_("DATASET"),
    "metavar.target": N_("TARGET"),
    "metavar.resource": N_("RESOURCE"),
    "metavar.organization": N_("ORGANISATION"),
    "metavar.title": N_("TITLE"),
    "metavar.name": N_("NAME"),
    "metavar.note": N_("TEXT"),
    "metavar.file": N_("FILE"),
    "metavar.folder": N_("FOLDER"),
    "metavar.number": N_("N"),
    "metavar.digest": N_("DIGEST"),
    "metavar.duration": N_("DURATION"),
    # -- screens ------------------------------------------------------------------------------
    "unmapped": N_("Objects that no target claims:"),
    "more": NP_("… and {count:n} more", "… and {count:n} more"),
    "warning": N_("Warning: {what}"),
    "plan_columns": N_("columns: {before:n} → {now:n}"),
    "plan_address": N_("The portal is told the address {address}."),
    "plan_rows": N_("rows: {before:n} → {now:n}"),
    "nothing_to_do": N_("The manifest names no target."),
    "summary": N_("Total: {summary}."),
    "targets": NP_("({count:n} target)", "({count:n} targets)"),
    "check_ok": N_("{file} is valid: {datasets:datasets}, {targets:targets}."),
    "counted_files": NP_(
        "{count:n} file of {targets:targets} in {datasets:datasets}.",
        "{count:n} files of {targets:targets} in {datasets:datasets}.",
    ),
    "counted_each": NP_(
        "{count:n} target (`each`) stands for all files of its pattern; `syncd plan` counts them one by one.",
        "{count:n} targets (`each`) stand for all files of their patterns; `syncd plan` counts them one by one.",
    ),
    "counted_paused": NP_(
        "{count:n} target is paused in the manifest, and left alone.",
        "{count:n} targets are paused in the manifest, and left alone.",
    ),
    "check_skipped": N_(
        "The datasets were not looked at: first, put right what stands above about the portal."
    ),
    "check_online_ok": N_("Every bucket, dataset and resource answers as it should."),
    "status_total": N_("{count:targets}: {states}."),
    "status_needy": NP_("{count:n} needs somebody", "{count:n} need somebody"),
    "status_well": NP_("{count:n} well", "{count:n} well"),
    "status_never": NP_("{count:n} not looked at yet", "{count:n} not looked at yet"),
    "status_need": N_("since {since:day}"),
    "status_needs_more": NP_(
        "… and {count:n} more ({states}): `syncd status --all`",
        "… and {count:n} more ({states}): `syncd status --all`",
    ),
    "status_unclaimed": NP_(
        "{count:n} deposit that no target claims", "{count:n} deposits that no target claims"
    ),
    "status_rest": N_("Every target: `syncd status --all`."),
    "status_named": N_("{dataset}: {title}"),
    "status_now": N_("Now: {what}"),
    "status_last_run": N_("Last run: {date:date}."),
    "step.release": N_("{look}; if it is right, {command}."),
    "step.force": N_("For the bucket's file: {command}."),
    "step.again": N_("Again: {command}."),
    "step.after": N_("Then: {command}."),
    "step.history": N_("See {command}."),
    "doing.look": N_("{dataset}: looking, since {since:date}"),
    "doing.lock": N_("{dataset}: waiting for another syncd that works on it, since {since:date}"),
    "doing.portal": N_("{dataset}: waiting for the portal, until {until:date}"),
    "doing.source": N_("{dataset}: waiting for the S3 server, until {until:date}"),
    "doing.fetch": N_("{dataset}: reading {what}, {percent} % of {size:size}"),
    "doing.keep": N_("{dataset}: keeping {what}, {percent} % of {size:size}"),
    "doing.send": N_("{dataset}: sending {what}, {percent} % of {size:size}"),
    "doing.verify": N_("{dataset}: checking {what}, {percent} % of {size:size}"),
    "doing.read": N_("{dataset}: looking into {what} ({size:size})"),
    "doing.sent": N_("{dataset}: waiting until the portal has stored {what} ({size:size})"),
    "help.all": N_("Every target, also those that are well."),
    "help.status_dataset": N_(
        "Only this dataset, with all its targets (id, slug or page address)."
    ),
    "help.state": N_(
        "Only targets in this state, as it is called here; may be given several times."
    ),
    "metavar.state": N_("STATE"),
    "no_such_state": N_("{value} is no state. These are: {known}."),
    "status_published": N_("published {date:date}"),
    "status_checked": N_("checked {date:date}"),
    "status_next": N_("next {date:date}"),
    "status_last_cycle": N_("Last run: {date:date}, {summary}."),
    "status_no_cycle": N_("No cycle has run yet. Run `syncd sync`."),
    "progress.fetch": N_("reading {label}"),
    "progress.send": N_("sending {label}"),
    "progress.stored": N_("{label} is sent; the portal stores it"),
    "progress.guard": N_("checking {label}"),
    "waiting": N_("Waiting for {seconds:duration} at most, until {until:date}. {why}"),
    "wait_over": N_(
        "syncd waited no longer: `--wait` allows {limit:duration} in all. Nothing is lost. Run the "
        "command again later, or with more, as `--wait 10m`."
    ),
    "wait_over_asked": N_(
        "syncd waited no longer: `--wait` allows {limit:duration} in all, and {asked:duration} more "
        "were asked for. Nothing is lost. Run the command again later, or with more, as `--wait 10m`."
    ),
    "progress.speed": N_("{amount:size}/s"),
    "health_ok": N_("syncd works (asked at {address})."),
    "interrupted": N_("Stopped. What was under way is resolved by the next `syncd sync`."),
    "command_empty": N_("Missing command."),
    "argument_empty": N_("nothing is written there. Write what is meant, or leave it out."),
    "bad_duration": N_("{value} is no duration; write for example 60s, 5m or 2h."),
    "demo_s3": N_("An S3 server runs at {endpoint}; services have dropped files there."),
    "demo_portal": N_("A stand-in for data.gouv.fr runs at {url}."),
    "demo_manifest": N_("The manifest that maps the one to the other is {file}."),
    "demo_counts": NP_(
        "The portal was asked {requests:n} times, and took {uploads:n} file.",
        "The portal was asked {requests:n} times, and took {uploads:n} files.",
        by="uploads",
    ),
    "demo_again": N_("Run the demo again, and see that nothing is sent twice."),
    "demo_nothing_sent": N_(
        "Nothing had changed, so nothing was sent. `--reset` starts the demo from nothing."
    ),
    "demo_page": N_(
        "To see the operators' page in a browser, with something to decide: `{command}`."
    ),
    "demo_page_at": N_("The operators' page: {address}"),
    "demo_page_has": NP_(
        "A file is held there, one is late, one is claimed by nobody; every {seconds:n} second another one "
        "is deposited.",
        "A file is held there, one is late, one is claimed by nobody; every {seconds:n} seconds another one "
        "is deposited.",
        by="seconds",
    ),
    "demo_page_end": N_(
        "What the page says to type works in the folder {folder}, in another terminal. Ctrl-C ends all of it."
    ),
    # -- what to write in the manifest --------------------------------------------------------
    "write_instead": N_("Write:"),
    "write_add": N_("Add:"),
    "write_form": N_("It looks like this:"),
}
