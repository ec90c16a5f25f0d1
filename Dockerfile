# syncd as an image: the service `syncd run`. Any other command of syncd can be given instead (`… check --online`).
#
# Any Debian 12 or newer serves as base (docs/decisions/0085-…). Pin it by digest in production:
#   docker build --build-arg BASE_IMAGE=debian:trixie-slim@sha256:… .
# Debian's security fixes come with a new build: add `--pull --no-cache`.
# Behind a proxy with an authority of its own, hand pip its settings as build secrets; they leave no trace:
#   docker build --secret id=pipconf,src=pip.conf --secret id=buildca,src=ca.crt .
# Two builds with one SOURCE_DATE_EPOCH on one base make one image (docs/release.md).
ARG BASE_IMAGE=debian:trixie-slim

FROM ${BASE_IMAGE} AS python
ARG SOURCE_DATE_EPOCH
# Debian's own security fixes are wanted at each build, so its versions are not pinned.
# Certificates come with Python's own packages (certifi), or by SYNCD_CA_BUNDLE: Debian's are not needed.
# Compiled anew: Debian's compiled files know their sources by a time, and a build that can be repeated changes it.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends python3 \
    && find / -xdev -name '*.pyc' -delete \
    && PYTHONHASHSEED=0 python3 -B -m compileall -qf --invalidation-mode unchecked-hash /usr/lib/python3* \
    && rm -rf /var/lib/apt/lists/* /var/log/apt /var/log/*.log /var/cache/ldconfig/aux-cache /var/cache/debconf/*-old \
        /var/lib/dpkg/*-old

FROM python AS build
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends python3-venv \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
# Every file has a hash that constraints.hashes.txt knows, or the build ends here; none is compiled.
COPY constraints.hashes.txt ./
RUN --mount=type=secret,id=pipconf,target=/etc/pip.conf \
    --mount=type=secret,id=buildca,target=/run/buildcfg/ca.crt \
    python3 -m venv /opt/syncd \
    && /opt/syncd/bin/python -m pip download --no-cache-dir --no-deps --only-binary :all: \
        --require-hashes --requirement constraints.hashes.txt --dest /wheels
# What syncd needs comes first, with an empty package in its place: a change of its code does not install all anew.
COPY pyproject.toml ./
# `--build-arg EXTRAS=postgresql,oidc` where people sign in to the page by OpenID Connect: 20 MB more.
ARG EXTRAS=postgresql
RUN mkdir syncd && touch syncd/__init__.py README.md LICENSE \
    && /opt/syncd/bin/python -m pip install --no-cache-dir --no-compile --no-index -f /wheels ".[${EXTRAS}]"
# botocore describes 400 services of one vendor, 25 MB: S3 stays, and what its chain of credentials asks
# (roles, single sign-on, `aws login`). Machine and container roles need none.
# rapidfuzz has its code once more for newer processors, 5 MB: the names that syncd compares are few.
RUN find /opt/syncd/lib/python3*/site-packages/botocore/data -mindepth 1 -maxdepth 1 -type d \
    ! -name s3 ! -name sts ! -name sso ! -name sso-oidc ! -name signin \
    -exec rm -r {} + \
    && find /opt/syncd/lib/python3*/site-packages/rapidfuzz -name '*_avx2.*' -delete
COPY README.md LICENSE ./
COPY syncd ./syncd
# pip leaves the environment when its work is done: nothing is installed in a running container.
RUN /opt/syncd/bin/python -m pip install --no-cache-dir --no-compile --no-index -f /wheels \
        --no-deps --force-reinstall . \
    && /opt/syncd/bin/python -m pip uninstall --yes setuptools pip \
    && find /opt/syncd -name '*.pyc' -delete \
    && PYTHONHASHSEED=0 python3 -B -m compileall -qf --invalidation-mode unchecked-hash /opt/syncd/lib

FROM python
ARG SOURCE_DATE_EPOCH
# A number, not a name, so that an orchestrator can see that it is not root. And no program that makes one root.
RUN groupadd --gid 10001 syncd \
    && useradd --uid 10001 --gid 10001 --home-dir /state --no-create-home --shell /usr/sbin/nologin syncd \
    && install -d -o 10001 -g 10001 -m 0750 /state \
    && install -d /config \
    && find / -xdev -type f -perm /6000 -exec chmod a-s {} +
COPY --from=build /opt/syncd /opt/syncd
ARG BASE_IMAGE
ARG VERSION=0.1.0
ARG REVISION=""
LABEL org.opencontainers.image.title="syncd" \
      org.opencontainers.image.description="Keeps the resources of data.gouv.fr equal to the files dropped in S3 buckets" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.base.name="${BASE_IMAGE}" \
      org.opencontainers.image.licenses="EUPL-1.2"
USER 10001:10001
WORKDIR /state
ENV PATH=/opt/syncd/bin:/usr/bin:/bin \
    LANG=C.UTF-8 \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    SYNCD_STATE_DIR=/state \
    SYNCD_MANIFEST=/config/manifest.yaml
# The ledger, the locks, and room for the largest files on their way. All else may be read-only (but /tmp).
VOLUME ["/state"]
# Health and metrics. They answer in the container alone, unless SYNCD_HTTP_ADDRESS=0.0.0.0:8080 is set.
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 CMD ["syncd", "health"]
# In exec form: syncd is process 1, and the signal to stop reaches it.
ENTRYPOINT ["syncd"]
CMD ["run"]
