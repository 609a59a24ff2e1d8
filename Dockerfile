# syntax=docker/dockerfile:1.7
# refit in an image: docker build -t refit . && docker run --rm -v "$PWD:/work" refit diff
# `apply` writes as you: docker run --rm --user "$(id -u):$(id -g)" -v "$PWD:/work" refit apply --safe
FROM rust:1-slim-bookworm AS builder
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo install --locked --path . --root /opt/refit

FROM debian:bookworm-slim
# git says which files are tracked.
RUN apt-get update && apt-get install -y --no-install-recommends git && rm -rf /var/lib/apt/lists/*
RUN groupadd --system --gid 10001 refit && useradd --system --uid 10001 --gid refit --create-home refit
COPY --from=builder /opt/refit/bin/refit /usr/local/bin/refit
# What is mounted belongs to somebody else, as far as git is concerned.
RUN git config --system --add safe.directory '*'
WORKDIR /work
USER 10001:10001
ENTRYPOINT ["refit"]
CMD ["diff"]
