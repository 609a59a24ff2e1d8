//! Which Python an image brings.

use std::fmt;

use super::PYTHON;
use crate::dockerfile::image::ImageRef;

/// A Python version, as far as a tag says: major and minor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PythonVersion(pub u32, pub u32);

/// The minor version of `python3` in releases of distributions: the official image, its tags for the release,
/// and the version. A new release is a new line, in order.
///
/// Source: the packages `python3` of packages.debian.org, packages.ubuntu.com and pkgs.alpinelinux.org.
const DISTRIBUTIONS: [(&str, &[&str], u32); 11] = [
    ("alpine", &["3.16", "3.17"], 10),
    ("alpine", &["3.18", "3.19"], 11),
    ("alpine", &["3.20", "3.21", "3.22"], 12),
    ("debian", &["10", "buster"], 7),
    ("debian", &["11", "bullseye"], 9),
    ("debian", &["12", "bookworm"], 11),
    ("debian", &["13", "trixie"], 13),
    ("ubuntu", &["18.04", "bionic"], 6),
    ("ubuntu", &["20.04", "focal"], 8),
    ("ubuntu", &["22.04", "jammy"], 10),
    ("ubuntu", &["24.04", "noble"], 12),
];

/// The packages of images that are not slim, in alphabetical order, with `build-essential`, whose parts are all there.
///
/// Sources: docker-library/buildpack-deps `debian/*/Dockerfile`, docker-library/python `Dockerfile-linux.template`.
pub(super) const PACKAGES: &[&str] = &[
    "autoconf",
    "automake",
    "build-essential",
    "bzip2",
    "ca-certificates",
    "curl",
    "default-libmysqlclient-dev",
    "dpkg-dev",
    "file",
    "g++",
    "gcc",
    "git",
    "gnupg",
    "imagemagick",
    "libbluetooth-dev",
    "libbz2-dev",
    "libc6-dev",
    "libcurl4-openssl-dev",
    "libdb-dev",
    "libevent-dev",
    "libffi-dev",
    "libgdbm-dev",
    "libglib2.0-dev",
    "libgmp-dev",
    "libjpeg-dev",
    "libkrb5-dev",
    "liblzma-dev",
    "libmagickcore-dev",
    "libmagickwand-dev",
    "libmaxminddb-dev",
    "libncurses5-dev",
    "libncursesw5-dev",
    "libpng-dev",
    "libpq-dev",
    "libreadline-dev",
    "libsqlite3-dev",
    "libssl-dev",
    "libtool",
    "libwebp-dev",
    "libxml2-dev",
    "libxslt-dev",
    "libxslt1-dev",
    "libyaml-dev",
    "make",
    "mercurial",
    "openssh-client",
    "patch",
    "procps",
    "subversion",
    "tk-dev",
    "unzip",
    "uuid-dev",
    "wget",
    "xz-utils",
    "zlib1g-dev",
];

/// The Python that an image brings; see [`super::Known::python`].
pub(super) fn of(image: &ImageRef<'_>, official: Option<&str>) -> Option<PythonVersion> {
    let tag = image.tag.unwrap_or("latest");
    let last = image.repository.rsplit('/').next().unwrap_or_default();
    if last.strip_suffix(PYTHON).is_some_and(|it| it.is_empty() || it.ends_with('-')) {
        return version(tag);
    }
    if let Some(version) = after_python(tag).or_else(|| after_python(last)) {
        return Some(version);
    }
    let release = tag.trim_end_matches("-slim");
    let release = release.split_once("-20").map_or(release, |it| it.0);
    let name = official?;
    let is_it = |it: &&(&str, &[&str], u32)| it.0 == name && it.1.contains(&release);
    DISTRIBUTIONS.iter().find(is_it).map(|it| PythonVersion(3, it.2))
}

/// `3.11-slim` → 3.11; `1-3.11-bookworm`, a release of the image before the version, → 3.11.
fn version(tag: &str) -> Option<PythonVersion> {
    let is_number = |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit());
    if let Some((_, rest)) = tag.split_once('-').filter(|(release, rest)| {
        is_number(release) && rest.split_once('.').is_some_and(|it| is_number(it.0))
    }) {
        return version(rest);
    }
    let mut parts = tag.split(['.', '-']);
    let major = parts.next()?.parse().ok()?;
    let minor = parts.next()?;
    let digits = minor.trim_end_matches(|it: char| !it.is_ascii_digit());
    // `3.12rc1` is a 3.12.
    let digits = digits.split(|it: char| !it.is_ascii_digit()).next()?;
    Some(PythonVersion(major, digits.parse().ok()?))
}

/// `python3.11-alpine`, `uvicorn-py310`, `py3.9` → the version.
fn after_python(text: &str) -> Option<PythonVersion> {
    text.match_indices("py").find_map(|(at, _)| {
        let rest = &text[at + 2..];
        let rest = rest.strip_prefix("thon").unwrap_or(rest).trim_start_matches('-');
        let rest = rest.strip_prefix('3')?;
        let rest = rest.strip_prefix('.').unwrap_or(rest);
        let digits = rest.len() - rest.trim_start_matches(|it: char| it.is_ascii_digit()).len();
        Some(PythonVersion(3, rest[..digits].parse().ok()?))
    })
}

impl fmt::Display for PythonVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0, self.1)
    }
}
