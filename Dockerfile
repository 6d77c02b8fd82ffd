# The image of bomgate: one program, its verbs by argument.
#
#   docker build -t bomgate:dev .
#   docker run --rm bomgate:dev demo --once
#
# BASE_IMAGE may be any image with Python 3.11 or newer and its venv module. Without network: put the wheels of
# requirements/run.txt and build.txt into a folder named wheels beside this file, or mount them at /wheels.
ARG BASE_IMAGE=docker.io/library/python:3.13-slim

FROM ${BASE_IMAGE} AS build
# A mirror of the package index.
ARG PIP_INDEX_URL=
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ONLY_BINARY=:all: PIP_ROOT_USER_ACTION=ignore
WORKDIR /src
# The pattern lets the folder be absent; the file beside it is there because something has to match.
COPY pyproject.toml wheel[s] /wheels/
COPY requirements requirements
RUN set -eu; \
    if ls /wheels/*.whl >/dev/null 2>&1; then export PIP_NO_INDEX=1 PIP_FIND_LINKS=/wheels; fi; \
    python3 -m venv /build; \
    python3 -m venv --without-pip /opt/bomgate; \
    /build/bin/pip install --quiet --require-hashes -r requirements/build.txt; \
    /build/bin/pip --python /opt/bomgate/bin/python install --quiet --no-compile --require-hashes -r requirements/run.txt; \
    # Compiled once here: nothing can be written where it runs. Unchecked, so that the age of a file does not count:
    # copying changes it, and each process would compile everything anew, slowly and with twice the memory.
    /opt/bomgate/bin/python -m compileall -q -f -j 0 --invalidation-mode unchecked-hash /opt/bomgate/lib
COPY . .
# Below /added, so that the layer that differs from version to version holds nothing else.
RUN set -eu; \
    /build/bin/pip wheel --quiet --no-deps --no-index --no-build-isolation --wheel-dir /dist .; \
    /build/bin/pip --python /opt/bomgate/bin/python install --quiet --no-compile --no-deps --no-index --no-warn-script-location --root /added /dist/*.whl; \
    /opt/bomgate/bin/python -m compileall -q -f -j 0 --invalidation-mode unchecked-hash -s /added -p / /added

FROM ${BASE_IMAGE}
RUN set -eu; \
    # Nothing that could install more.
    if python3 -m pip --version >/dev/null 2>&1; then python3 -m pip uninstall --quiet --yes --root-user-action ignore pip; fi; \
    echo 'bomgate:x:10001:10001::/var/lib/bomgate:/usr/sbin/nologin' >>/etc/passwd; \
    echo 'bomgate:x:10001:' >>/etc/group; \
    # Python's own library, too: base images come without its byte code, or with one that does not count any more.
    python3 -m compileall -q -f -j 0 --invalidation-mode unchecked-hash -x '/(tests?|idlelib|turtledemo|(site|dist)-packages)/' \
      "$(python3 -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')"; \
    mkdir -p /var/lib/bomgate; \
    chown 10001:10001 /var/lib/bomgate
COPY --from=build /opt/bomgate /opt/bomgate
ENV PATH=/opt/bomgate/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    HOME=/var/lib/bomgate PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
WORKDIR /var/lib/bomgate
USER 10001:10001
ENTRYPOINT ["/opt/bomgate/bin/bomgate"]
CMD ["--help"]
ARG VERSION=dev
ARG REVISION=
# The address of the repository, and of the base image.
ARG SOURCE=
ARG BASE_NAME=
LABEL org.opencontainers.image.title="bomgate" \
      org.opencontainers.image.description="A Kubernetes admission webhook that acts on what images contain" \
      org.opencontainers.image.vendor="The bomgate authors" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.source="${SOURCE}" \
      org.opencontainers.image.base.name="${BASE_NAME}" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=build /added/ /
