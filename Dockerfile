# One image for the three programs of an installation: postern-operator, postern-dataplane and postern-sync.
# It is made of the wheel in dist, so `make build` comes first; `make image` does both.
#
# Any Debian with python3 and python3-venv will do as a base, and the same with a C compiler and Python's headers to
# build on.  Pin both by digest where builds must repeat:
#   docker build --build-arg PYTHON_IMAGE=docker.io/library/python@sha256:... --build-arg BUILD_IMAGE=... .
ARG PYTHON_IMAGE=docker.io/library/python:3.13-slim-bookworm
ARG BUILD_IMAGE=docker.io/library/python:3.13-bookworm

# The only code that is compiled here: one extension of ours.
FROM ${BUILD_IMAGE} AS speedups
COPY speedups /speedups
RUN python3 -m venv /pip \
 && /pip/bin/pip wheel --no-cache-dir --no-deps --only-binary=:all: --wheel-dir /dist /speedups

FROM ${PYTHON_IMAGE} AS build
COPY dist/postern_gateway-*-py3-none-any.whl /dist/
COPY --from=speedups /dist /speedups
# Wheels only: no compiler is there, and each platform gets what its maintainers have built.
# pip stays in an environment of its own, which is left behind.
# A missing extension would be done without; so it is imported here, where that fails.
RUN python3 -m venv --without-pip /opt/postern \
 && python3 -m venv /pip \
 && /pip/bin/pip --python /opt/postern/bin/python install --no-cache-dir --only-binary=:all: \
    "$(echo /dist/*.whl)[operator,cluster,dataplane,redis,sync]" /speedups/*.whl \
 && /opt/postern/bin/python -c "import postern_speedups.heads" \
 && /opt/postern/bin/python -m compileall -q -j 0 /opt/postern/lib

FROM ${PYTHON_IMAGE}
ARG VERSION=
ARG REVISION=
LABEL org.opencontainers.image.title="Postern" \
      org.opencontainers.image.description="A Kubernetes operator and ingress gateway that lets through only requests with a valid JSON Web Token" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=build /opt/postern /opt/postern
ENV PATH=/opt/postern/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
# A number, so that Kubernetes can see that it is not root.
USER 65532:65532
WORKDIR /
# Which of the three it is, whoever runs it says; by itself it explains the one that needs no cluster.
CMD ["postern-dataplane", "--help"]
