# The image of both entry points: redisrestore (the default, command controller) and /init-backup.
#   docker build -t redisrestore .
# BASE must be a Debian 13 (trixie) image. COMMIT is what `redisrestore version` says: the build has no git history.
ARG BASE=debian:trixie-slim

FROM ${BASE} AS build
RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
      gcc libc6-dev cmake ninja-build pkg-config \
      libcurl4-openssl-dev libssl-dev libcjson-dev libxml2-dev libyaml-dev uthash-dev libmicrohttpd-dev liblz4-dev
WORKDIR /build
COPY CMakeLists.txt CMakePresets.json ./
COPY cmake cmake
COPY include include
COPY src src
ARG COMMIT=
RUN cmake --preset release -DRR_COMMIT="${COMMIT}" && cmake --build --preset release \
 && install -D -s build/release/redisrestore /out/usr/local/bin/redisrestore \
 && ln -s /usr/local/bin/redisrestore /out/init-backup

FROM ${BASE}
RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
      libcurl4t64 libssl3t64 libxml2 libcjson1 libyaml-0-2 libmicrohttpd12t64 liblz4-1 ca-certificates \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/archives /var/log/apt /var/log/dpkg.log
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
