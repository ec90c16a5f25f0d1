"""The Debian package, built, installed, used, upgraded and removed: `python -m tests.packaging.deb`
(part of `make image-test`).

Not part of pytest's run: it needs root and Debian's tools. The Debian that it is installed on is
the one whose Python is of this version, made of Debian's packages once, and kept in the tests'
cache.
"""
