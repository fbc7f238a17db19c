# A model bundle as an image: an init container that copies it into /model, or a volume of Kubernetes that mounts /bundle.
#
#     docker build --file docker/model.Dockerfile --tag loupe/model .
#
# BASE needs no more than `cp`; it is that of the services, whose layers a node has anyway.
ARG BASE=python:3.13-slim

FROM ${BASE}
ARG MODEL=efficientnet-lite0
ARG VERSION=0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="loupe-model" \
      org.opencontainers.image.description="Model bundle of Loupe: ${MODEL}" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY models/${MODEL} /bundle
USER 10001:10001
ENTRYPOINT ["cp", "-R", "/bundle/."]
CMD ["/model"]
