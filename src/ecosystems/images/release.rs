//! Releases of Debian and Ubuntu, and which of them an image is made of.

use super::PYTHON;
use crate::dockerfile::image::ImageRef;

/// The releases that the tables have a column for, in the columns' order.
pub(crate) const CODENAMES: [Codename; 5] =
    [Codename::Bullseye, Codename::Bookworm, Codename::Trixie, Codename::Jammy, Codename::Noble];

/// A release by its codename.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Codename {
    Bullseye,
    Bookworm,
    Trixie,
    Jammy,
    Noble,
}

/// The release that an image is made of, or those that it may be made of: some tags float.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Release(&'static [Codename]);

/// The numbers of releases: the official image, what its tags begin with, and the release.
const NUMBERS: [(&str, &str, Release); 7] = [
    ("debian", "11", Release::BULLSEYE),
    ("debian", "12", Release::BOOKWORM),
    ("debian", "13", Release::TRIXIE),
    ("debian", "latest", Release::STABLE),
    ("debian", "stable", Release::STABLE),
    ("ubuntu", "22.04", Release::JAMMY),
    ("ubuntu", "24.04", Release::NOBLE),
];

impl Release {
    /// Nothing is known but that it is some Debian or Ubuntu.
    pub const ANY: Self = Self(&CODENAMES);
    /// Debian 11.
    pub const BULLSEYE: Self = Self(&[Codename::Bullseye]);
    /// Debian 12.
    pub const BOOKWORM: Self = Self(&[Codename::Bookworm]);
    /// Debian 13.
    pub const TRIXIE: Self = Self(&[Codename::Trixie]);
    /// Ubuntu 22.04.
    pub const JAMMY: Self = Self(&[Codename::Jammy]);
    /// Ubuntu 24.04.
    pub const NOBLE: Self = Self(&[Codename::Noble]);
    /// Debian's stable: what tags without a release stand for today, or stood for when the image was
    /// pulled. Official images moved from bookworm to trixie on 2025-08-12.
    pub const STABLE: Self = Self(&[Codename::Bookworm, Codename::Trixie]);

    /// The releases that it may be.
    pub(crate) fn codenames(self) -> &'static [Codename] {
        self.0
    }

    /// The release of this name or number, as tags have them.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "bullseye" | "debian11" => Self::BULLSEYE,
            "bookworm" | "debian12" => Self::BOOKWORM,
            "trixie" | "debian13" => Self::TRIXIE,
            "jammy" | "ubuntu22.04" | "ubuntu2204" => Self::JAMMY,
            "noble" | "ubuntu24.04" | "ubuntu2404" => Self::NOBLE,
            _ => return None,
        })
    }
}

impl Codename {
    /// Its place among the tables' columns for releases.
    pub(crate) fn column(self) -> usize {
        self as usize
    }
}

/// The release that an image is made of; see [`super::Known::release`].
pub(super) fn of(image: &ImageRef<'_>, official: Option<&str>) -> Option<Release> {
    let tag = image.tag.unwrap_or("latest");
    if let Some(named) = tag.split(['-', '_']).find_map(Release::named) {
        return Some(named);
    }
    let version = tag.split('-').next().unwrap_or_default();
    let is = |number: &str| version.strip_prefix(number).is_some_and(|it| !starts_with_digit(it));
    let name = official?;
    if name == PYTHON {
        return python(tag);
    }
    NUMBERS.iter().find(|it| it.0 == name && is(it.1)).map(|it| it.2)
}

fn starts_with_digit(text: &str) -> bool {
    text.starts_with(|it: char| it.is_ascii_digit())
}

/// The release of an official Python image whose tag names none.
///
/// Such tags follow Debian's stable as long as their Python is maintained. A patch release's tag stays what
/// it was when the next one came out. The images moved to bullseye on 2021-08-16, to bookworm on 2023-06-13
/// and to trixie on 2025-08-12 (docker-library/official-images: #10736, #19661; docker-library/python: #822):
/// the numbers are the patch releases that were current on those days.
fn python(tag: &str) -> Option<Release> {
    let mut parts = tag.split('-');
    let version = parts.next()?;
    // Not alpine and windowsservercore, and no other variant that may come.
    let slim = |it: &str| it == "slim";
    let floating = ["latest", "slim", "3", "rc"].contains(&version);
    if !parts.all(|it| slim(it) || it == "rc") {
        return None;
    }
    if floating {
        return Some(Release::STABLE);
    }
    let mut numbers = version.split('.');
    let (3, minor) = (numbers.next()?.parse().ok()?, numbers.next()?.parse::<u32>().ok()?) else {
        return None;
    };
    let patch = numbers.next().map(|it| it.split(|it: char| !it.is_ascii_digit()).next());
    let patch: Option<u32> = match patch {
        Some(it) => Some(it?.parse().ok()?),
        None => None,
    };
    // The first patch releases on bullseye, bookworm and trixie.
    let (bullseye, bookworm, trixie) = match minor {
        6 => (14, None, None),
        7 => (11, Some(17), None),
        8 => (11, Some(17), None),
        9 => (6, Some(17), Some(23)),
        10 => (0, Some(12), Some(18)),
        11 => (0, Some(4), Some(13)),
        12 => (0, Some(0), Some(11)),
        13 => (0, Some(0), Some(6)),
        14.. => return Some(if patch.is_some() { Release::TRIXIE } else { Release::STABLE }),
        _ => return None,
    };
    let since = |first: Option<u32>| first.is_some_and(|it| patch.is_none_or(|patch| it <= patch));
    match patch {
        // No longer built: the last one stays.
        None if minor > 9 => Some(Release::STABLE),
        _ if since(trixie) => Some(Release::TRIXIE),
        _ if since(bookworm) => Some(Release::BOOKWORM),
        _ if since(Some(bullseye)) => Some(Release::BULLSEYE),
        _ => None,
    }
}
