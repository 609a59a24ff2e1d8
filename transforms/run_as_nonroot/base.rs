//! What a base image knows of users, by its reference: how one is made, which one it brings, and whether
//! its own processes need root.

use super::Account;
use crate::{
    dockerfile::image::{Family, ImageRef},
    text::Refusal,
};

/// How a user is made in an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum System {
    /// With `groupadd` and `useradd` of the shadow suite.
    Shadow,
    /// With BusyBox's `addgroup` and `adduser`.
    Busybox,
    /// Not at all: there is no shell.
    Bare,
}

/// What a base image knows of users.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base {
    /// How a user is made.
    pub system: System,
    /// The user that it brings for the purpose.
    pub account: Option<Account>,
    /// The port below 1024 that its server listens on unless told otherwise.
    pub port: Option<u16>,
}

/// Official images that are services of their own, with users, entrypoints and folders of their own.
const SERVICES: [&str; 62] = [
    "adminer",
    "airflow",
    "arangodb",
    "caddy",
    "cassandra",
    "clickhouse",
    "consul",
    "couchbase",
    "couchdb",
    "docker",
    "drupal",
    "eclipse-mosquitto",
    "elasticsearch",
    "flink",
    "ghost",
    "haproxy",
    "httpd",
    "influxdb",
    "jenkins",
    "jetty",
    "joomla",
    "kibana",
    "kong",
    "liquibase",
    "logstash",
    "mariadb",
    "matomo",
    "mediawiki",
    "memcached",
    "mongo",
    "mongo-express",
    "mysql",
    "nats",
    "neo4j",
    "nextcloud",
    "nginx",
    "odoo",
    "open-liberty",
    "percona",
    "phpmyadmin",
    "postgres",
    "rabbitmq",
    "redis",
    "redmine",
    "registry",
    "rethinkdb",
    "sentry",
    "solr",
    "sonarqube",
    "spark",
    "storm",
    "telegraf",
    "tomcat",
    "tomee",
    "traefik",
    "varnish",
    "vault",
    "websphere-liberty",
    "wordpress",
    "xwiki",
    "zookeeper",
    "websphere-traditional",
];

/// Repositories of others that run what needs root, or a user of their own.
const OTHER_SERVICES: [&str; 14] = [
    "apache/airflow",
    "bitnami/",
    "fpm",
    "grafana/",
    "heroku/",
    "jenkins/",
    "keycloak/",
    "lambda/",
    "minio/",
    "phusion/",
    "postgis/",
    "prom/",
    "selenium/",
    "webdevops/",
];

/// What the image of this reference knows of users; `None` when its processes do not run as root.
///
/// # Errors
/// A decline's code and reason, when nothing tells or root is needed.
pub fn of(image: &str) -> Result<Option<Base>, Refusal> {
    if image == "scratch" {
        let account = Some(Account { name: None, user: 10001, group: Some(10001), home: None });
        return Ok(Some(Base { system: System::Bare, account, port: None }));
    }
    let it = ImageRef::parse(portable(image));
    let tag = it.tag.unwrap_or("latest");
    let repository = it.repository.trim_start_matches("library/");
    let has = |words: &[&str]| words.iter().any(|it| tag.contains(it) || repository.contains(it));
    if has(&["windows", "nanoserver", "dotnet/framework"]) {
        return Err(Refusal::new("windows", "its image is one of Windows, whose users are others"));
    }
    let own_user = it.registry == Some("cgr.dev")
        || repository.ends_with("-unprivileged")
        || repository.starts_with("jupyter/")
        || tag.split('-').any(|it| it == "nonroot")
        || (repository.starts_with("dotnet/") && tag.contains("chiseled"));
    if own_user {
        return Ok(None);
    }
    if it.registry == Some("gcr.io") && repository.starts_with("distroless/") {
        let home = Some("/home/nonroot".to_owned());
        let account = Some(Account { name: None, user: 65532, group: Some(65532), home });
        return Ok(Some(Base { system: System::Bare, account, port: None }));
    }
    if it.registry == Some("mcr.microsoft.com") && repository.starts_with("dotnet/") {
        return dotnet(repository, tag).map(Some);
    }
    let official = it.official();
    let is_server = official == Some("php") && has(&["apache", "fpm"]);
    let service = official.is_some_and(|it| SERVICES.contains(&it))
        || (official.is_none() && OTHER_SERVICES.iter().any(|it| repository.contains(it)));
    if is_server || service {
        return Err(Refusal::new(
            "service-image",
            format!("{image} runs a service with users of its own"),
        ));
    }
    let why = || format!("nothing tells which users {image} has");
    let root = it.runs_as_root();
    if !root || tag.contains("onbuild") {
        return redhat(repository, tag)
            .ok_or_else(|| Refusal::new("unknown-base", why()))
            .map(Some);
    }
    let system = system(&it, official, tag).ok_or_else(|| Refusal::new("unknown-base", why()))?;
    let account = (official == Some("node")).then(|| Account {
        name: Some("node".to_owned()),
        user: 1000,
        group: Some(1000),
        home: Some("/home/node".to_owned()),
    });
    Ok(Some(Base { system, account, port: None }))
}

/// A reference without the namespace of one architecture, which official images also have.
fn portable(image: &str) -> &str {
    let architectures =
        ["amd64", "arm32v5", "arm32v6", "arm32v7", "arm64v8", "i386", "ppc64le", "s390x"];
    match image.split_once('/') {
        Some((namespace, rest)) if architectures.contains(&namespace) => rest,
        _ => image,
    }
}

fn system(it: &ImageRef<'_>, official: Option<&str>, tag: &str) -> Option<System> {
    // Oracle Linux from Java 12 on, unless the tag says otherwise.
    let major = |tag: &str| tag.split(['.', '-']).next().and_then(|it| it.parse::<u32>().ok());
    let debian = ["slim", "buster", "bullseye", "bookworm", "stretch"];
    if official == Some("openjdk")
        && !tag.contains("alpine")
        && !debian.iter().any(|it| tag.contains(it))
        && major(tag).is_none_or(|it| 11 < it)
    {
        return None;
    }
    // Of the Red Hat kin, those that are made small leave shadow-utils out.
    let small = ["minimal", "micro", "slim", "init"].iter().any(|it| tag.contains(it));
    let whole = ["almalinux", "centos", "fedora", "rockylinux"];
    let debians = [
        "buildpack-deps",
        "clojure",
        "elixir",
        "erlang",
        "gcc",
        "haskell",
        "java",
        "julia",
        "mono",
        "perl",
        "pypy",
        "r-base",
    ];
    let ubuntus = ["eclipse-temurin", "gradle", "maven", "swift"];
    match (it.family(), official) {
        (_, Some("busybox")) => Some(System::Busybox),
        (Family::Alpine, _) => Some(System::Busybox),
        (Family::Debian | Family::Ubuntu, _) => Some(System::Shadow),
        (Family::RedHat, Some(name)) if whole.contains(&name) && !small => Some(System::Shadow),
        (Family::Unknown, Some(name)) if debians.contains(&name) => Some(System::Shadow),
        // Their other tags (`ubi9-minimal`, `al2023`) name what they are made of.
        (Family::Unknown, Some(name)) if ubuntus.contains(&name) => {
            let other = ["ubi", "centos", "al2", "amazon", "corretto", "ibm"];
            (!other.iter().any(|it| tag.contains(it))).then_some(System::Shadow)
        }
        (Family::Unknown, _) => {
            let known =
                ["tiangolo/", "continuumio/", "condaforge/", "nikolaik/", "pytorch/pytorch"];
            let more = ["nvidia/cuda", "tensorflow/tensorflow", "playwright"];
            let mut known = known.into_iter().chain(more);
            known.any(|name| it.repository.contains(name)).then_some(System::Shadow)
        }
        _ => None,
    }
}

/// The whole Universal Base Image, which has shadow-utils; those made small do not.
fn redhat(repository: &str, tag: &str) -> Option<Base> {
    let version = |it: &str| it.strip_prefix("ubi").is_some_and(|it| it.parse::<u32>().is_ok());
    let name = repository.strip_prefix("redhat/").unwrap_or(repository);
    let whole = match name.split_once('/') {
        None => version(name),
        Some((ubi, name)) => version(ubi) && name == "ubi",
    };
    let base = Base { system: System::Shadow, account: None, port: None };
    (whole && !tag.contains("minimal")).then_some(base)
}

/// .NET's images: from 8 on they bring a user, and their servers a port that needs no root.
fn dotnet(repository: &str, tag: &str) -> Result<Base, Refusal> {
    let major = tag.split(['.', '-']).next().and_then(|it| it.parse::<u32>().ok());
    let modern = !repository.starts_with("dotnet/core/") && major.is_none_or(|it| 8 <= it);
    let server = ["/aspnet", "/sdk"].iter().any(|it| repository.ends_with(it));
    let system = match tag {
        it if it.contains("alpine") => System::Busybox,
        it if it.contains("azurelinux") || it.contains("mariner") || it.contains("distroless") => {
            return Err(Refusal::new("unknown-base", "nothing tells which users its image has"));
        }
        _ => System::Shadow,
    };
    let account = modern.then(|| Account {
        name: Some("app".to_owned()),
        user: 1654,
        group: Some(1654),
        home: Some("/home/app".to_owned()),
    });
    Ok(Base { system, account, port: (server && !modern).then_some(80) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(image: &str) -> String {
        match of(image) {
            Err(why) => why.code.to_owned(),
            Ok(None) => "own".to_owned(),
            Ok(Some(it)) => {
                let account = it.account.map(|it| format!(" {}", it.words())).unwrap_or_default();
                format!("{:?}{account}", it.system)
            }
        }
    }

    #[test]
    fn references_tell_users() {
        let rows = [
            ("python:3.12-slim", "Shadow"),
            ("python:3.12-alpine3.20", "Busybox"),
            ("arm32v7/python:3.9-slim", "Shadow"),
            ("node:20-alpine", "Busybox 1000:1000"),
            ("public.ecr.aws/docker/library/node:20", "Shadow 1000:1000"),
            ("scratch", "Bare 10001:10001"),
            ("gcr.io/distroless/static-debian12", "Bare 65532:65532"),
            ("gcr.io/distroless/static:nonroot", "own"),
            ("cgr.dev/chainguard/python:latest", "own"),
            ("nginxinc/nginx-unprivileged:1.27", "own"),
            ("nginx:1.27", "service-image"),
            ("php:8.3-apache", "service-image"),
            ("php:8.3-cli", "Shadow"),
            ("public.ecr.aws/lambda/python:3.12", "service-image"),
            ("mcr.microsoft.com/dotnet/aspnet:8.0", "Shadow 1654:1654"),
            ("mcr.microsoft.com/dotnet/aspnet:6.0", "Shadow"),
            ("mcr.microsoft.com/dotnet/runtime:8.0-jammy-chiseled", "own"),
            ("mcr.microsoft.com/windows/servercore:ltsc2022", "windows"),
            ("eclipse-temurin:21-jre", "Shadow"),
            ("eclipse-temurin:21-jre-alpine", "Busybox"),
            ("eclipse-temurin:21-ubi9-minimal", "unknown-base"),
            ("openjdk:8-jre", "Shadow"),
            ("openjdk:17-jdk", "unknown-base"),
            ("openjdk:17-slim", "Shadow"),
            ("amazonlinux:2023", "unknown-base"),
            ("fedora:40", "Shadow"),
            ("registry.access.redhat.com/ubi9/ubi:9.4", "Shadow"),
            ("registry.access.redhat.com/ubi9/ubi-minimal:9.4", "unknown-base"),
            ("registry.access.redhat.com/ubi8", "Shadow"),
            ("corp.example/python:3.11", "unknown-base"),
            ("ghcr.io/astral-sh/uv:python3.12-bookworm-slim", "Shadow"),
            ("busybox", "Busybox"),
        ];
        for (image, expected) in rows {
            assert_eq!(known(image), expected, "{image}");
        }
    }
}
