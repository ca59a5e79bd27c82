# One image for the three programs of an installation: postern-operator, postern-dataplane and postern-sync.
# It is made of the wheel in dist, so `make build` comes first; `make image` does both.
#
# Any Debian with python3 and python3-venv will do as a base.  Pin it by digest where builds must repeat:
#   docker build --build-arg PYTHON_IMAGE=docker.io/library/python@sha256:... .
ARG PYTHON_IMAGE=docker.io/library/python:3.13-slim-bookworm

FROM ${PYTHON_IMAGE} AS build
COPY dist/postern_gateway-*-py3-none-any.whl /dist/
# Wheels only: nothing is compiled, so no compiler is there and each platform gets what its maintainers have built.
# pip stays in an environment of its own, which is left behind.
RUN python3 -m venv --without-pip /opt/postern \
 && python3 -m venv /pip \
 && /pip/bin/pip --python /opt/postern/bin/python install --no-cache-dir --only-binary=:all: \
    "$(echo /dist/*.whl)[operator,cluster,dataplane,redis,sync]" \
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
