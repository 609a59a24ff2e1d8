use super::*;
use crate::text::ImagePath;

fn python(image: &str) -> Option<String> {
    named(image).python().map(|it| it.to_string())
}

#[test]
fn the_table_is_sorted_and_each_line_can_be_read() {
    let images: Vec<_> = table::lines().map(|it| it.split('\t').next()).collect();
    assert!(images.is_sorted_by(|a, b| a < b));
    for line in table::lines() {
        assert!(table::row(line).is_some(), "{line}");
        let columns: Vec<_> = line.split('\t').collect();
        assert_eq!(columns.len(), 3, "{line}");
        assert!(columns.iter().all(|it| !it.is_empty() && *it == it.trim()), "{line}");
    }
}

#[test]
fn users_are_names_or_numbers() {
    for row in table::rows() {
        let name = |it: &str| it.chars().all(|it| it.is_ascii_lowercase());
        let number = |it: &str| it.parse::<u32>().is_ok();
        let user = row.facts.user.unwrap_or("root");
        let numbers = user.split_once(':').is_some_and(|it| number(it.0) && number(it.1));
        assert!(name(user) || numbers || user == "?", "{}: {user}", row.name);
        let workdir = row.facts.workdir.unwrap_or("/");
        assert!(workdir.starts_with('/') || workdir == "?", "{}: {workdir}", row.name);
    }
}

#[test]
fn the_most_exact_line_that_says_something_holds() {
    let account = |it: &str| named(it).account().map(|it| it.user);
    assert_eq!(account("mcr.microsoft.com/dotnet/aspnet:8.0"), Some(1654));
    assert_eq!(account("mcr.microsoft.com/dotnet/aspnet"), Some(1654));
    assert_eq!(account("mcr.microsoft.com/dotnet/aspnet:6.0-jammy"), None);
    assert_eq!(named("mcr.microsoft.com/dotnet/aspnet:6.0-jammy").port(), Some(80));
    assert_eq!(named("mcr.microsoft.com/dotnet/runtime:6.0").port(), None);
    assert_eq!(named("mcr.microsoft.com/dotnet/core/sdk:3.1").account(), None);
    assert_eq!(named("node").account().map(|it| (it.user, it.home)), Some((1000, "/home/node")));
    assert_eq!(named("php:8.3").kind(), None);
    assert_eq!(named("php:8.3-fpm-alpine").kind(), Some(Kind::Service));
}

#[test]
fn a_line_holds_for_its_registry_alone() {
    assert_eq!(named("gcr.io/distroless/base").user(), Some("root"));
    assert_eq!(named("corp.example/distroless/base").user(), None);
    assert_eq!(named("gcr.io/distroless/base:debug-nonroot").user(), Some("65532:65532"));
    assert_eq!(named("public.ecr.aws/lambda/python:3.12").kind(), Some(Kind::Functions));
    assert_eq!(named("quay.io/jupyter/base-notebook").user(), Some("1000:100"));
    assert_eq!(named("corp.example/nginx").kind(), Some(Kind::Service));
    assert_eq!(named("corp.example/python:3.11").user(), None);
    assert_eq!(named("corp.example/library/python:3.11").user(), Some("root"));
}

#[test]
fn only_the_official_image_of_python_is_one() {
    for it in [
        "python",
        "arm64v8/python:3.9",
        "docker.io/library/python:3.12-slim",
        "corp.example/python:3",
        "corp.example/mirror/python:3",
    ] {
        assert!(named(it).is_python(), "{it}");
    }
    for it in [
        "public.ecr.aws/lambda/python:3.12",
        "123456789012.dkr.ecr.eu-west-1.amazonaws.com/lambda/python:3.12",
        "mcr.microsoft.com/azure-functions/python:4-python3.11",
        "mcr.microsoft.com/devcontainers/python:3.12",
        "mcr.microsoft.com/playwright/python:v1.40.0",
        "docker.io/bitnami/python:3.12",
        "cgr.dev/chainguard/python",
        "gcr.io/distroless/python",
        "somebody/python",
        "tiangolo/uvicorn-gunicorn:python3.11",
    ] {
        assert!(!named(it).is_python(), "{it}");
    }
}

#[test]
fn pip_is_not_a_distributions() {
    for it in ["python", "python:3.12", "corp/app:py310", "public.ecr.aws/lambda/python:3.12"] {
        assert!(named(it).has_pip(), "{it}");
    }
    for it in ["debian:12", "ubuntu:24.04", "alpine:3.20", "node:22"] {
        assert!(!named(it).has_pip(), "{it}");
    }
}

#[test]
fn images_bring_programs_and_set_variables() {
    assert!(named("docker:cli").brings("docker") && !named("docker/compose").brings("docker"));
    assert!(named("rust:1-slim").sets("CARGO_HOME") && named("golang").sets("GOPATH"));
    assert!(!named("node").sets("GOPATH"));
    assert_eq!(named("golang:1.24-alpine").variable("GOPATH"), Setting::Known("/go".to_owned()));
    assert_eq!(named("rust").variable("CARGO_HOME"), Setting::Unknown);
    assert_eq!(named("golang").variable("GO"), Setting::Unset);
    assert!(named("busybox").is_listed() && named("php:8-apache").is_listed());
    assert!(!named("shop-api").is_listed());
}

#[test]
fn images_start_what_they_bring() {
    let starts = |it: &str| named(it).starts();
    assert_eq!(starts("tiangolo/uwsgi-nginx-flask:python3.11"), Some(Starts::Entrypoint));
    assert_eq!(starts("tiangolo/uvicorn-gunicorn-fastapi"), Some(Starts::Server));
    assert_eq!(starts("tensorflow/tensorflow:2.15.0-jupyter"), Some(Starts::Server));
    assert_eq!(starts("tensorflow/tensorflow"), None);
    assert_eq!(starts("node:22"), None);
}

#[test]
fn names_and_tags_say_the_distribution() {
    let rows = [
        ("amazonlinux:2023", Family::RedHat, None),
        ("busybox", Family::Busybox, Some(Accounts::Busybox)),
        ("centos:7", Family::RedHat, Some(Accounts::Shadow)),
        ("eclipse-temurin:21-jre", Family::Ubuntu, Some(Accounts::Shadow)),
        ("eclipse-temurin:21-jre-alpine", Family::Alpine, Some(Accounts::Busybox)),
        ("eclipse-temurin:21-ubi10-minimal", Family::Unknown, None),
        ("gcr.io/distroless/base-debian12", Family::Bare, Some(Accounts::Bare)),
        ("maven:3-amazoncorretto-17", Family::Unknown, None),
        ("mcr.microsoft.com/dotnet/aspnet:8.0-azurelinux3.0", Family::RedHat, None),
        ("mcr.microsoft.com/windows/servercore:ltsc2022", Family::Windows, None),
        ("amazoncorretto:17", Family::Small, Some(Accounts::None)),
        ("openjdk:17", Family::RedHat, Some(Accounts::Shadow)),
        ("openjdk:17-oraclelinux8", Family::RedHat, Some(Accounts::Shadow)),
        ("openjdk:17-slim", Family::Debian, Some(Accounts::Shadow)),
        ("openjdk:8-jdk", Family::Debian, Some(Accounts::Shadow)),
        ("python:3.12-alpine3.20", Family::Alpine, Some(Accounts::Busybox)),
        ("python:3.12-slim", Family::Debian, Some(Accounts::Shadow)),
        ("python:3.12-windowsservercore", Family::Windows, None),
        ("redhat/ubi9", Family::RedHat, Some(Accounts::Shadow)),
        ("redhat/ubi9-minimal", Family::RedHat, None),
        ("scratch", Family::Bare, Some(Accounts::Bare)),
        ("somebody/something", Family::Unknown, None),
    ];
    for (image, family, accounts) in rows {
        let known = named(image);
        assert_eq!((known.family(), known.accounts()), (family, accounts), "{image}");
    }
}

#[test]
fn tags_tell_the_python() {
    assert_eq!(python("python:3.11.4-slim-bookworm").as_deref(), Some("3.11"));
    assert_eq!(python("python:3.12rc1").as_deref(), Some("3.12"));
    assert_eq!(python("python:3-slim"), None);
    assert_eq!(python("python"), None);
    assert_eq!(python("public.ecr.aws/lambda/python:3.12").as_deref(), Some("3.12"));
    assert_eq!(python("tiangolo/uvicorn-gunicorn-fastapi:python3.8-slim").as_deref(), Some("3.8"));
    assert_eq!(python("ghcr.io/astral-sh/uv:python3.12-bookworm").as_deref(), Some("3.12"));
    assert_eq!(python("nvidia/cuda:12.1.0-py310").as_deref(), Some("3.10"));
    assert_eq!(python("devcontainers/python:0-3.10-bullseye").as_deref(), Some("3.10"));
    assert_eq!(python("devcontainers/python:3-3.11").as_deref(), Some("3.11"));
    assert_eq!(python("ubuntu:22.04").as_deref(), Some("3.10"));
    assert_eq!(python("alpine"), None);
}

#[test]
fn frontends_know_cache_mounts_since_1_2() {
    let knows = knows_cache_mounts;
    assert_eq!(knows("docker/dockerfile:1"), Some(true));
    assert_eq!(knows("docker.io/docker/dockerfile-upstream:v1.2-labs"), Some(true));
    assert_eq!(knows("docker/dockerfile:1.1.7"), Some(false));
    assert_eq!(knows("docker/dockerfile:1.0-experimental"), Some(true));
    assert_eq!(knows("corp.example/frontend:1"), None);
}

#[test]
fn tags_tell_the_release() {
    let of = |it: &str| named(it).release();
    assert_eq!(of("python:3.11-slim-bookworm"), Some(Release::BOOKWORM));
    assert_eq!(of("python:3.11.4-slim"), Some(Release::BOOKWORM));
    assert_eq!(of("python:3.11.3"), Some(Release::BULLSEYE));
    assert_eq!(of("python:3.12.13-slim"), Some(Release::TRIXIE));
    assert_eq!(of("python:3.13.5"), Some(Release::BOOKWORM));
    assert_eq!(of("python:3.8-slim"), Some(Release::BOOKWORM));
    assert_eq!(of("python:3.9"), Some(Release::TRIXIE));
    assert_eq!(of("python:3.9.5"), None, "buster");
    for floating in ["python:3.11-slim", "python", "python:3", "python:slim", "python:3.14"] {
        assert_eq!(of(floating), Some(Release::STABLE), "{floating}");
    }
    for other in ["python:3.11-alpine", "python:2.7", "python:3.12-windowsservercore", "alpine:3"] {
        assert_eq!(of(other), None, "{other}");
    }
    assert_eq!(of("debian:12.5-slim"), Some(Release::BOOKWORM));
    assert_eq!(of("debian:bookworm-20240110-slim"), Some(Release::BOOKWORM));
    assert_eq!(of("debian:1"), None);
    assert_eq!(of("ubuntu:22.04"), Some(Release::JAMMY));
    assert_eq!(of("ubuntu:latest"), None);
    assert_eq!(of("mirror.example/library/python:3.11.4"), Some(Release::BOOKWORM));
    assert_eq!(of("corp.example/python:3.11.4"), None);
    assert_eq!(of("ghcr.io/astral-sh/uv:python3.12-bookworm-slim"), Some(Release::BOOKWORM));
    assert_eq!(of("nvidia/cuda:12.4.1-runtime-ubuntu22.04"), Some(Release::JAMMY));
}

#[test]
fn only_what_is_known_starts_as_root() {
    for it in [
        "python:3.11",
        "arm64v8/python:3.11",
        "docker.io/bitnami/minideb:bookworm",
        "ghcr.io/astral-sh/uv:latest",
        "mcr.microsoft.com/playwright/python:v1.40.0",
        "mirror.example/library/python:3.11",
        "quay.io/pypa/manylinux2014_x86_64",
        "registry.access.redhat.com/ubi9/ubi",
    ] {
        assert!(named(it).starts_as_root(), "{it}");
    }
    for it in [
        "apache/airflow:2.7.0",
        "corp.example/arm64v8/python:3.11",
        "corp.example/python:3.11",
        "elasticsearch:8",
        "gcr.io/oss-fuzz-base/base-runner",
        "pypa/manylinux1_x86_64",
        "somebody/python",
    ] {
        assert!(!named(it).starts_as_root(), "{it}");
    }
}

#[test]
fn processes_start_where_the_image_says() {
    let workdir = |it: &str| named(it).workdir();
    assert_eq!(workdir("python"), Some("/"));
    assert_eq!(workdir("golang:1.24-alpine"), Some("/go"));
    assert_eq!(workdir("php:8.3-apache"), Some("/var/www/html"));
    assert_eq!(workdir("php:8.3-cli"), Some("/"));
    assert_eq!(workdir("public.ecr.aws/lambda/python:3.12"), Some("/var/task"));
    assert_eq!(workdir("tiangolo/nginx-rtmp"), None);
    assert_eq!(workdir("tiangolo/uvicorn-gunicorn-fastapi:python3.8"), Some("/app"));
    assert_eq!(workdir("corp.example/golang"), None);
    let stages = |text: &str| {
        let dockerfile = Dockerfile::parse(text);
        let stages = stages(&dockerfile);
        stages[0].state_before(stages[0].end).workdir.clone()
    };
    assert_eq!(stages("FROM golang\nWORKDIR src\n"), ImagePath::new("/go/src"));
}
