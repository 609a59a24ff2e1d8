//! How programs and libraries word two kinds of errors: that they may not do something, and that they reach nobody.
//!
//! To add a line, take it from the program's source or from a log; all are in lower case, and the tables are sorted.

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
        for table in [DENIED, UNREACHABLE, BEFORE_HOST] {
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
}
