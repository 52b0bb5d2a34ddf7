# syntax=docker/dockerfile:1
# Two stages: the toolchain stays behind, the image holds one static binary and nothing else.
FROM rust:1.95-alpine AS build
# aws-lc (TLS) is C, and looks for linux/random.h.
RUN apk add --no-cache musl-dev linux-headers
WORKDIR /parlour
COPY . .
# Known to `parlour version --json`: docker build --build-arg PARLOUR_COMMIT=$(git rev-parse HEAD) .
ARG PARLOUR_COMMIT
ENV PARLOUR_COMMIT=$PARLOUR_COMMIT
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/parlour/target \
    cargo build --release --locked -p parlour && cp target/release/parlour /parlour-static

FROM scratch
COPY --from=build /parlour-static /parlour
# Nobody: no name, no home, no files of its own.
USER 65532:65532
EXPOSE 8080/tcp 3478/udp 3478/tcp
ENV PARLOUR_LISTEN=0.0.0.0:8080 PARLOUR_RELAY_LISTEN=0.0.0.0:3478
HEALTHCHECK --interval=30s --timeout=5s CMD ["/parlour", "health"]
ENTRYPOINT ["/parlour"]
