//! What an image is known by: everything that decides what comes of it, as far as this machine can tell.
//!
//! These are the texts of both Dockerfiles and their ignore files, the files of the contexts with their permissions, the
//! build arguments, what the plan declares, how compose files start the image and what they mount, the options of
//! the run, the builder, and refit itself. Base images count by their identity if they are on this machine.

use std::{
    env, fs,
    io::{self, Read as _},
    path::{Path, PathBuf},
    time::SystemTime,
};

use twox_hash::xxhash3_128::Hasher;

use super::Verdicts;
use crate::{
    context::copies::Sent,
    engine::plan::Plan,
    project::Project,
    verify::{
        Verification,
        config::Config,
        images::{Image, ImageBuild},
        locked,
        run::{How, mounted},
        scratch::{Found, FoundKind, ignore_files, laid, walk},
    },
};

/// Variables that decide which engine builds, and for which platform.
const VARIABLES: [&str; 7] = [
    "BUILDAH_FORMAT",
    "BUILDX_BUILDER",
    "CONTAINER_HOST",
    "DOCKER_CONTEXT",
    "DOCKER_DEFAULT_PLATFORM",
    "DOCKER_HOST",
    "SOURCE_DATE_EPOCH",
];

/// A digest of everything that an image is known by but for its base images. Of 128 bits, so that two that are not the
/// same never meet by chance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::verify) struct Inputs(u128);

/// The digest of a file, and what says that the file is still the same.
#[derive(Clone, Copy, Debug)]
pub(super) struct Digested {
    length: u64,
    modified: Option<SystemTime>,
    digest: u128,
}

/// A digest of fields: where one ends and the next begins matters.
struct Fields(Hasher);

impl Fields {
    fn new() -> Self {
        Self(Hasher::new())
    }

    fn add(&mut self, field: impl AsRef<[u8]>) {
        let field = field.as_ref();
        self.0.write(&(field.len() as u64).to_le_bytes());
        self.0.write(field);
    }

    fn finish(&self) -> u128 {
        self.0.finish_128()
    }
}

impl Verification<'_> {
    /// What an image is known by now; `None` if verdicts are not wanted, or if something cannot be read.
    pub(in crate::verify) fn inputs(&self, plan: &Plan, image: &Image) -> Option<Inputs> {
        let verdicts = self.verdicts.as_ref().filter(|_| !self.options.keep)?;
        let after = image.after.as_ref()?;
        let mut fields = Fields::new();
        fields.add(refit());
        fields.add(self.builder.name());
        fields.add(env::consts::ARCH);
        for name in VARIABLES {
            fields.add(env::var_os(name).unwrap_or_default().as_encoded_bytes());
        }
        let options = self.options;
        let how = (&options.build_options, options.no_syntax, &options.smoke, &options.run);
        fields.add(format!("{how:?}"));
        fields.add(format!("{:?}", image.declared));
        let builds = [(&plan.before, &image.before), (plan.after(), after)];
        for (project, build) in builds {
            verdicts.side(&mut fields, self.root, (&plan.before, project), build).ok()?;
        }
        if options.run.how != How::None {
            self.started(verdicts, &mut fields, builds).ok()?;
        }
        Some(Inputs(fields.finish()))
    }

    /// How both images are started, and what is mounted then. Whether they are is only known once they are built.
    fn started(
        &self,
        verdicts: &Verdicts,
        fields: &mut Fields,
        builds: [(&Project, &ImageBuild); 2],
    ) -> io::Result<()> {
        let nothing = Config::default();
        let (ways, files, folders) = mounted(self.root, builds, [&nothing, &nothing]);
        fields.add(ways);
        for file in files {
            for (project, _) in builds {
                fields.add(project.file(file.as_str()).map(|it| &*it.text).unwrap_or_default());
            }
        }
        folders.iter().try_for_each(|it| verdicts.tree(fields, it))
    }

    /// The name of the record of an image.
    pub(super) fn key(
        &self,
        verdicts: &Verdicts,
        inputs: Inputs,
        plan: &Plan,
        image: &Image,
    ) -> String {
        let mut fields = Fields::new();
        fields.add(inputs.0.to_le_bytes());
        let sides = [(&plan.before, Some(&image.before)), (plan.after(), image.after.as_ref())];
        for (project, build) in sides {
            let Some(build) = build else { continue };
            for base in self.bases_of([(project, build); 2]) {
                let mut known = locked(&verdicts.bases);
                let identity = known
                    .entry(base.name().to_owned())
                    .or_insert_with(|| self.builder.identity(base.name()));
                fields.add(base.name());
                fields.add(identity.as_deref().unwrap_or_default());
            }
        }
        format!("{:032x}", fields.finish())
    }
}

impl Verdicts {
    /// A base image is another by now.
    pub(in crate::verify) fn forget_base(&self, name: &str) {
        locked(&self.bases).remove(name);
    }

    /// What one side is built from.
    fn side(
        &self,
        fields: &mut Fields,
        root: &Path,
        (before, project): (&Project, &Project),
        build: &ImageBuild,
    ) -> io::Result<()> {
        fields.add(format!("{build:?}"));
        let dockerfile = &build.origin.dockerfile;
        fields.add(project.file(dockerfile.as_str()).map(|it| &*it.text).unwrap_or_default());
        for file in ignore_files(project, build) {
            fields.add(file.map(|it| &*it.text).unwrap_or_default());
        }
        for (path, text) in laid((before, project)) {
            fields.add(path.as_str());
            fields.add(text.map_or("gone", |_| "is"));
            fields.add(text.unwrap_or_default());
        }
        for folder in build.folders() {
            let sent = Sent::new(project, folder.clone(), dockerfile);
            walk(root, folder, &sent, &mut |found| self.found(fields, &found))?;
        }
        Ok(())
    }

    fn found(&self, fields: &mut Fields, found: &Found<'_>) -> io::Result<()> {
        fields.add(found.path.as_str());
        match found.kind {
            FoundKind::File => self.file(fields, found.source),
            FoundKind::Link => {
                fields.add("link");
                fields.add(fs::read_link(found.source)?.as_os_str().as_encoded_bytes());
                Ok(())
            }
            FoundKind::Folder => {
                fields.add(mode(&fs::metadata(found.source)?).to_le_bytes());
                Ok(())
            }
            FoundKind::FolderEnd => Ok(()),
        }
    }

    /// A file or a folder with all that is in it.
    fn tree(&self, fields: &mut Fields, path: &Path) -> io::Result<()> {
        let mut open = vec![path.to_owned()];
        while let Some(path) = open.pop() {
            let about = fs::symlink_metadata(&path)?;
            fields.add(path.as_os_str().as_encoded_bytes());
            if about.is_dir() {
                fields.add(mode(&about).to_le_bytes());
                let entries = fs::read_dir(&path)?.map(|it| it.map(|it| it.path()));
                let mut entries = entries.collect::<io::Result<Vec<PathBuf>>>()?;
                entries.sort();
                open.extend(entries);
            } else if about.is_file() {
                self.file(fields, &path)?;
            } else if about.is_symlink() {
                fields.add(fs::read_link(&path)?.as_os_str().as_encoded_bytes());
            }
        }
        Ok(())
    }

    /// A file with its permissions. It is read again only if it was written since.
    fn file(&self, fields: &mut Fields, path: &Path) -> io::Result<()> {
        let about = fs::metadata(path)?;
        let (length, modified) = (about.len(), about.modified().ok());
        let known = locked(&self.digests).get(path).copied();
        let known = known.filter(|it| it.length == length && it.modified == modified);
        let digest = if let Some(known) = known.filter(|_| modified.is_some()) {
            known.digest
        } else {
            let digest = digest(path)?;
            let digested = Digested { length, modified, digest };
            locked(&self.digests).insert(path.to_owned(), digested);
            digest
        };
        fields.add(mode(&about).to_le_bytes());
        fields.add(digest.to_le_bytes());
        Ok(())
    }
}

fn digest(path: &Path) -> io::Result<u128> {
    let mut file = fs::File::open(path)?;
    let mut hasher = Hasher::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hasher.finish_128()),
            length => hasher.write(&buffer[..length]),
        }
    }
}

#[cfg(unix)]
fn mode(about: &fs::Metadata) -> u32 {
    std::os::unix::fs::PermissionsExt::mode(&about.permissions())
}

#[cfg(not(unix))]
fn mode(about: &fs::Metadata) -> u32 {
    u32::from(about.permissions().readonly())
}

/// This program. One that is not a release has no version of its own.
fn refit() -> String {
    let version = env!("CARGO_PKG_VERSION");
    if !cfg!(debug_assertions) {
        return version.to_owned();
    }
    let about = env::current_exe().and_then(fs::metadata);
    let built = about.map(|it| (it.len(), it.modified().ok()));
    format!("{version} {:?}", built.ok())
}
