"""What a person does by hand: release a file, go back to a kept one, push one."""

from __future__ import annotations

from collections.abc import Mapping

from syncd.core.i18n_markers import N_

BY_HAND: Mapping[str, str] = {
    # -- what a person decided ----------------------------------------------------------------
    "released": N_("{by} looked at this file and let it go online."),
    "release_other_bytes": N_(
        "{key} has changed since it was held: it has other bytes now ({size:size}). Nothing was "
        "published. Run `syncd sync`, which judges the new file, then `syncd holds`."
    ),
    "not_held": N_(
        "“{title}” ({given}) is not held: it is {state:word}. `syncd holds` lists what is."
    ),
    "held_other_bytes": N_(
        "The bucket does not have the held bytes of {key} any more. Run `syncd sync`, which judges "
        "what is there now, then `syncd holds`."
    ),
    "nothing_online": N_("No file of {given} is online yet."),
    "online_remote": N_(
        "“{title}” is a link to another site ({url}), which syncd does not follow."
    ),
    "online_other_bytes": N_(
        "What the portal gives out for “{title}” is not what it says that it has (sha1 {sha1}). Run "
        "the command again; if that stays so, `syncd verify` says more."
    ),
    "fetched_other_bytes": N_(
        "{path} was not written: other bytes came from the disk than those that were read (sha1 "
        "{sha1}). Check the disk."
    ),
    "diff_no_object": N_("The bucket has no {key} to compare."),
    "fetch_which": N_("Choose one of `--held`, `--online` and `--version`."),
    "hold_not_for_release": N_(
        "“{title}” ({given}) is not held because of its bytes, so it cannot be released. `syncd holds` says "
        "what to write in the manifest."
    ),
    "target_never_looked": N_("No cycle has looked at {given} yet. Run `syncd sync` first."),
    "pinned_undo": N_(
        "{by} went back to an earlier file on {since:date}. It stays online until the object "
        "changes, or until `syncd unpin {target:shell} --by NAME`."
    ),
    "pinned_push": N_(
        "{by} pushed a file on {since:date}. It stays online until the object changes, or until "
        "`syncd unpin {target:shell} --by NAME`."
    ),
    "pinned_leave": N_(
        "{by} decided on {since:date} that this file stays. It does until the object changes, or until "
        "`syncd unpin {target:shell} --by NAME`."
    ),
    "not_to_leave": N_(
        "“{title}” ({given}) is neither held because of its bytes, nor changed online by somebody else: it is "
        "{state:word}. There is nothing to leave as it is."
    ),
    "overtaken": N_(
        "“{title}” ({given}) is not any more what was shown: another file came, or somebody has decided meanwhile. "
        "Nothing was done. Look again, then decide."
    ),
    "pinned_marked": N_(
        "A mark on the portal says that this file is to stay while the bucket has the one that it "
        "has: a person went back to it, or put it there; who and when was lost with syncd's ledger. "
        "It stays online until the object changes, or until `syncd unpin {target:shell} --by NAME`."
    ),
    "pinned_after_backup": N_(
        "This file came online after the backup from which syncd was restored, and nothing newer "
        "is in the bucket. It stays online until the object changes, or until `syncd unpin {target:shell} --by NAME`."
    ),
    "after_backup": N_(
        "syncd was restored from the backup of {made:date}: what is online is looked at once."
    ),
    "adopted_after_backup": N_(
        "Put online after the backup of {made:date}, from which syncd was restored: nothing needs "
        "to be sent."
    ),
    "pinned_drifted_unnamed": N_(
        "The file of “{title}” online ({size:size}) is not the one that was pinned. To publish the "
        "bucket's, run `syncd unpin {target:shell} --by NAME`; `syncd history {target:shell}` shows which files syncd can go back to."
    ),
    "pinned_drifted": N_(
        "The file of “{title}” online ({size:size}) is not the one that {by} pinned. To put that "
        "one back, run `syncd undo {target:shell} --to N --by NAME`, N being its number in `syncd "
        "history {target:shell}`; to publish the bucket's, run `syncd unpin {target:shell} --by NAME`."
    ),
    "unpinned": N_(
        "{by} let go of the pin of “{title}”: the next cycle publishes what the bucket has, if the "
        "guards agree."
    ),
    "not_pinned": N_("“{title}” ({given}) is not pinned: it is {state:word}."),
    "nothing_to_undo": N_(
        "No earlier file of “{title}” ({given}) is kept, so there is nothing to go back to. `syncd history {given:shell}` "
        "shows which files are kept; choose one with `--to`."
    ),
    "undo_would_replace": N_(
        "The file of “{title}” would be replaced by number {number} of the history, and stay until "
        "the object changes, or until `syncd unpin {target:shell} --by NAME`."
    ),
    "undo_would_pin": N_(
        "The file of “{title}” is online already: nothing would be sent. It would stay until the "
        "object changes, or until `syncd unpin {target:shell} --by NAME`."
    ),
    "no_such_number": N_(
        "The history of {given} has no number {number}. See `syncd history {given:shell}`."
    ),
    "number_not_kept": N_(
        "The file of number {number} is not kept any more. `syncd history {given:shell}` shows which ones are."
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
    "verified_after_backup": N_(
        "Re-users of “{title}” get a file that came online after the backup of {made:date}, from which syncd was "
        "restored. `syncd sync` looks at it."
    ),
    "verified_remote": N_(
        "Re-users of “{title}” are sent to another site ({url}) instead of the file that syncd published. "
        "It was not followed. `syncd sync` looks again, and says what can be done."
    ),
    "pushed": N_("Put online by hand, by {by}."),
    "pushed_and_pinned": N_(
        "Put online by hand, by {by}. A bucket feeds this resource: the file stays online until the "
        "object changes, or until `syncd unpin {target:shell} --by NAME`."
    ),
    "push_would": N_("The file would be put online by hand."),
    "push_would_pin": N_(
        "The file would be put online by hand. A bucket feeds this resource: the file would stay "
        "online until the object changes, or until `syncd unpin {target:shell} --by NAME`."
    ),
    "push_like": N_(
        "The dataset has a resource with this title or file name already: “{title}”. To replace its "
        "file, write `--resource {resource}`; to add another one, give the file another name and title."
    ),
    "push_link": N_(
        "“{title}” is a link to a public bucket and takes no file by hand. Put the file into the bucket "
        "as {key}, and syncd publishes it; `syncd undo` goes back to an earlier one."
    ),
    "push_name": N_(
        "The name of the file {path} is not written in UTF-8, and the portal takes no other. Give the "
        "file another name."
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
    "archive_bucket_missing": N_(
        "No file can be kept to go back to, nor had again: the bucket {bucket} of SYNCD_ARCHIVE does "
        "not exist on {endpoint}. Correct its name there, or have it made."
    ),
    "archive_bucket_denied": N_(
        "No file can be kept to go back to, nor had again: {endpoint} refuses what syncd asks of the bucket {bucket} "
        "of SYNCD_ARCHIVE (“{detail}”). Check SYNCD_ARCHIVE_ACCESS_KEY_ID and SYNCD_ARCHIVE_SECRET_ACCESS_KEY, and "
        "ask its administrator for the rights to list, read, write and delete."
    ),
    "archive_bucket_away": N_(
        "No file can be kept to go back to, nor had again: the bucket {bucket} of SYNCD_ARCHIVE on {endpoint} cannot "
        "be used now ({detail}). If it lasts, check SYNCD_ARCHIVE_ENDPOINT and the network, and tell its "
        "administrator."
    ),
    "archive_other_bytes": N_(
        "The file with sha1 {sha1} was not kept to go back to: its bytes changed on this machine's "
        "disk. Check the disk."
    ),
    "archive_object_damaged": N_(
        "The kept file {path} has other bytes than those that were online (sha1 {sha1}). It is not "
        "used; ask the bucket's administrator who writes there besides syncd."
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
    "online_not_compared": N_(
        "The file of “{title}” that is online could not be read, so the new one was not compared with it."
    ),
    "online_not_kept": N_(
        "The file of “{title}” that was online could not be read, so syncd cannot go back to it."
    ),
}
