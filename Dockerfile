# SPDX-License-Identifier: Apache-2.0
# The image of both entry points: redisrestore (the default, command controller) and /init-backup.
#   docker build -t redisrestore .
#   docker buildx build --platform linux/amd64,linux/arm64 -t redisrestore .
# BASE, where it is built, must be a Debian 13 (trixie) image of the building machine. Another platform is compiled there by a cross
# compiler and nothing is run in the image itself, so no emulation is needed.
# COMMIT is what `redisrestore version` says: the build has no git history.
ARG BASE=debian:trixie-slim

FROM --platform=${BUILDPLATFORM:-linux/amd64} ${BASE} AS build
ARG TARGETARCH
COPY scripts/image-build /build/scripts/
RUN /build/scripts/image-build packages "${TARGETARCH}"
WORKDIR /build
COPY CMakeLists.txt CMakePresets.json LICENSE ./
COPY cmake cmake
COPY include include
COPY src src
# First without the commit, so that another commit of the same sources compiles one file.
RUN scripts/image-build compile "${TARGETARCH}" ""
COPY scripts/image-root scripts/
ARG COMMIT=
RUN scripts/image-build compile "${TARGETARCH}" "${COMMIT}" \
 && scripts/image-root build/release/redisrestore /out \
 && ln -s /usr/local/bin/redisrestore /out/init-backup \
 && install -D -m 644 LICENSE /out/usr/share/doc/redisrestore/copyright

FROM scratch
COPY --from=build /out/ /
ARG VERSION=0.1.0
ARG COMMIT=
LABEL org.opencontainers.image.title="redisrestore" \
      org.opencontainers.image.description="Finds the Redis backup in S3 that a restore would use" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${COMMIT}"
USER 65532:65532
ENTRYPOINT ["/usr/local/bin/redisrestore"]
CMD ["controller"]
