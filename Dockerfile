# syncd as an image: one cycle, then exit (a timer outside starts it anew; see docker-compose.yml and deploy/).
#
# Any Debian 12 or newer serves as base. Pin it by digest in production:
#   docker build --build-arg BASE_IMAGE=debian:bookworm-slim@sha256:… .
# Behind a proxy with an authority of its own, hand pip its settings as build secrets; they leave no trace:
#   docker build --secret id=pipconf,src=pip.conf --secret id=buildca,src=ca.crt .
ARG BASE_IMAGE=debian:bookworm-slim

FROM ${BASE_IMAGE} AS python
# Debian's own security fixes are wanted at each build, so its versions are not pinned.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates python3 \
    && rm -rf /var/lib/apt/lists/*

FROM python AS build
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends python3-venv \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY syncd ./syncd
# pip leaves the environment when its work is done: nothing is installed in a running container.
RUN --mount=type=secret,id=pipconf,target=/etc/pip.conf \
    --mount=type=secret,id=buildca,target=/run/buildcfg/ca.crt \
    python3 -m venv /opt/syncd \
    && /opt/syncd/bin/python -m pip install --no-cache-dir --constraint constraints.txt . \
    && /opt/syncd/bin/python -m pip uninstall --yes setuptools pip

FROM python
ARG VERSION=0.1.0
ARG REVISION=""
LABEL org.opencontainers.image.title="syncd" \
      org.opencontainers.image.description="Keeps the resources of data.gouv.fr equal to the files dropped in S3 buckets" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.licenses="EUPL-1.2"
COPY --from=build /opt/syncd /opt/syncd
# A number, not a name, so that an orchestrator can see that it is not root.
RUN groupadd --gid 10001 syncd \
    && useradd --uid 10001 --gid 10001 --home-dir /state --no-create-home --shell /usr/sbin/nologin syncd \
    && install -d -o 10001 -g 10001 -m 0750 /state \
    && install -d /config
USER 10001:10001
WORKDIR /state
ENV PATH=/opt/syncd/bin:/usr/bin:/bin \
    LANG=C.UTF-8 \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    SYNCD_STATE_DIR=/state \
    SYNCD_MANIFEST=/config/manifest.yaml
# The ledger, the locks, and room for the largest file on its way.
VOLUME ["/state"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["syncd"]
CMD ["sync"]
