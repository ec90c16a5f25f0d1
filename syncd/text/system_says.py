"""What the system and the libraries say of a failure, where it is quoted in a sentence.

Only fixed words can be translated; what is not listed here is quoted as it was said.
"""

from __future__ import annotations

from syncd.core.i18n_markers import N_

SYSTEM_SAYS: frozenset[str] = frozenset(
    {
        # -- the network ----------------------------------------------------------------------
        N_("Connection refused"),
        N_("Connection reset by peer"),
        N_("Connection timed out"),
        N_("Network is unreachable"),
        N_("No route to host"),
        N_("Name or service not known"),
        N_("Temporary failure in name resolution"),
        N_("Broken pipe"),
        N_("Address already in use"),
        N_("Cannot assign requested address"),
        N_("timed out"),
        N_("timeout"),
        N_("Server disconnected without sending a response."),
        # -- certificates ---------------------------------------------------------------------
        N_("self-signed certificate"),
        N_("self-signed certificate in certificate chain"),
        N_("unable to get local issuer certificate"),
        N_("certificate has expired"),
        N_("wrong version number"),
        # -- files and disks ------------------------------------------------------------------
        N_("No such file or directory"),
        N_("Permission denied"),
        N_("Operation not permitted"),
        N_("Is a directory"),
        N_("Not a directory"),
        N_("File name too long"),
        N_("No space left on device"),
        N_("Disk quota exceeded"),
        N_("Read-only file system"),
        N_("Input/output error"),
        N_("Too many open files"),
        N_("Cannot allocate memory"),
        # -- the ledger -----------------------------------------------------------------------
        N_("database is locked"),
        N_("unable to open database file"),
        N_("attempt to write a readonly database"),
        N_("file is not a database"),
        N_("database disk image is malformed"),
        N_("database or disk is full"),
        N_("disk I/O error"),
        N_("no id"),
        # -- the program that sends messages -------------------------------------------------
        N_("crashed"),
        N_("certificate not trusted"),
        N_("no secure connection"),
        N_("connection refused"),
        N_("unknown host"),
        N_("no route to host"),
        N_("connection cut"),
        # -- what an S3 server should not answer ----------------------------------------------
        N_("more pages announced, but no token to ask for them"),
        N_("the same continuation token twice"),
        N_("pages without end"),
        N_("the answer is not a listing"),
        N_("neither what was asked for nor a plain error"),
    }
)
