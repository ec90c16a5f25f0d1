"""The image, built and run as in production: `python -m tests.packaging.image` (`make image-test`).

Not part of pytest's run: it needs root, and a minute. It installs buildah and podman where they are
missing, makes a base image from Debian's packages, and needs no registry of images.
"""
