//! How to ask the server of a well-known image whether it answers, with a program that the image has.

use super::super::version::Version;
use crate::dockerfile::image::ImageRef;

/// A check of the server in an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Check {
    /// The programs of the image that may ask the server, the one of [`Self::test`] first.
    pub programs: &'static [&'static str],
    /// The script of the check, for the image's shell.
    pub test: &'static str,
    /// The words in the server's command with which the check may ask in vain: it listens elsewhere, or has settings that
    /// are not known.
    pub not_with: &'static [&'static str],
    /// The folders with settings of the server, from which the same may come.
    pub settings: &'static [&'static str],
    /// The variables without which an empty database is not set up, and the server ends; each of them is enough, and so is
    /// one with `_FILE` behind it. None if the server needs none.
    pub requires: &'static [&'static str],
    /// True if the server reads no settings but those that its command names.
    pub is_told: bool,
}

/// A line of the table.
struct Row {
    /// The name of the image, an official one where it has no slash.
    name: &'static str,
    /// The versions, as [`Version::meets`] reads them; all that there are where it is empty.
    versions: &'static str,
    check: Check,
}

/// Tags without a number that stand for a version of the last years: the newest, or the newest of a distribution that is
/// still maintained (the lists of tags on hub.docker.com). Whatever else a tag says may be of any age.
const CURRENT: [&str; 15] = [
    "alpine",
    "bookworm",
    "bullseye",
    "debian",
    "innovation",
    "jammy",
    "latest",
    "lts",
    "management",
    "noble",
    "oracle",
    "oraclelinux",
    "stable",
    "trixie",
    "ubi",
];

/// The oldest and the newest version that an image may be of; `None` if it may be of any.
fn versions(image: &ImageRef<'_>) -> Option<[Version; 2]> {
    let newest = || [Version::new(&[u32::MAX]), Version::new(&[u32::MAX])];
    // What a digest stands for was made at some time.
    let Some(tag) = image.tag else { return image.digest.is_none().then(newest) };
    let word = tag.split('-').next().unwrap_or_default();
    let Ok(version) = word.parse::<Version>() else {
        let name = word.trim_end_matches(|it: char| it.is_ascii_digit() || it == '.');
        return (image.digest.is_none() && CURRENT.contains(&name)).then(newest);
    };
    // `3.7` is the newest of 3.7, if no digest says which.
    let upper = version.with_all_after();
    Some([if image.digest.is_some() { version } else { upper.clone() }, upper])
}

/// The server is asked through TCP: while an empty database is set up, a server answers on the socket that is stopped
/// again before anything else can connect
/// (`docker_temp_server_start` in docker-library/postgres, docker-library/mysql and MariaDB/mariadb-docker). `pg_isready`
/// is part of PostgreSQL since 9.3 (<https://www.postgresql.org/docs/release/9.3.0/>).
const POSTGRES: Check = Check {
    programs: &["pg_isready", "psql"],
    test: "pg_isready -h 127.0.0.1 -U \"$${POSTGRES_USER:-postgres}\" -d \"$${POSTGRES_DB:-$${POSTGRES_USER:-postgres}}\"",
    not_with: &["port", "-p", "listen_addresses", "config_file"],
    settings: &["/etc/postgresql"],
    requires: &["POSTGRES_HOST_AUTH_METHOD", "POSTGRES_PASSWORD"],
    is_told: false,
};
/// `mysqladmin ping` succeeds also where it is denied access
/// (<https://dev.mysql.com/doc/refman/8.4/en/mysqladmin.html>).
const MYSQL: Check = Check {
    programs: &["mysqladmin", "mysql"],
    test: "mysqladmin ping -h 127.0.0.1 --silent",
    not_with: &["--port", "-P", "bind-address", "bind_address", "skip-networking", "defaults"],
    settings: &["/etc/mysql", "/etc/my.cnf"],
    requires: &["MYSQL_ALLOW_EMPTY_PASSWORD", "MYSQL_RANDOM_ROOT_PASSWORD", "MYSQL_ROOT_PASSWORD"],
    is_told: false,
};
/// Programs have had these names since 10.4, and lost the others in the images of 11.0 (MariaDB/mariadb-docker, issue 512).
const MARIADB: Check = Check {
    programs: &["mariadb-admin", "healthcheck.sh", "mariadb"],
    test: "mariadb-admin ping -h 127.0.0.1 --silent",
    ..OLD_MARIADB
};
const OLD_MARIADB: Check = Check {
    requires: &[
        "MARIADB_ALLOW_EMPTY_ROOT_PASSWORD",
        "MARIADB_RANDOM_ROOT_PASSWORD",
        "MARIADB_ROOT_PASSWORD",
        "MARIADB_ROOT_PASSWORD_HASH",
        "MYSQL_ALLOW_EMPTY_PASSWORD",
        "MYSQL_RANDOM_ROOT_PASSWORD",
        "MYSQL_ROOT_PASSWORD",
    ],
    ..MYSQL
};
/// `redis-cli` succeeds also where the server only says that it is still loading its data. The image starts the server
/// without a settings file (docker-library/redis, `CMD`).
const REDIS: Check = Check {
    programs: &["redis-cli"],
    test: "redis-cli ping | grep -q PONG",
    not_with: &[
        "--requirepass",
        "--port",
        "--tls",
        "--bind",
        "--unixsocket",
        "--user",
        ".conf",
        "$",
    ],
    settings: &["/etc/redis", "/usr/local/etc/redis"],
    requires: &[],
    is_told: true,
};
const VALKEY: Check = Check {
    programs: &["valkey-cli", "redis-cli"],
    test: "valkey-cli ping | grep -q PONG",
    settings: &["/etc/valkey", "/usr/local/etc/valkey"],
    ..REDIS
};
/// The first of the stages that RabbitMQ describes which tells that clients can connect
/// (<https://www.rabbitmq.com/docs/monitoring#health-checks>). Images have it since 3.7.11 (rabbitmq/rabbitmq-server,
/// release-notes/3.7.11.md).
const RABBITMQ: Check = Check {
    programs: &["rabbitmq-diagnostics", "rabbitmqctl"],
    test: "rabbitmq-diagnostics -q check_port_connectivity",
    not_with: &[""],
    settings: &["/etc/rabbitmq"],
    requires: &[],
    is_told: false,
};
/// `ping` needs no login. While users are made, a server answers on 127.0.0.1 alone (docker-entrypoint.sh in
/// docker-library/mongo), so the check takes the container's other address. Images have `mongosh` since 5.0, and lost
/// the old shell with 6.0 (docker-library/docs, pull request 2183).
const MONGO: Check = Check {
    programs: &["mongosh"],
    test: "mongosh --quiet --host \"$$HOSTNAME\" --eval \"db.adminCommand({ping: 1})\"",
    not_with: &[
        "--port",
        "--bind_ip ",
        "--bind_ip=",
        "--tls",
        "--ssl",
        "--config",
        "-f",
        "--configsvr",
        "--shardsvr",
    ],
    settings: &["/etc/mongo"],
    requires: &[],
    is_told: true,
};
const OLD_MONGO: Check = Check {
    programs: &["mongo", "mongosh"],
    test: "mongo --quiet --host \"$$HOSTNAME\" --eval \"db.adminCommand({ping: 1})\"",
    ..MONGO
};

const TABLE: &[Row] = &[
    Row { name: "mariadb", versions: "<10.5", check: OLD_MARIADB },
    Row { name: "mariadb", versions: ">=10.5", check: MARIADB },
    Row { name: "mongo", versions: "<6", check: OLD_MONGO },
    Row { name: "mongo", versions: ">=6", check: MONGO },
    Row { name: "mysql", versions: "", check: MYSQL },
    Row { name: "pgvector/pgvector", versions: "", check: POSTGRES },
    Row { name: "postgis/postgis", versions: "", check: POSTGRES },
    Row { name: "postgres", versions: ">=9.3", check: POSTGRES },
    Row { name: "rabbitmq", versions: ">=3.7.11", check: RABBITMQ },
    Row { name: "redis", versions: "", check: REDIS },
    Row { name: "timescale/timescaledb", versions: "", check: POSTGRES },
    Row { name: "valkey/valkey", versions: "", check: VALKEY },
];

/// The check for an image, by its reference; `None` where its server is not known, or may be of a version that does not
/// have the check.
pub fn health_check(reference: &str) -> Option<&'static Check> {
    let image = ImageRef::parse(reference);
    let hub = image.registry.is_none_or(|it| it.ends_with("docker.io"));
    let name = image.official().unwrap_or(image.repository);
    let versions = versions(&image);
    let meets = |it: &Row| {
        let all =
            versions.as_ref().map(|all| all.iter().all(|v| v.meets(it.versions) == Some(true)));
        it.versions.is_empty() || all == Some(true)
    };
    TABLE.iter().filter(|_| hub).find(|it| it.name == name && meets(it)).map(|it| &it.check)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_are_those_of_the_version() {
        let rows = [
            ("postgres", Some("pg_isready")),
            ("docker.io/library/postgres:16-alpine", Some("pg_isready")),
            ("postgres:alpine3.20", Some("pg_isready")),
            ("postgres:9", Some("pg_isready")),
            ("postgres:9.2", None),
            ("postgres@sha256:0123", None),
            ("postgres:16@sha256:0123", Some("pg_isready")),
            ("postgis/postgis:16-3.4", Some("pg_isready")),
            ("mariadb:10.4", Some("mysqladmin")),
            ("mariadb:10", Some("mariadb-admin")),
            ("mariadb:10.11", Some("mariadb-admin")),
            ("mariadb:lts", Some("mariadb-admin")),
            ("mariadb:xenial", None),
            ("mongo:4.4-focal", Some("mongo")),
            ("mongo:7", Some("mongosh")),
            ("mongo", Some("mongosh")),
            ("mongo@sha256:0123", None),
            ("rabbitmq:3.7.3", None),
            ("rabbitmq:3.7.10-management", None),
            ("rabbitmq:3.7.11", Some("rabbitmq-diagnostics")),
            ("rabbitmq:3.7-alpine", Some("rabbitmq-diagnostics")),
            ("rabbitmq:3.7@sha256:0123", None),
            ("rabbitmq:3.6-management", None),
            ("rabbitmq:3-management", Some("rabbitmq-diagnostics")),
            ("rabbitmq:management", Some("rabbitmq-diagnostics")),
            ("ghcr.io/acme/postgres:16", None),
            ("bitnami/postgresql:16", None),
            ("acme/api", None),
        ];
        for (image, program) in rows {
            assert_eq!(health_check(image).map(|it| it.programs[0]), program, "{image}");
        }
    }
}
