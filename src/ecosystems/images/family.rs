//! Distributions: which one an image is made of, and how users are made there.

use crate::dockerfile::image::ImageRef;

/// What packages and users an image's system knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Alpine.
    Alpine,
    /// `scratch` and distroless images: no shell.
    Bare,
    /// BusyBox and nothing else.
    Busybox,
    /// Debian and what is built on it.
    Debian,
    /// Fedora, CentOS, UBI and their kin.
    RedHat,
    /// Their kin without shadow-utils.
    Small,
    /// Ubuntu.
    Ubuntu,
    /// The reference does not say.
    Unknown,
    /// Windows.
    Windows,
}

/// How a user is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accounts {
    /// Not at all: there is no shell.
    Bare,
    /// With BusyBox's `addgroup` and `adduser`.
    Busybox,
    /// Without a program that makes one: it runs as a number without a name.
    None,
    /// With `groupadd` and `useradd` of the shadow suite.
    Shadow,
}

impl Accounts {
    /// Whether no user can be made, so that one runs as a number that the image does not know.
    pub fn is_fixed(self) -> bool {
        matches!(self, Self::Bare | Self::None)
    }
}

/// What names and tags say of the distribution wherever they have these words; the first line that fits holds.
const WORDS: [(Family, &[&str]); 6] = [
    (Family::Windows, &["dotnet/framework", "nanoserver", "windows"]),
    (Family::Bare, &["distroless"]),
    (Family::Alpine, &["alpine"]),
    (Family::Ubuntu, &["bionic", "focal", "jammy", "noble", "resolute", "ubuntu"]),
    (
        Family::RedHat,
        &[
            "almalinux",
            "amazonlinux",
            "azurelinux",
            "centos",
            "fedora",
            "mariner",
            "redhat",
            "rockylinux",
            "ubi8",
            "ubi9",
        ],
    ),
    (Family::Debian, &["bookworm", "bullseye", "buster", "debian", "stretch", "trixie"]),
];

/// Words of tags for what is not made of what other tags of the image are made of: `21-ubi9-minimal`,
/// `17-al2023`, `11-ibmjava`, `21-jre-gardenlinux`.
const OTHERS: [&str; 11] = [
    "al2",
    "amazon",
    "centos",
    "clefos",
    "corretto",
    "gardenlinux",
    "ibm",
    "leap",
    "oracle",
    "tumbleweed",
    "ubi",
];

/// Words of tags for images of Red Hat's kin that are made small and lack shadow-utils.
const SMALL: [&str; 4] = ["init", "micro", "minimal", "slim"];

/// The distribution of an image: what its name and tag say, or what the table says of its other tags.
pub(super) fn of(image: &ImageRef<'_>, official: Option<&str>, usual: Option<Family>) -> Family {
    let tag = image.tag.unwrap_or_default();
    let name = official.unwrap_or(image.repository);
    let whole = [name, ":", tag].concat();
    let has = |words: &[&str]| words.iter().any(|it| whole.contains(it));
    if let Some(it) = usual.filter(|it| matches!(it, Family::Bare | Family::Busybox)) {
        return it;
    }
    if let Some((family, _)) = WORDS.iter().find(|it| has(it.1)) {
        return *family;
    }
    // A variable in the tag may stand for another distribution, but for the small variants of Debian.
    let is_open = tag.contains('$') && !tag.contains("slim");
    let is_kin = matches!(usual, Some(Family::RedHat | Family::Small));
    let is_other = is_open || !is_kin && OTHERS.iter().any(|it| tag.contains(it));
    usual.filter(|_| !is_other).unwrap_or(Family::Unknown)
}

/// How users are made in an image of a distribution. Red Hat's kin has shadow-utils only where the table says
/// that an image is a whole system.
pub(super) fn accounts(family: Family, usual: Option<Family>, tag: &str) -> Option<Accounts> {
    match family {
        Family::Alpine | Family::Busybox => Some(Accounts::Busybox),
        Family::Bare => Some(Accounts::Bare),
        Family::Debian | Family::Ubuntu => Some(Accounts::Shadow),
        Family::Small => Some(Accounts::None),
        Family::RedHat => {
            let is_small = SMALL.iter().any(|it| tag.contains(it));
            (usual == Some(Family::RedHat) && !is_small).then_some(Accounts::Shadow)
        }
        Family::Unknown | Family::Windows => None,
    }
}
