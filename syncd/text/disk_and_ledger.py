"""What is wrong with this machine: its disks, syncd's memory, its locks."""

from __future__ import annotations

from collections.abc import Mapping

from syncd.core.i18n_markers import N_

MACHINE: Mapping[str, str] = {
    "schemas_disk": N_(
        "The catalogue of schemas could not be written to {path} ({detail}). Check the disk, and "
        "that syncd's user may write there; nothing was changed."
    ),
    "schemas_no_catalogue": N_(
        "What is there is no catalogue of schemas: its file schemas.json has a list “schemas”. "
        "Nothing was changed."
    ),
    "schemas_not_there": N_(
        "There is no file {path}, or it cannot be read. Name the folder in which schemas.json is, "
        "with the files that it names beside it."
    ),
    "schemas_elsewhere": N_(
        "{address} is not on {host} by https: no schema is fetched from elsewhere."
    ),
    "schemas_unreachable": N_(
        "{address} could not be had ({detail}). Where this machine does not reach the Internet, "
        "carry the catalogue's files here, and run `syncd schemas update --from FOLDER`."
    ),
    "ledger_unusable": N_(
        "syncd's ledger {path} cannot be used ({detail}). Check the disk, and that only syncd's "
        "user writes there."
    ),
    "ledger_database_away": N_(
        "The database {database} on {host} does not answer ({detail}). Until it does, syncd publishes "
        "nothing. Check that the server runs, and host and port in SYNCD_DATABASE_URL."
    ),
    "ledger_database_refused": N_(
        "The server {host} does not let syncd into the database {database} ({detail}). Check user and "
        "password in SYNCD_DATABASE_URL, and the server's pg_hba.conf."
    ),
    "ledger_database_option": N_(
        "The database {database} on {host} cannot be asked with what SYNCD_DATABASE_URL says after its "
        "`?` ({detail}). Correct it, or leave it out (docs/postgresql.md)."
    ),
    "ledger_database_unsafe": N_(
        "There is no encrypted connection to {host} as SYNCD_DATABASE_URL asks for ({detail}). Check "
        "the server's certificate, and `sslmode` and `sslrootcert` in the address."
    ),
    "ledger_database_missing": N_(
        "There is no database {database} on {host} ({detail}). Create it with its owner "
        "(docs/postgresql.md), or correct SYNCD_DATABASE_URL."
    ),
    "ledger_database_busy": N_(
        "Another program holds the database {database} on {host} for too long ({detail}). Look with "
        "`SELECT * FROM pg_stat_activity` who does, and end it."
    ),
    "ledger_database_rights": N_(
        "syncd may not write to the database {database} on {host} ({detail}). Make syncd's user its "
        "owner, and name the server that takes writes (docs/postgresql.md)."
    ),
    "ledger_no_driver": N_(
        "A ledger on PostgreSQL needs psycopg, which is not installed. Install it with "
        "`pip install 'syncd[postgresql]'`."
    ),
    "ledger_other_engine": N_(
        "syncd keeps its memory in SQLite or on PostgreSQL, not with {engine}. Correct SYNCD_DATABASE_URL."
    ),
    "workers_need_server": N_(
        "SYNCD_WORKERS={workers}: several processes can only work together where the ledger is on PostgreSQL. Set SYNCD_DATABASE_URL to such a server, or leave out SYNCD_WORKERS."
    ),
    "backup_on_server": N_(
        "syncd's memory is on PostgreSQL: back it up and put it back with pg_dump and pg_restore "
        "(docs/postgresql.md), and copy the state folder, where the kept versions are."
    ),
    "ledger_damaged": N_(
        "syncd's ledger {path} holds something that no syncd wrote (table {table}, column {column}). "
        "Stop syncd and put a backup back with `syncd restore FILE --move-aside`; without one, move the "
        "file away: syncd finds out anew what is online, but the history and the holds are lost."
    ),
    "ledger_newer": N_(
        "syncd's ledger was written by a newer syncd ({version}; its tables are {found}, this one "
        "knows {known}). Use that version again, or put back a backup from before it with `syncd restore`."
    ),
    "ledger_other_version": N_(
        "syncd's ledger has the tables of another version ({found}; this one knows {known}). Run "
        "`syncd sync` once with this version, then this command again."
    ),
    "backup_nothing": N_(
        "There is no ledger {path}, so there is nothing to copy. Check SYNCD_STATE_DIR, and who runs this command."
    ),
    "backup_no_key": N_("{given} names no object: write `s3://SOURCE/KEY`."),
    "backup_no_source": N_(
        "The manifest has no source {given}. Write `s3://SOURCE/KEY` with one of these: {names}."
    ),
    "backup_denied": N_(
        "{endpoint} does not let this key write {key} into the bucket {bucket} (“{detail}”). Backups alone need "
        "that right: ask its administrator for it, or use a source of its own for them."
    ),
    "backup_disk": N_(
        "The backup could not be made: {path} cannot be written ({detail}). Check the disk and its rights."
    ),
    "backup_absent": N_("There is no backup {path}, or it cannot be read ({detail})."),
    "backup_not_in_bucket": N_("There is no backup {path}: the bucket has no such object."),
    "backup_damaged": N_(
        "{path} is no whole backup of syncd: it was cut off or changed, or is something else. It was not used; "
        "take another one."
    ),
    "backup_newer": N_(
        "The backup {path} was made by a newer syncd ({version}; its tables are {found}, this one knows {known}). "
        "It was not used: put it back with that version."
    ),
    "restore_service": N_(
        "A syncd service runs on the state folder {path}. Nothing was changed: stop it first."
    ),
    "restore_in_use": N_(
        "Another syncd is using the ledger {path}. Nothing was changed: wait until it has ended."
    ),
    "restore_not_empty": N_(
        "The state folder {path} is not empty ({name}). Nothing was changed: with `--move-aside`, what is there "
        "is moved into a folder of its own first, and nothing is deleted."
    ),
    "restore_disk": N_(
        "The backup could not be put back: the state folder {path} cannot be written ({detail}). Check the disk and "
        "its rights, then run the command again."
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
    "shortage_files": N_(
        "This machine lets syncd open no more files for now. Nothing was decided about this one; "
        "syncd tries again in the next cycle. Raise the limit of open files (`ulimit -n`, LimitNOFILE=)."
    ),
    "shortage_memory": N_(
        "There was not enough memory for this. Nothing was decided about the file; syncd tries "
        "again in the next cycle. Give syncd more memory, or let fewer datasets run at once."
    ),
    "shortage_disk": N_(
        "A disk of this machine is full. Nothing was decided about the file; syncd tries again in "
        "the next cycle. Make room in the state folder and in /tmp."
    ),
    "shortage_processes": N_(
        "This machine lets syncd start no more processes or threads for now. Nothing was decided "
        "about the file; syncd tries again in the next cycle. Raise the limit of processes (`ulimit -u`, TasksMax=)."
    ),
    "reader_unavailable": N_(
        "No file can be looked into now: the process that does so cannot be started or cannot read ({detail}). That is a shortage of this machine (memory, processes, open files, disk), not of the file; it is tried again."
    ),
    "reader_killed": N_(
        "The process that looked into {key} was killed, most likely since memory is short. It is tried once more; then the file is held."
    ),
    "lock_held": N_(
        "Another syncd works on the dataset {dataset} (pid {pid} on {host}, since {since:date}). Try again when it is done, or wait longer with `--wait`."
    ),
    "lock_held_by": N_(
        "`syncd {command}`, started by {by}, works on the dataset {dataset} (pid {pid} on {host}, since {since:date}). Try again when it is done, or wait longer with `--wait`."
    ),
    "lock_held_unsigned": N_(
        "Another syncd works on the dataset {dataset}. Try again when it is done, or wait longer with `--wait`."
    ),
    "lock_lost": N_(
        "Another syncd took over the dataset {dataset} while this one was too slow or asleep, so this one stopped before it changed anything more. Nothing is to be done; where it happens again, give this machine more processor time, or see why it is suspended."
    ),
    "lock_folder": N_(
        "The lock folder {folder} cannot be used ({detail}). Give SYNCD_STATE_DIR a folder that syncd may write."
    ),
}
