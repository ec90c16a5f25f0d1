"""The local disk: spool, archive and locks."""
