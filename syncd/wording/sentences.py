"""The sentences behind reasons and errors: what happened, where, what to do next.

Keys are codes; `{name}` are facts, shown as `figures.show` says. A test holds every code used in
the program against this table, and every field against the facts given.
"""

from __future__ import annotations

from collections.abc import Mapping

from syncd.wording.audit import AUDIT
from syncd.wording.configuration import CONFIGURATION
from syncd.wording.drafts import DRAFT_SENTENCES
from syncd.wording.marks import N_, NP_

SENTENCES: Mapping[str, str] = {
    **CONFIGURATION,
    **DRAFT_SENTENCES,
    **AUDIT,
    # -- first look ---------------------------------------------------------------------------
    "first_contact": N_("syncd has not compared this object with this resource yet."),
    "same_version": N_("The object has not changed since the last cycle ({size:size})."),
    "settling": NP_(
        "The object {key} changed less than {settle:n} second ago; syncd waits until it stays still.",
        "The object {key} changed less than {settle:n} seconds ago; syncd waits until it stays still.",
        by="settle",
    ),
    "deposit_late": N_(
        "The producer has deposited nothing since {since:date}; a new file is expected every "
        "{every:duration} (and {grace:duration} of grace). The file online was left as it is. Ask "
        "the producer, or correct `expect` in the manifest."
    ),
    "look_again": N_("The last cycle left this target {state:word}; syncd looks again."),
    "newer_object": N_("A newer object was found: {key} (before: {previous})."),
    "size_changed": N_("The object's size changed from {previous:size} to {size:size}."),
    "deposited_again": N_("The object was deposited again on {date:date} ({size:size})."),
    "paused": N_("Paused in the manifest: {why}"),
    "paused_since": N_("Paused in the manifest since {since:date}: {why}"),
    "target_paused": N_("{given} is paused in the manifest: {why}."),
    "never_looked": N_("No cycle has looked at this target yet. Run `syncd sync`."),
    # -- mapping ------------------------------------------------------------------------------
    "object_missing": N_(
        "The object {key} is not in the bucket. The file online was left as it is. "
        "Deposit the object again, or correct its name in the manifest."
    ),
    "newest_missing": N_(
        "No object matches {pattern}. The file online was left as it is. "
        "Deposit one, or correct the pattern in the manifest."
    ),
    "each_missing": N_(
        "No object matches {pattern}. Deposit one, or correct the pattern in the manifest."
    ),
    "each_same_name": N_(
        "{key} and {other} stand for the same resource. Keep one of them, or make the pattern in "
        "the manifest more precise."
    ),
    "claimed_twice": NP_(
        "{key} is claimed by {others:n} other target of the manifest too. Make the patterns more "
        "precise, so that only one target claims it.",
        "{key} is claimed by {others:n} other targets of the manifest too. Make the patterns more "
        "precise, so that only one target claims it.",
        by="others",
    ),
    "newest_tie_date": N_(
        "{count:n} objects matching {pattern} have the same date, among them {first} and {second}: "
        "none is the newest. Remove one, or write `by: name` in the manifest."
    ),
    "newest_tie_name": N_(
        "{count:n} objects matching {pattern} have names of equal rank, among them {first} and "
        "{second}: none is the newest. Remove one, or write `by: date` in the manifest."
    ),
    # -- second look --------------------------------------------------------------------------
    "same_bytes": N_("The same bytes were deposited again; nothing is sent."),
    "same_bytes_online": N_("The portal has these bytes already; nothing is sent."),
    "first_replacement": N_(
        "First publication by syncd: {size:size} replace the {previous:size} online."
    ),
    "new_bytes": N_("The object has new bytes: {size:size} replace the {previous:size} online."),
    "online_is_wrong": N_(
        "An earlier upload left other bytes online; the right ones are sent again ({size:size})."
    ),
    "bucket_wins": N_(
        "The file online was replaced by someone else; the bucket wins, as the manifest or "
        "`--force` says ({size:size} replace {previous:size})."
    ),
    "drifted": N_(
        "Someone else replaced the file of “{title}” online ({size:size}) after syncd's "
        "publication. To publish the bucket's file again, run `syncd sync --resource … --force`; "
        "to keep the file online, deposit it in the bucket too."
    ),
    "conflict": N_(
        "Someone else replaced the file of “{title}” online ({previous:size}), and the bucket has a "
        "new one too ({size:size}). Compare them; `syncd release … --by NAME` publishes the "
        "bucket's file."
    ),
    "new_file": N_("A new resource “{title}” is made for this file ({size:size})."),
    "to_be_created": N_(
        "A new resource “{title}” would be made for this file. Write `create: true` at line {line} "
        "of the manifest to allow it."
    ),
    "adopt_it": N_(
        "The resource “{title}” looks like the one for this file. If it is, write "
        "`known: {{{known}: {resource}}}` at line {line} of the manifest; if not, rename it online."
    ),
    "given_away": N_(
        "The manifest gives the resource of {key}, “{title}”, to another object now. Name another resource for it with `known`, or take the file out of the bucket."
    ),
    "withdrawn_meanwhile": N_(
        "The resource {resource} (“{title}”) was removed by a person while syncd uploaded to it. syncd does not make it again: take it out of the manifest, or name another resource."
    ),
    "marked_twice": N_(
        "{count:n} resources carry syncd's mark for {key}. Remove the wrong ones on the portal."
    ),
    "recovered": N_(
        "An upload that was cut short on {started:date} had reached the portal; syncd brought it to "
        "its end."
    ),
    # -- refusals -----------------------------------------------------------------------------
    "dataset_deleted": N_(
        "The dataset “{title}” was deleted on the portal. Restore it ({page}), or take it out of "
        "the manifest."
    ),
    "dataset_archived": N_(
        "The dataset “{title}” is archived on the portal. Unarchive it ({page}), or take it out of "
        "the manifest."
    ),
    "dataset_harvested": N_(
        "The dataset “{title}” is filled by a harvester, which would undo syncd's work ({page}). "
        "Take it out of the manifest, or stop the harvester."
    ),
    "dataset_no_right": N_(
        "The key may not edit the dataset “{title}” ({page}). Make the key's owner an editor of the "
        "organisation."
    ),
    "resource_unknown": N_(
        "The dataset “{title}” has no resource {resource} ({page}). Correct the id in the manifest."
    ),
    "resource_withdrawn": N_(
        "The resource {resource} was removed from the dataset “{title}” by a person ({page}). syncd "
        "does not make it again: take it out of the manifest, or name another resource."
    ),
    "resource_withdrawn_each": N_(
        "The resource {resource} was removed from the dataset “{title}” by a person ({page}). syncd "
        "does not make it again by itself: take {key} out of the bucket, or let a new one be made, "
        "with a new permanent link: `syncd release {key:shell} --by NAME`."
    ),
    "release_named": N_(
        "The manifest itself names the resource {resource}, which a person removed: syncd cannot make "
        "it again. Make a new resource on the portal and write its id in the manifest."
    ),
    "resource_remote": N_(
        "“{title}” is a link to another site ({url}), not a file on the portal, and cannot take "
        "one. Make a new resource with a file there, and write its id in the manifest."
    ),
    "resource_harvested": N_(
        "“{title}” is filled by a harvester, which would undo syncd's work. Take it out of the "
        "manifest."
    ),
    # -- guards -------------------------------------------------------------------------------
    "guard_empty": N_("{key} is empty (0 bytes). Ask its producer to deposit it again."),
    "guard_shrink": N_(
        "The file has {size:size}, {lost} % less than the {online:size} online; limit {limit} %."
    ),
    "guard_extension": N_(
        "The portal does not accept files ending in .{extension} ({name}). Ask the producer for "
        "another format, or compress the file."
    ),
    "guard_no_extension": N_(
        "The name {name} has no extension, and the portal accepts no such files. Ask the producer "
        "to rename it."
    ),
    "guard_older_date": N_(
        "{key} ({date:date}) is older than the published {published} ({published_date:date})."
    ),
    "guard_older_name": N_("{key} comes before the published {published} by its name."),
    "guard_html": N_(
        "This is a web page, most likely an error message, not a .{extension} file. Ask the producer to deposit the file itself."
    ),
    "guard_html_inside": N_(
        "A file inside the archive is a web page, most likely an error message, under another name. Ask the producer to deposit the archive again."
    ),
    "guard_type": N_(
        "The name ends in .{extension}, but the content is {found:format}. Ask the producer to deposit it under the right name or in the right format."
    ),
    "guard_archive_broken": N_(
        "The compressed file does not open: it is damaged, or its end is missing. Ask the producer to deposit it again."
    ),
    "guard_archive_locked": N_(
        "The compressed file has a password, or was compressed in a way that few programs know. Ask the producer for one that everybody can open."
    ),
    "guard_archive_bomb": N_(
        "The compressed file of {packed:size} would grow to {size:size} or more (limits: {ratio:n} times its size, and {most:size}). Ask the producer what it is; if it is right, write `guards: {{archive: warn}}` in the manifest."
    ),
    "guard_json": N_(
        "This is not valid JSON: the first mistake is at line {line}, column {column}. Ask the producer to export it again."
    ),
    "guard_json_invalid": N_("This is not valid JSON. Ask the producer to export it again."),
    "guard_json_cut": N_(
        "This JSON file breaks off in the middle: its end is missing. Ask the producer to deposit it again."
    ),
    "guard_geojson_type": N_(
        "A GeoJSON file must be a FeatureCollection; this one says “{found}”. Ask the producer to export it again."
    ),
    "guard_geojson_range": N_(
        "Feature {feature} has the coordinate {value}, which is no longitude (-180 to 180) or latitude (-90 to 90) in degrees. Ask the producer to export it in WGS 84."
    ),
    "guard_xml": N_(
        "This is not well-formed XML: the first mistake is at line {line}, column {column}. Ask the producer to export it again."
    ),
    "guard_xml_encoding": N_(
        "This is not well-formed XML, or names an encoding that does not exist. Ask the producer to export it again."
    ),
    "guard_xml_entities": N_(
        "This XML declares entities or points to other files, which is a way to attack its readers; careful programs refuse it. Ask the producer for a file without them."
    ),
    "guard_sheet": N_(
        "The spreadsheet does not open: it is damaged, or has a password. Ask the producer to deposit it again."
    ),
    "guard_no_sheet": N_(
        "The spreadsheet has no filled row in any of its sheets ({sheets}). Ask the producer to deposit it again."
    ),
    "guard_parquet": N_(
        "The Parquet file cannot be read to its end: it is damaged, or its end is missing. Ask the producer to deposit it again."
    ),
    "guard_hungry": N_(
        "The file cannot be looked into: opening it takes more than {limit:size} of memory, or more than {seconds:duration}. A few cells far from the others are enough. Ask the producer to save it anew, or as CSV."
    ),
    "guard_unseen": N_(
        "The spreadsheet is too large to look into ({size:size} unpacked; limit {limit:size}): its cells were not checked. A CSV would be."
    ),
    "guard_rows": NP_(
        "The file has {rows:n} row, {lost} % fewer than the {before:n} published; limit {limit} %.",
        "The file has {rows:n} rows, {lost} % fewer than the {before:n} published; limit {limit} %.",
        by="rows",
    ),
    "guard_columns": NP_(
        "{count:n} column of the published file is missing: {gone:names}. Those who use it would fail.",
        "{count:n} columns of the published file are missing: {gone:names}. Those who use them would fail.",
    ),
    "guard_columns_renamed": NP_(
        "{count:n} column of the published file is gone: {gone:names}; new: {new:names}. Those who use the old name would fail.",
        "{count:n} columns of the published file are gone: {gone:names}; new: {new:names}. Those who use the old names would fail.",
    ),
    "guard_no_header": N_(
        "The first row looks like data, not like the names of the columns. Ask the producer to put the names in the first row."
    ),
    "guard_no_rows": N_(
        "There is not one row of data in the file. Ask the producer to export it again."
    ),
    "guard_uneven": NP_(
        "{count:n} row has another number of cells than the {width:n} of the header, at line {line} ({found:n} cells); limit 0. Ask the producer to correct it.",
        "{count:n} rows have another number of cells than the {width:n} of the header, the first at line {line} ({found:n} cells); limit 0. Ask the producer to correct them.",
    ),
    "guard_cut": N_(
        "The file breaks off inside the row that begins at line {line}: a quotation mark is never closed, or a letter is cut. Ask the producer to deposit it again."
    ),
    "guard_encoding": N_(
        "The file is in {found}, not in UTF-8: many programs will show its accents wrong. Ask the producer for UTF-8."
    ),
    "guard_encoding_changed": N_(
        "The file is in {found}; the published one is in {before}. Programs that read it would show wrong accents."
    ),
    "guard_delimiter": N_(
        "Cells are separated by “{found}” now; in the published file, by “{before}”. Tell those who use the file."
    ),
    "guard_name_long": N_(
        "The name of column {column} (“{name}…”) has {size:n} letters; above {limit:n} the portal shows no preview."
    ),
    "guard_name_twice": NP_(
        "{count:n} column name occurs more than once: “{name}”. Ask the producer to tell the columns apart.",
        "{count:n} column names occur more than once, such as “{name}”. Ask the producer to tell the columns apart.",
    ),
    "guard_name_style": NP_(
        "{count:n} column name has accents or capitals: “{name}”; small letters without accents are easier to use.",
        "{count:n} column names have accents or capitals, such as “{name}”; small letters without accents are easier to use.",
    ),
    "guard_nir": NP_(
        "{count:n} column holds French social security numbers, which were not there before: {columns:names}. Tell the producer at once.",
        "{count:n} columns hold French social security numbers, which were not there before: {columns:names}. Tell the producer at once.",
    ),
    "guard_iban": NP_(
        "{count:n} column holds bank account numbers (IBAN), which were not there before: {columns:names}. Ask the producer whether they may be public.",
        "{count:n} columns hold bank account numbers (IBAN), which were not there before: {columns:names}. Ask the producer whether they may be public.",
    ),
    "guard_email": NP_(
        "{count:n} column holds e-mail addresses, which were not there before: {columns:names}. Ask the producer whether they may be public.",
        "{count:n} columns hold e-mail addresses, which were not there before: {columns:names}. Ask the producer whether they may be public.",
    ),
    "guard_telephone": NP_(
        "{count:n} column holds telephone numbers, which were not there before: {columns:names}. Ask the producer whether they may be public.",
        "{count:n} columns hold telephone numbers, which were not there before: {columns:names}. Ask the producer whether they may be public.",
    ),
    "guard_twin": N_(
        "The resource “{title}” of this dataset has exactly the same bytes. Ask the producer whether one of them was deposited under a wrong name."
    ),
    "guard_year": N_(
        "The title says {title}, the name of the object {key}. Ask the producer whether it is the right file."
    ),
    "guard_preview": N_(
        "With {size:size}, the file is above the {limit:size} up to which the portal shows a preview of .{extension} files. It can be downloaded all the same."
    ),
    "guard_fault": N_(
        "The content could not be looked into ({detail}), which is a fault of syncd's own. Look at the file, and send the log to those who maintain syncd."
    ),
    "guard_brake": N_(
        "{replacing:n} of {new:n} newly mapped resources would get another file (the brake acts from "
        "{fewest:n} on, above half): this looks like a wrong paste in the manifest. Read `syncd plan`; "
        "if all is right, run `syncd sync --dataset … --force`."
    ),
    # -- what a person decided ----------------------------------------------------------------
    "released": N_("{by} looked at this file and let it go online."),
    "release_other_bytes": N_(
        "{key} has changed since it was held: it has other bytes now ({size:size}). Nothing was "
        "published. Run `syncd sync`, which judges the new file, then `syncd holds`."
    ),
    "not_held": N_(
        "“{title}” ({given}) is not held: it is {state:word}. `syncd holds` lists what is."
    ),
    "hold_not_for_release": N_(
        "“{title}” ({given}) is not held because of its bytes, so it cannot be released. `syncd holds` says "
        "what to write in the manifest."
    ),
    "target_never_looked": N_("No cycle has looked at {given} yet. Run `syncd sync` first."),
    "by_missing": N_(
        "Say who you are with `--by NAME`, or set SYNCD_BY: the history must name a person."
    ),
    "json_or_csv": N_("Choose one of `--json` and `--csv`."),
    "pinned_undo": N_(
        "{by} went back to an earlier file on {since:date}. It stays online until the object "
        "changes, or until `syncd unpin`."
    ),
    "pinned_push": N_(
        "{by} pushed a file on {since:date}. It stays online until the object changes, or until "
        "`syncd unpin`."
    ),
    "pinned_drifted": N_(
        "The file of “{title}” online ({size:size}) is not the one that {by} pinned. To put that "
        "one back, run `syncd undo` and choose it with `--to`; to publish the bucket's, run "
        "`syncd unpin`."
    ),
    "unpinned": N_(
        "{by} let go of the pin of “{title}”: the next cycle publishes what the bucket has, if the "
        "guards agree."
    ),
    "not_pinned": N_("“{title}” ({given}) is not pinned: it is {state:word}."),
    "nothing_to_undo": N_(
        "No earlier file of “{title}” ({given}) is kept, so there is nothing to go back to. `syncd history` "
        "shows which files are kept; choose one with `--to`."
    ),
    "no_such_number": N_("The history of {given} has no number {number}. See `syncd history`."),
    "number_not_kept": N_(
        "The file of number {number} is not kept any more. `syncd history` shows which ones are."
    ),
    "version_of_other_source": N_(
        "The file was kept by a bucket that the manifest no longer names ({key}). Name it again "
        "under `sources`, or choose another file with `--to`."
    ),
    "version_gone": N_(
        "The bucket does not have that version of {key} any more. Nothing was published; choose "
        "another file with `--to`."
    ),
    "version_other_bytes": N_(
        "The bucket gives other bytes for that version of {key} than those that were online (sha1 "
        "{sha1}). Nothing was published; choose another file with `--to`."
    ),
    "verified": N_("Re-users get the file that syncd published ({size:size})."),
    "verified_other_bytes": N_(
        "Re-users of “{title}” get another file than the one syncd published: sha1 {online_sha1} "
        "({online_size:size}) instead of {sha1} ({size:size}). `syncd sync` looks again, and says what can be done."
    ),
    "pushed": N_("Put online by hand, by {by}."),
    "pushed_and_pinned": N_(
        "Put online by hand, by {by}. A bucket feeds this resource: the file stays online until the "
        "object changes, or until `syncd unpin`."
    ),
    "push_like": N_(
        "The dataset has a resource with this title or file name already: “{title}”. To replace its "
        "file, write `--resource {resource}`; to add another one, give the file another name and title."
    ),
    "push_where": N_(
        "Say where the file goes: `--resource R` to replace a file, or `--dataset D --title T` for a "
        "new one."
    ),
    "push_no_dataset": N_(
        "{given} is no dataset of the portal that the manifest names: write its id, or paste the "
        "address of its page."
    ),
    "push_no_resource": N_(
        "{given} is no resource of the portal that the manifest names: write its whole id, or paste "
        "its permanent link."
    ),
    "push_changing": N_(
        "The file {path} was changed while it was being read. Nothing was sent: wait until it is "
        "complete, and run the command again."
    ),
    "push_unreadable": N_("The file {path} cannot be read ({detail})."),
    "purge_needs_yes": N_(
        "Kept files are gone once removed: answer on a terminal, or write `--yes`."
    ),
    # -- the archive --------------------------------------------------------------------------
    "archive_ceiling": N_(
        "A file of {size:size} is not kept to go back to: kept files take {used:size} already, and "
        "may take {limit:size}. Raise SYNCD_ARCHIVE_LIMIT, or remove some with `syncd purge`."
    ),
    "archive_full": N_(
        "A file of {size:size} is not kept to go back to: kept files take {used:size} in {folder}, "
        "and must leave as much free as they take ({free:size} are). Make room there."
    ),
    "archive_disk": N_(
        "No file could be kept to go back to: {folder} cannot be used ({detail}). Check the disk "
        "and its rights."
    ),
    "archive_not_purged": N_(
        "The kept file with sha1 {sha1} could not be removed; the log says why. Mend that, and run "
        "the command again."
    ),
    "archive_missing": N_("The kept file with sha1 {sha1} is not there any more."),
    "archive_damaged": N_(
        "The kept file {path} has other bytes than those that were online (sha1 {sha1}). It is not "
        "used; check the disk."
    ),
    "online_not_kept": N_(
        "The file of “{title}” that was online could not be read, so syncd cannot go back to it."
    ),
    # -- source -------------------------------------------------------------------------------
    "object_keeps_changing": N_(
        "The object {key} was overwritten {times:n} times while syncd read it. It will be read again "
        "in the next cycle; `settle:` in the manifest makes syncd wait for a quiet object."
    ),
    "s3_bucket_missing": N_(
        "The bucket {bucket} does not exist on {endpoint}. Correct its name in the manifest, or have it made."
    ),
    "s3_object_missing": N_(
        "{key} was deleted from {bucket} after it was listed. The next cycle looks again."
    ),
    "s3_object_changed": N_(
        "{key} was overwritten in {bucket} while syncd was about to read it. The next cycle takes the new one."
    ),
    "s3_access_denied": N_(
        "{endpoint} does not let this key read the bucket {bucket} (“{detail}”). Ask its administrator for the rights to list and to read."
    ),
    "s3_bad_signature": N_(
        "{endpoint} refuses the secret key for the bucket {bucket}. Check SYNCD_SOURCES__…__SECRET_ACCESS_KEY."
    ),
    "s3_unknown_key": N_(
        "{endpoint} does not know the access key for the bucket {bucket}. Check SYNCD_SOURCES__…__ACCESS_KEY_ID."
    ),
    "s3_expired_key": N_(
        "The temporary key for the bucket {bucket} on {endpoint} has expired. Give syncd a new one."
    ),
    "s3_clock": N_(
        "{endpoint} says that this machine's clock is wrong (“{detail}”). Set the clock (NTP)."
    ),
    "s3_archived": N_(
        "{key} is in cold storage and cannot be read. Have it restored in the bucket {bucket}."
    ),
    "s3_region": N_(
        "{endpoint} expects another region for the bucket {bucket} (“{detail}”). Set `region` in the manifest."
    ),
    "s3_no_credentials": N_(
        "There is no usable key for the bucket {bucket} on {endpoint} ({detail}). Set SYNCD_SOURCES__…__ACCESS_KEY_ID and …__SECRET_ACCESS_KEY."
    ),
    "s3_busy": N_("{endpoint} is too busy ({status}). syncd tries again in the next cycle."),
    "s3_server_error": N_(
        "{endpoint} had a fault of its own ({status}: “{detail}”). If it lasts, tell its administrator."
    ),
    "s3_refused": N_(
        "{endpoint} refuses the request ({status} {s3_code}: “{detail}”). Check that `endpoint` is the address of an S3 server."
    ),
    "s3_unreachable": N_(
        "{endpoint} cannot be reached ({detail}). Check `endpoint` in the manifest, the network and the firewall."
    ),
    "s3_unknown_host": N_(
        "The name in {endpoint} is not known here. Check `endpoint` in the manifest, and the DNS."
    ),
    "s3_timeout": N_("{endpoint} did not answer in time. syncd tries again in the next cycle."),
    "s3_ca_unknown": N_(
        "The certificate of {endpoint} is signed by an authority that is not known. If it is one of your own, name the file of its certificates in SYNCD_CA_BUNDLE."
    ),
    "s3_certificate_name": N_(
        "The certificate of {endpoint} was made for another name ({detail}). Write the name that it was made for in `endpoint`, or have the certificate corrected."
    ),
    "s3_certificate_expired": N_(
        "The certificate of {endpoint} has expired. Have its administrator renew it, and check this machine's clock."
    ),
    "s3_certificate_early": N_(
        "The certificate of {endpoint} is not valid yet. Check this machine's clock."
    ),
    "s3_certificate": N_(
        "The certificate of {endpoint} is not trusted ({detail}). Tell its administrator."
    ),
    "s3_tls": N_(
        "There is no secure connection to {endpoint} ({detail}). Check whether it is http rather than https."
    ),
    "s3_ca_bundle": N_(
        "The file {path} (SYNCD_CA_BUNDLE) does not exist or cannot be read. Correct its name."
    ),
    "s3_proxy_down": N_(
        "The proxy on the way to {endpoint} cannot be reached ({proxy}: {detail}). Check SYNCD_PROXY, or take `use_proxy` out of the source."
    ),
    "s3_proxy_password": N_(
        "The proxy {proxy} refused the user name or password of SYNCD_PROXY; {endpoint} was not reached. Correct them there (special characters as %40)."
    ),
    "s3_proxy_denied": N_(
        "The proxy {proxy} does not let syncd through to {endpoint} (status {status}). Ask its administrator to allow that host, or take `use_proxy` out of the source."
    ),
    "s3_proxy_no_route": N_(
        "The proxy {proxy} found no way to {endpoint} (status {status}). Check `endpoint` in the manifest; if it is right, take `use_proxy` out of the source or ask the proxy's administrator."
    ),
    "s3_proxy": N_(
        "The proxy {proxy} refuses the way to {endpoint} (status {status}). Ask its administrator."
    ),
    "s3_cut": N_(
        "The transfer of {key} from {endpoint} was cut ({detail}). Nothing was published; the next cycle tries again."
    ),
    "s3_listing_broken": N_(
        "{endpoint} gave an incomplete list of the bucket {bucket} ({detail}). Nothing is concluded from it; the next cycle tries again."
    ),
    "s3_broken_answer": N_(
        "{endpoint} gave an answer that cannot be understood ({detail}). Check that `endpoint` is the address of an S3 server."
    ),
    "s3_bad_settings": N_(
        "The settings of the bucket {bucket} on {endpoint} cannot be used ({detail}). Correct them in the manifest."
    ),
    "s3_left_alone": N_(
        "{endpoint} failed several times in a row ({detail}), so syncd leaves it alone for a while. "
        "It tries again in the next cycle."
    ),
    # -- portal -------------------------------------------------------------------------------
    "portal_key_refused": N_(
        "{host} refuses the key in SYNCD_API_KEY (“{words}”){request_id:request}. Make a new key in "
        "the profile page of the robot user, and give it to syncd."
    ),
    "portal_not_allowed": N_(
        "{host} does not allow this ({what:what}: “{words}”){request_id:request}. Make the key's owner an "
        "editor of the dataset's organisation."
    ),
    "portal_not_found": N_(
        "{host} does not know this {what:what} (“{words}”){request_id:request}. Correct its id in the "
        "manifest, or check that the key's owner may see it."
    ),
    "portal_gone": N_(
        "{host} says that this {what:what} was deleted (“{words}”){request_id:request}. Restore it, or "
        "take it out of the manifest."
    ),
    "portal_rejected": N_(
        "{host} refuses this {what:what} (status {status}: “{words}”){request_id:request}. Nothing was "
        "changed online. Correct what it says, or ask its support."
    ),
    "portal_too_large": N_(
        "{host} refuses a file of this size in one request (“{words}”){request_id:request}. Nothing "
        "was changed online. Lower SYNCD_UPLOAD_PART_SIZE, so that the file is sent in parts."
    ),
    "portal_part_too_large": N_(
        "{host} refuses even a part of this file (“{words}”){request_id:request}. Nothing was "
        "changed online. Lower SYNCD_UPLOAD_PART_SIZE."
    ),
    "portal_bad_type": N_(
        "{host} refuses files of this type (“{words}”){request_id:request}. Nothing was changed "
        "online. Ask the producer for another format."
    ),
    "portal_read_only": N_(
        "{host} takes no new content for now (“{words}”){request_id:request}. syncd tries again in "
        "the next cycle."
    ),
    "portal_busy": N_(
        "{host} asks for fewer requests (“{words}”){request_id:request}. syncd tries again in the "
        "next cycle."
    ),
    "portal_fault": N_(
        "{host} had a fault of its own ({what:what}, status {status}: “{words}”){request_id:request}. "
        "syncd tries again in the next cycle."
    ),
    "portal_redirects": N_(
        "{host} sends this request to another address. Write the portal's exact address in the "
        "manifest (`portal:`)."
    ),
    "portal_not_udata": N_(
        "{host} answered something that is no {what:what} of a udata portal. Check `portal:` in the "
        "manifest, and whether a proxy stands in between."
    ),
    "portal_garbled": N_(
        "{host} answered the {what:what} with something unreadable; syncd looks what became of it."
    ),
    "portal_unreachable": N_(
        "{host} cannot be reached ({detail}). Check the network and `portal:` in the manifest; "
        "syncd tries again in the next cycle."
    ),
    "portal_answer_lost": N_(
        "{host} gave no answer ({what:what}: {detail}). syncd tries again in the next cycle."
    ),
    "portal_left_alone": N_(
        "{host} failed several times in a row ({why}), so syncd leaves it alone for a while. It "
        "tries again in the next cycle."
    ),
    "portal_unknown_host": N_(
        "The name {host} is not known here. Check `portal:` in the manifest and the DNS; where the "
        "portal is only reached through a proxy, set SYNCD_PROXY."
    ),
    "portal_proxy_down": N_(
        "The proxy on the way to {host} cannot be reached ({proxy}: {detail}). Check SYNCD_PROXY and "
        "the network."
    ),
    "portal_proxy_password": N_(
        "The proxy {proxy} refused the user name or password of SYNCD_PROXY; {host} was not reached. "
        "Correct them there (special characters as %40)."
    ),
    "portal_proxy_denied": N_(
        "The proxy {proxy} does not let syncd through to {host} (status {status}). Ask its "
        "administrator to allow that host."
    ),
    "portal_proxy_no_route": N_(
        "The proxy {proxy} found no way to {host} (status {status}). Check `portal:` in the manifest; "
        "if it is right, ask the proxy's administrator."
    ),
    "portal_proxy": N_(
        "The proxy {proxy} refuses the way to {host} (status {status}). Ask its administrator."
    ),
    "portal_ca_unknown": N_(
        "The certificate of {host} is signed by an authority that is not known. If it is one of your "
        "own, name the file of its certificates in SYNCD_CA_BUNDLE."
    ),
    "portal_certificate_name": N_(
        "The certificate of {host} was made for another name ({detail}). Write the portal's exact "
        "address in the manifest (`portal:`)."
    ),
    "portal_certificate_expired": N_(
        "The certificate of {host} has expired. Check this machine's clock; if it is right, tell the "
        "administrator of {host}."
    ),
    "portal_certificate_early": N_(
        "The certificate of {host} is not valid yet. Check this machine's clock."
    ),
    "portal_certificate": N_(
        "The certificate of {host} is not trusted ({detail}). Tell its administrator."
    ),
    "portal_tls": N_(
        "There is no secure connection to {host} ({detail}). Check whether its address is http "
        "rather than https."
    ),
    "upload_lost": N_(
        "The upload to {host} had no clear answer ({why}), and the file did not appear online. syncd "
        "sends it again in the next cycle."
    ),
    "verify_bytes": N_(
        "After the upload the portal has other bytes than those sent: sha1 {online_sha1} "
        "({online_size:size}) instead of {sha1} ({size:size}). syncd sends them again in the next "
        "cycle; tell the portal's team if this goes on."
    ),
    # -- this machine -------------------------------------------------------------------------
    "ledger_unusable": N_(
        "syncd's ledger {path} cannot be used ({detail}). Check the disk, and that only syncd's "
        "user writes there."
    ),
    "ledger_newer": N_(
        "syncd's ledger was written by a newer syncd (tables {found}; this one knows {known}). "
        "Use that version again."
    ),
    "ledger_other_version": N_(
        "syncd's ledger has the tables of another version ({found}; this one knows {known}). Run "
        "`syncd sync` once with this version, then plan again."
    ),
    "state_dir_unusable": N_(
        "The state folder {path} cannot be used ({detail}). Give SYNCD_STATE_DIR a folder that "
        "syncd may write."
    ),
    "spool_ceiling": N_(
        "{key} has {size:size}; the limit is {limit:size}. Raise SYNCD_SPOOL_LIMIT if the file is right."
    ),
    "spool_full": N_(
        "The disk of {folder} is full ({needed:size} needed, {free:size} free). Make room there; nothing was published."
    ),
    "spool_disk": N_(
        "The folder {folder} cannot be written ({detail}). Check the disk and its rights; nothing was published."
    ),
    "lock_held": N_(
        "Another syncd works on the dataset {dataset} (pid {pid} on {host}, since {since:date}). Try again when it is done, or wait longer with `--wait`."
    ),
    "lock_held_unsigned": N_(
        "Another syncd works on the dataset {dataset}. Try again when it is done, or wait longer with `--wait`."
    ),
    "lock_folder": N_(
        "The lock folder {folder} cannot be used ({detail}). Give SYNCD_STATE_DIR a folder that syncd may write."
    ),
    "demo_s3_missing": N_(
        "The demo needs the program {program}. Install it with: pip install 'syncd[{extra}]'"
    ),
    "demo_folder_not_ours": N_(
        "The folder {folder} holds other files than the demo's. Name an empty one with `--folder`."
    ),
    "demo_s3_failed": N_("The demo's S3 server did not start ({detail}). Its log is {log}."),
    # -- health and its address ----------------------------------------------------------------
    "http_address_in_use": N_(
        "Another program listens at {address} already ({detail}), perhaps another syncd. Stop it, "
        "or set SYNCD_HTTP_ADDRESS to another port, or to `off`."
    ),
    "http_address_unusable": N_(
        "syncd cannot listen at {address} ({detail}). Set SYNCD_HTTP_ADDRESS to an address of this "
        "machine, for example 127.0.0.1:8080, or to `off`."
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
    "fault": N_(
        "syncd met a fault of its own ({detail}). Please report it to its makers, with the log."
    ),
    # -- preflight ----------------------------------------------------------------------------
    "route_direct": N_("The way to {host} is direct, without a proxy."),
    "route_proxy": N_("The way to {host} leads through the proxy {proxy}."),
    "key_belongs": N_("The key belongs to {name}."),
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
    "receipt": N_(
        "{key} ({size:size}, sha1 {sha1}) is what re-users get now at the permanent link."
    ),
    # -- usage --------------------------------------------------------------------------------
    "no_such_dataset": N_("The manifest has no dataset {given}."),
    "no_such_target": N_(
        "No target of the manifest has the resource id or object {given}. `syncd status` lists them."
    ),
    "target_not_unique": N_("{given} may mean several targets: {found}. Write more of it."),
    "force_needs_target": N_(
        "`--force` lifts the guards, so it needs `--dataset` or `--resource`."
    ),
    "key_missing": N_(
        "No key for the portal: set SYNCD_API_KEY, or put it in a file api_key in the secrets "
        "folder. A key is made in the profile page of the robot user."
    ),
    # -- the service ---------------------------------------------------------------------------
    "no_service": N_(
        "No syncd service runs on the state folder {folder}. Start `syncd run`, or run `syncd sync`."
    ),
    "manifest_held": N_(
        "The new manifest would remove {removed:n} of {before:n} targets, so the one before stays in force. If that is meant, send SIGHUP to the service twice (`kill -HUP`); if not, mend the manifest."
    ),
    "manifest_not_taken": NP_(
        "The new manifest has {count:n} problem, so the last good one stays in force: {first}",
        "The new manifest has {count:n} problems, so the last good one stays in force. The first: {first}",
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
    "dataset_late": N_(
        "No cycle of this dataset has ended without a failure since {since:date}. Run `syncd status` for the reason."
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
    # -- missing under one name, and there under another ----------------------------------------
    "object_renamed": N_(
        "The object {key} is not in the bucket, but {near} is, which no target claims. If it was "
        "renamed, write `{write}` on line {line} of the manifest. The file online was left as it is."
    ),
    "object_renamed_same": N_(
        "The object {key} is not in the bucket, but the very same file is there as {near}. Write "
        "`{write}` on line {line} of the manifest. The file online was left as it is."
    ),
    "object_renamed_several": N_(
        "The object {key} is not in the bucket; these look like it, and no target claims them: "
        "{near}. If it was renamed to the first, write `{write}` on line {line} of the manifest. "
        "The file online was left as it is."
    ),
    "object_renamed_unwritable": N_(
        "The object {key} is not in the bucket, but “{near}” is, a name that the manifest cannot hold "
        "(a space at its end, or a *). If it is the same file, give it its old name in the bucket. "
        "The file online was left as it is."
    ),
    "object_renamed_each": N_(
        "The object {key} is not in the bucket, but {near} is, which the pattern on line {line} of the "
        "manifest does not match. Rename it, or change the pattern. The file online was left as it is."
    ),
    "pattern_near": N_(
        "No object matches {key}. No target claims {near}: if that is meant, change the pattern on line "
        "{line} of the manifest. The file online was left as it is."
    ),
    "pattern_near_known": N_(
        "No object matches {key}. No target claims {near}: if that is meant, write `{write}` on line "
        "{line} of the manifest. The file online was left as it is."
    ),
}

# What follows the sentence where it holds a file; where it is only told, nothing is to be done.
TO_RELEASE: Mapping[str, str] = {
    "guard_empty": N_("The file online was kept."),
    "guard_shrink": N_(
        "The file online was kept. If the new one is right, run `syncd release … --by NAME`."
    ),
    "guard_older_date": N_(
        "The file online was kept. If going back is meant, run `syncd release … --by NAME`."
    ),
    "guard_older_name": N_(
        "The file online was kept. If going back is meant, run `syncd release … --by NAME`."
    ),
    "guard_rows": N_("If the new one is right, run `syncd release … --by NAME`."),
    "guard_columns": N_("If that is meant, run `syncd release … --by NAME`."),
    "guard_columns_renamed": N_("If that is meant, run `syncd release … --by NAME`."),
    "guard_encoding_changed": N_("If that is meant, run `syncd release … --by NAME`."),
    "guard_nir": N_("If the numbers are made up, run `syncd release … --by NAME`."),
    "guard_iban": N_("If they may be public, run `syncd release … --by NAME`."),
}
