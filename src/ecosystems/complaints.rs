//! How programs and libraries word three kinds of errors: that they may not do something, that they reach nobody, and
//! that a build cannot run where it is, whatever it builds.
//!
//! To add a line, take it from the program's source or from a log; all are in lower case, and the tables are sorted.

use std::fmt;

/// Texts that say that a user may not do something. The first come from the C library (`strerror` of EACCES and
/// EPERM, <https://man7.org/linux/man-pages/man3/errno.3.html>), which most programs print; the others are the names
/// of exceptions of Python, Node.js, Java and .NET, SQLite's messages
/// (<https://www.sqlite.org/rescode.html#readonly>, `#cantopen`), and what programs say that look for themselves.
const DENIED: &[&str] = &[
    "accessdeniedexception",
    "attempt to write a readonly database",
    "cannot find name for user id",
    "eacces",
    "eperm",
    "getpwuid(): uid not found",
    "must be root",
    "must be run as root",
    "not a writable",
    "not writable",
    "operation not permitted",
    "permission denied",
    "permissionerror",
    "unable to open database file",
    "unauthorizedaccessexception",
];

/// Texts that say that a host was not found or does not answer: of the C library (`strerror` of ECONNREFUSED and its
/// kin, `gai_strerror` of glibc and musl), of Node.js, Go, Java and curl, and of database drivers.
const UNREACHABLE: &[&str] = &[
    "can't connect to",
    "connection refused",
    "connection timed out",
    "could not connect to",
    "could not resolve host",
    "could not translate host name",
    "eai_again",
    "econnrefused",
    "enetunreach",
    "enotfound",
    "failed to resolve",
    "max retries exceeded",
    "name does not resolve",
    "name or service not known",
    "network is unreachable",
    "no address associated with hostname",
    "no route to host",
    "no such host",
    "nodename nor servname",
    "temporary failure in name resolution",
    "unknownhostexception",
];

/// What stands before the name of a host in such messages.
const BEFORE_HOST: &[&str] = &[
    "connecting to ",
    "could not resolve host: ",
    "could not translate host name ",
    "eai_again ",
    "enotfound ",
    "host=",
    "lookup ",
    "mysql server on ",
    "server at ",
    "unknownhostexception: ",
];

/// A reason why a build cannot run on a machine, which says nothing about what it builds.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// The disk is full, or the user's part of it.
    Disk,
    /// A registry or an index wants a login, or allows no more requests for now.
    Registry,
    /// The builder itself ended or let go of the build.
    Builder,
    /// A host was not found, does not answer, or is not who it should be.
    Network,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Disk => "the disk is full",
            Self::Registry => "a registry wants a login, or no more requests for now",
            Self::Builder => "the builder ended",
            Self::Network => "a host does not answer",
        })
    }
}

/// What is said where there is no room to write: `strerror` of ENOSPC and EDQUOT.
const DISK: &[&str] = &["disk quota exceeded", "enospc", "no space left on device"];

/// What registries and indexes of packages answer to who asks too often, or without a login: the status lines of
/// <https://www.rfc-editor.org/rfc/rfc9110> and the codes of
/// <https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes>.
const REGISTRY: &[&str] = &[
    "401 unauthorized",
    "429 client error",
    "429 too many requests",
    "authentication required",
    "failed to authorize",
    "failed to fetch anonymous token",
    "failed to fetch oauth token",
    "no basic auth credentials",
    "pull rate limit",
    "toomanyrequests",
];

/// What clients say when the builder is gone: gRPC's `Unavailable` and `Canceled`, and those of Docker's client.
const BUILDER: &[&str] = &[
    "cannot connect to the docker daemon",
    "context canceled",
    "error during connect",
    "error reading from server",
    "no active session",
    "rpc error: code = canceled",
    "rpc error: code = unavailable",
    "transport is closing",
];

/// What says that the network is to blame. Unlike those of [`UNREACHABLE`], these are not said of a server that a test
/// needs and nobody started: a refused connection counts only where package managers and builders say it.
const NETWORK: &[&str] = &[
    "502 bad gateway",
    "503 service unavailable",
    "504 gateway time",
    "certificate signed by unknown authority",
    "certificate verify failed",
    "connection reset by peer",
    "connection timed out",
    "could not resolve host",
    "couldn't resolve host",
    "eai_again",
    "econnreset",
    "enetunreach",
    "err_socket_timeout",
    "etimedout",
    "failed to do request",
    "failed to establish a new connection",
    "i/o timeout",
    "name or service not known",
    "network is unreachable",
    "no route to host",
    "no such host",
    "read timed out",
    "self-signed certificate",
    "ssl certificate problem",
    "temporary failure in name resolution",
    "temporary failure resolving",
    "tls handshake timeout",
    "unable to get local issuer certificate",
];

/// The names by which a machine calls itself: what is not found there is no matter of the network.
const SELF: &[&str] = &["127.0.0.1", "[::1]", "localhost"];

/// Why a build could not run, if that is what the end of its output says: several lines.
pub fn cause(output: &str) -> Option<Cause> {
    let output = output.to_lowercase();
    let says = |signs: &[&str]| {
        let mut lines = output.lines().filter(|line| !SELF.iter().any(|it| line.contains(it)));
        lines.any(|line| signs.iter().any(|it| line.contains(it)))
    };
    let causes = [
        (DISK, Cause::Disk),
        (REGISTRY, Cause::Registry),
        (BUILDER, Cause::Builder),
        (NETWORK, Cause::Network),
    ];
    causes.into_iter().find(|it| says(it.0)).map(|it| it.1)
}

/// Returns true if a line of a log says that the program may not do something.
pub fn is_denied(line: &str) -> bool {
    let line = line.to_lowercase();
    DENIED.iter().any(|it| line.contains(it))
}

/// Returns true if a line of a log says that a host was not found or does not answer.
pub fn is_unreachable(line: &str) -> bool {
    let line = line.to_lowercase();
    UNREACHABLE.iter().any(|it| line.contains(it))
}

/// The host that such a line names, where its form is known: `db` of `getaddrinfo ENOTFOUND db`.
pub fn unreachable_host(line: &str) -> Option<String> {
    let line = line.to_lowercase();
    BEFORE_HOST.iter().find_map(|before| {
        let rest = line.split_once(before)?.1.trim_start_matches(['"', '\'', '(']);
        let end = rest.find(|it: char| !it.is_ascii_alphanumeric() && !"-_.".contains(it));
        let host = rest[..end.unwrap_or(rest.len())].trim_end_matches('.');
        host.starts_with(|it: char| it.is_ascii_alphabetic()).then(|| host.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_sorted() {
        let causes = [DISK, REGISTRY, BUILDER, NETWORK, SELF];
        for table in [DENIED, UNREACHABLE, BEFORE_HOST].into_iter().chain(causes) {
            assert!(table.is_sorted(), "{table:?}");
            assert!(table.iter().all(|it| *it == it.to_lowercase()));
        }
    }

    #[test]
    fn errors_are_told_apart() {
        let denied = [
            "PermissionError: [Errno 13] Permission denied: '/app/x'",
            "Error: EACCES: permission denied, mkdir '/app/uploads'",
            "sqlite3.OperationalError: attempt to write a readonly database",
            "java.nio.file.AccessDeniedException: /opt/x",
        ];
        assert!(denied.iter().all(|it| is_denied(it) && !is_unreachable(it)));
        let rows = [
            ("Error: getaddrinfo ENOTFOUND db", Some("db")),
            ("could not translate host name \"postgres\" to address: Name or …", Some("postgres")),
            ("dial tcp: lookup redis on 127.0.0.11:53: no such host", Some("redis")),
            (
                "redis: Error -3 connecting to cache:6379. Temporary failure in name resolution.",
                Some("cache"),
            ),
            ("java.net.UnknownHostException: kafka", Some("kafka")),
            ("connect ECONNREFUSED 127.0.0.1:5432", None),
            (
                "HTTPSConnectionPool(host='pypi.org', port=443): Max retries exceeded",
                Some("pypi.org"),
            ),
        ];
        for (line, host) in rows {
            assert!(is_unreachable(line) && !is_denied(line), "{line}");
            assert_eq!(unreachable_host(line).as_deref(), host, "{line}");
        }
        assert!(!is_denied("listening on 0.0.0.0:8000") && !is_unreachable("listening"));
    }
    #[test]
    fn what_is_of_the_surroundings_is_told_from_what_is_of_the_build() {
        let rows = [
            (
                "[1/2] FROM docker.io/library/python:3.12\nunexpected status from HEAD request to \
                 https://registry-1.docker.io/v2/x: 429 Too Many Requests",
                Some(Cause::Registry),
            ),
            ("ERROR: write /var/lib/docker/x: no space left on device", Some(Cause::Disk)),
            (
                "ERROR: failed to receive status: rpc error: code = Unavailable desc = error \
                 reading from server: EOF",
                Some(Cause::Builder),
            ),
            (
                "[2/3] RUN pip install x\nWARNING: Retrying: Failed to establish a new connection\n\
                 ERROR: No matching distribution found for x\nexit code: 1",
                Some(Cause::Network),
            ),
            (
                "dial tcp: lookup registry-1.docker.io on 10.0.0.2:53: no such host",
                Some(Cause::Network),
            ),
            ("[2/3] RUN go test ./...\ndial tcp 127.0.0.1:5432: i/o timeout\nexit code: 1", None),
            ("[2/3] RUN ./wait\nconnect: connection refused\nexit code: 1", None),
            ("[2/3] RUN make\ngcc: not found\nexit code: 127", None),
            ("docker.io/library/x:9: not found", None),
        ];
        for (output, expected) in rows {
            assert_eq!(cause(output), expected, "{output}");
        }
    }
}
