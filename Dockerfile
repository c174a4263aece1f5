# syntax=docker/dockerfile:1
# The whole program in one static binary: no shell, no libc, time zones inside.
# --build-arg VERSION=v1.2.3 names it in `roundsman version`.
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=dev
RUN CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags="-s -w -X main.version=${VERSION}" -o /out/roundsman . \
 && mkdir -p /out/data/spool /out/tmp && chmod 1777 /out/tmp

FROM scratch
# The certificates that the platforms' addresses are checked against.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /out/tmp /tmp
COPY --from=build --chown=65532:65532 /out/data /data
COPY --from=build /out/roundsman /roundsman
COPY LICENSE NOTICE /
USER 65532:65532
# The database and the spool survive a restart only on a volume.
ENV ROUNDSMAN_STORAGE=sqlite:/data/roundsman.db ROUNDSMAN_SPOOL=/data/spool
WORKDIR /data
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
  CMD ["/roundsman", "--config", "/etc/roundsman/roundsman.yaml", "healthcheck"]
# stop waits up to 20 s for what is being handled; give the container 30.
STOPSIGNAL SIGTERM
ENTRYPOINT ["/roundsman"]
CMD ["--config", "/etc/roundsman/roundsman.yaml", "serve"]
