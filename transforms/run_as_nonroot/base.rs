//! The users and the default port of base images, as far as they matter for images built on them.

use super::Account;
use crate::{
    ecosystems::images::{self, Accounts, Family, Kind},
    text::Refusal,
};

/// A base image whose processes run as root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base {
    /// How a user is created.
    pub accounts: Accounts,
    /// The user that it has for the programs of others.
    pub account: Option<Account>,
    /// The port below 1024 that its server listens on unless told otherwise.
    pub port: Option<u16>,
}

/// The base image of this reference; `None` if its processes do not run as root.
///
/// # Errors
/// A decline's code and reason: its users are not known, or it is a service that needs root.
pub fn of(image: &str) -> Result<Option<Base>, Refusal> {
    let known = images::named(image);
    if known.family() == Family::Windows {
        return Err(Refusal::new("windows", "it is a Windows image; users work differently there"));
    }
    let service = match known.kind() {
        Some(Kind::Service) => {
            Some("the image of a service, which brings users or folders of its own")
        }
        Some(Kind::Functions) => Some("for functions, which a cloud starts as a user of its own"),
        _ => None,
    };
    if let Some(what) = service {
        return Err(Refusal::new("service-image", format!("{image} is {what}")));
    }
    if known.user().is_some_and(|it| it != "root") {
        return Ok(None);
    }
    let accounts = known.accounts().filter(|_| known.starts_as_root() && !known.has_triggers());
    let Some(accounts) = accounts else {
        let reason = format!("the users of {image} are not known");
        return Err(Refusal::new("unknown-base", reason));
    };
    let account = known.account().map(|it| Account {
        name: it.name.map(str::to_owned),
        user: it.user,
        group: Some(it.group),
        home: Some(it.home.to_owned()),
    });
    // Where no user can be created, a number works without one.
    let number = || Account { name: None, user: 10001, group: Some(10001), home: None };
    let account = account.or_else(|| accounts.is_fixed().then(number));
    Ok(Some(Base { accounts, account, port: known.port() }))
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
                format!("{:?}{account}", it.accounts)
            }
        }
    }

    #[test]
    fn references_say_how_users_are_created() {
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
            ("phusion/baseimage:jammy-1.0.4", "Shadow"),
            ("phusion/passenger-ruby34:3.1.2", "service-image"),
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
            ("openjdk:17-jdk", "Shadow"),
            ("openjdk:17-jdk-oracle", "Shadow"),
            ("openjdk:latest", "Shadow"),
            ("openjdk:18-alpine", "Busybox"),
            ("adoptopenjdk:11-jre-hotspot", "Shadow"),
            ("adoptopenjdk/openjdk11:alpine-jre", "Busybox"),
            ("adoptopenjdk/openjdk11:ubi-minimal", "unknown-base"),
            ("amazoncorretto:11", "None 10001:10001"),
            ("amazoncorretto:17-al2023", "None 10001:10001"),
            ("amazoncorretto:21-alpine", "Busybox"),
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
