//! Whether a RUN finds what it found: judged by its effects and by what COPYs bring.

use std::{cell::RefCell, collections::HashMap, rc::Rc, sync::Arc};

use super::{
    Copied, Effect, From, Run,
    reading::{Bound, bound, home, in_home, read},
};
use crate::{
    context::copies::{Sent, Source},
    dockerfile::Keyword,
    ecosystems::images,
    engine::effects::{Effects, How, Said, Touch},
    text::{ImagePath, RepoPath},
};

/// A file of the project, and where a COPY puts it.
type Placed = (ImagePath, RepoPath);

/// What a COPY brings to a path and below it.
enum Brings {
    /// Nothing.
    Nothing,
    /// Something, or nothing: it comes from elsewhere, or the context is not known.
    Perhaps,
    /// These files.
    Files(Vec<Placed>),
}

/// Judges the RUNs of an image; what the builder is sent tells which files there are.
pub(super) struct Judge<'a> {
    sent: Option<&'a Sent<'a>>,
    /// The effects that were read, by where a RUN's instruction lies.
    read: RefCell<HashMap<usize, Arc<Effects>>>,
    /// What the builder is sent of a folder or a path in one.
    sent_below: RefCell<HashMap<RepoPath, Rc<[RepoPath]>>>,
}

impl<'a> Judge<'a> {
    pub(super) fn new(sent: Option<&'a Sent<'a>>) -> Self {
        Self { sent, read: RefCell::default(), sent_below: RefCell::default() }
    }

    /// What a RUN does.
    pub(super) fn effects(&self, run: &Run<'_>) -> Arc<Effects> {
        let key = std::ptr::from_ref(run.instruction) as usize;
        let known = self.read.borrow().get(&key).cloned();
        known.unwrap_or_else(|| {
            let effects = Arc::new(read(run));
            self.read.borrow_mut().insert(key, Arc::clone(&effects));
            effects
        })
    }

    /// What a RUN touches once the files that it reads are read: those that the COPYs of `earlier` brought.
    fn touches(&self, run: &Run<'_>, earlier: &[Effect<'_>]) -> Vec<Touch> {
        let effects = self.effects(run);
        let text = |path: &ImagePath| self.text(run, path, earlier);
        let mut touches = effects.settled(&text);
        let reads = |path: ImagePath| Touch::new(path, How::Reads);
        if effects.anything.is_some() {
            touches.push(Touch::new(ImagePath::root(), How::Changes));
        }
        if effects.runs {
            touches
                .extend(images::READ_BY_ALL.iter().filter_map(|it| ImagePath::new(it)).map(reads));
            if let Some(home) = home(run) {
                touches.extend(in_home().map(|it| reads(home.join(it))));
            }
        }
        let mounts: Vec<ImagePath> = bound(run).map(|it| it.target).collect();
        touches.retain(|it| !mounts.iter().any(|mount| it.path.is_within(mount)));
        touches
    }

    /// The first of the COPYs of `late` that brought what a RUN touches: before it ran after `earlier`, now it
    /// runs after `there`, and the COPY comes later.
    pub(super) fn misses<'c, 'e>(
        &self,
        run: &Run<'_>,
        late: &[&'c Copied<'e>],
        earlier: &[Effect<'_>],
        there: &[Effect<'_>],
    ) -> Option<&'c Copied<'e>> {
        if late.is_empty() {
            return None;
        }
        let touches = self.touches(run, earlier);
        late.iter().copied().find(|copy| {
            touches.iter().enumerate().any(|(at, touch)| match touch.how {
                How::Enters => self.lacks_folder(copy, &touch.path, there),
                How::Folder => self.brings_a_file(copy, &touch.path),
                How::Writes if self.lacks_parent(copy, touch, &touches[..at], there) => true,
                // The COPY would now win over what the RUN does.
                How::Changes | How::Writes | How::Removes { .. } | How::Makes => {
                    !matches!(self.brings(copy, touch), Brings::Nothing)
                }
                _ => !self.is_covered(copy, touch, there),
            })
        })
    }

    /// The first of the COPYs of `gone` that brought a file which a RUN names, or the folder that it runs in.
    pub(super) fn names<'c, 'e>(
        &self,
        run: &Run<'_>,
        gone: &[&'c Copied<'e>],
        earlier: &[Effect<'_>],
        there: &[Effect<'_>],
    ) -> Option<&'c Copied<'e>> {
        if gone.is_empty() {
            return None;
        }
        let touches = self.touches(run, earlier);
        gone.iter().copied().find(|copy| {
            touches.iter().enumerate().any(|(at, touch)| match touch.how {
                How::Enters => self.lacks_folder(copy, &touch.path, there),
                How::Writes if self.lacks_parent(copy, touch, &touches[..at], there) => true,
                How::Folder | How::Makes | How::Removes { forced: true } => false,
                _ => {
                    let named = match self.brings(copy, touch) {
                        Brings::Nothing => false,
                        Brings::Perhaps => file(copy).is_some_and(|it| touch.names(&it)),
                        Brings::Files(files) => files.iter().any(|it| touch.names(&it.0)),
                    };
                    named && !self.is_covered(copy, touch, there)
                }
            })
        })
    }

    /// Whether only this COPY makes a folder that is missing after `there`.
    fn lacks_folder(&self, copy: &Copied<'_>, folder: &ImagePath, there: &[Effect<'_>]) -> bool {
        self.makes(copy, folder) && !self.has_folder(folder, there)
    }

    /// Whether only this COPY makes the folder of a file that is written: neither `there` nor what the RUN did so
    /// far has made it.
    fn lacks_parent(
        &self,
        copy: &Copied<'_>,
        written: &Touch,
        so_far: &[Touch],
        there: &[Effect<'_>],
    ) -> bool {
        // A pattern is looked up in a folder; what matches nothing names no file.
        let folder = written.path.parent().filter(|_| written.pattern.is_none());
        folder.is_some_and(|folder| {
            self.lacks_folder(copy, &folder, there)
                && !so_far.iter().any(|it| leaves_folder(it, &folder))
        })
    }

    /// Whether all that a COPY brings to what is touched is brought by one of `there`.
    fn is_covered(&self, copy: &Copied<'_>, touch: &Touch, there: &[Effect<'_>]) -> bool {
        let copies = || {
            there.iter().filter_map(|it| match it {
                Effect::Copy(it) => Some(it),
                _ => None,
            })
        };
        match self.brings(copy, touch) {
            Brings::Nothing => true,
            Brings::Perhaps => copies().any(|it| {
                it.source == copy.source
                    && it.destination == copy.destination
                    && matches!((&it.from, &copy.from), (From::Context, From::Context))
            }),
            Brings::Files(files) => files.iter().all(|(at, file)| {
                let exact = Touch::new(at.clone(), How::Reads);
                copies().any(|it| match self.brings(it, &exact) {
                    Brings::Files(files) => files.iter().any(|it| it.0 == *at && it.1 == *file),
                    _ => false,
                })
            }),
        }
    }

    /// The files of the project that a COPY brings; `None` if it is not known which they are.
    pub(super) fn files(&self, copy: &Copied<'_>) -> Option<Vec<RepoPath>> {
        let destination = place(copy)?;
        match self.brings(copy, &Touch::new(destination, How::Reads)) {
            Brings::Files(files) => Some(files.into_iter().map(|it| it.1).collect()),
            Brings::Nothing | Brings::Perhaps => None,
        }
    }

    /// Whether what is touched is a file that a COPY brings, or lies in a folder that it brings, and nothing above it.
    pub(super) fn brings_it(&self, copy: &Copied<'_>, touch: &Touch) -> bool {
        let lies_in = || place(copy).is_some_and(|it| touch.path.is_within(&it));
        match self.brings(copy, touch) {
            Brings::Nothing => false,
            Brings::Perhaps => match file(copy) {
                Some(it) => touch.names(&it),
                None => lies_in() && !copy.into,
            },
            Brings::Files(files) => {
                let is_folder = files.iter().all(|it| it.1.as_str() != copy.source);
                files.iter().any(|it| touch.names(&it.0)) || (is_folder && lies_in())
            }
        }
    }

    /// Whether a COPY may bring something to a path or below it.
    pub(super) fn reaches(&self, copy: &Copied<'_>, path: &ImagePath) -> bool {
        !matches!(self.brings(copy, &Touch::new(path.clone(), How::Reads)), Brings::Nothing)
    }

    /// Whether a COPY puts a file, and not a folder, at this very path.
    fn brings_a_file(&self, copy: &Copied<'_>, path: &ImagePath) -> bool {
        match self.brings(copy, &Touch::new(path.clone(), How::Reads)) {
            Brings::Nothing => false,
            Brings::Perhaps => file(copy).is_some_and(|it| it == *path),
            Brings::Files(files) => files.iter().any(|it| it.0 == *path),
        }
    }

    /// Whether a COPY makes a folder.
    fn makes(&self, copy: &Copied<'_>, folder: &ImagePath) -> bool {
        place(copy).is_none_or(|it| it.is_within(folder))
            || !matches!(
                self.brings(copy, &Touch::new(folder.clone(), How::Reads)),
                Brings::Nothing
            )
    }

    /// Whether a folder is there after these effects.
    fn has_folder(&self, folder: &ImagePath, there: &[Effect<'_>]) -> bool {
        images::FOLDERS.contains(&folder.as_str())
            || there.iter().any(|it| match it {
                Effect::Folder { path, .. } => path.is_within(folder),
                Effect::Copy(it) => self.makes(it, folder),
                Effect::Run(it) => {
                    let effects = self.effects(it);
                    let leaves = |it: &Touch| leaves_folder(it, folder);
                    effects.anything.is_some() || effects.touches.iter().any(leaves)
                }
            })
    }

    /// What a COPY brings of what is touched.
    fn brings(&self, copy: &Copied<'_>, touch: &Touch) -> Brings {
        let Some(place) = place(copy) else { return Brings::Perhaps };
        let near = |it: &ImagePath| touch.covers(it) || touch.path.is_within(it);
        let parents = keeps_folders(copy);
        if !near(&place) || file(copy).is_some_and(|it| !touch.covers(&it)) {
            return Brings::Nothing;
        }
        let archive = |it: &str| [".tar", ".tgz", ".tbz2", ".txz"].iter().any(|of| it.contains(of));
        let plain = matches!(copy.from, From::Context)
            && copy.text.is_none()
            && !copy.source.contains("://")
            && !(copy.keyword == Keyword::Add && archive(&copy.source));
        let Some(sent) = self.sent.filter(|_| plain && !copy.source.contains('$')) else {
            return Brings::Perhaps;
        };
        let mut files = Vec::new();
        for source in sent.sources(&copy.source) {
            let Source { path: own, is_folder, .. } = &source;
            let base = match parents {
                true => place.join(own.strip_prefix(&sent.folder).unwrap_or_default()),
                false => place.clone(),
            };
            if *is_folder {
                for it in self.below(sent, own, touch.path.strip_prefix(&base)).iter() {
                    let at = it.strip_prefix(own).map(|it| base.join(it));
                    files.extend(at.filter(|it| touch.covers(it)).map(|at| (at, it.clone())));
                }
                continue;
            }
            // A file goes into a folder, or becomes it; with its own folders its place is certain.
            let into = (base.join(own.file_name()), own.clone());
            let may_be_folder = !parents;
            let may_be_file = parents || !copy.into;
            let places = [may_be_folder.then_some(into), may_be_file.then(|| (base, own.clone()))];
            files.extend(places.into_iter().flatten().filter(|it| touch.covers(&it.0)));
        }
        if files.is_empty() { Brings::Nothing } else { Brings::Files(files) }
    }

    /// The files that the builder is sent of a folder, or of what lies in it at this path.
    fn below(&self, sent: &Sent<'_>, folder: &RepoPath, inside: Option<&str>) -> Rc<[RepoPath]> {
        let inner = inside.filter(|it| !it.is_empty()).and_then(|it| folder.join(it));
        let key = inner.unwrap_or_else(|| folder.clone());
        if let Some(known) = self.sent_below.borrow().get(&key) {
            return Rc::clone(known);
        }
        let own = Some(&key).filter(|it| *it != folder && sent.may_have_file(it)).cloned();
        let found: Rc<[RepoPath]> = own.into_iter().chain(sent.below(&key)).collect();
        self.sent_below.borrow_mut().insert(key, Rc::clone(&found));
        found
    }

    /// The text of the file at a path, as a RUN sees it: behind its mounts, or as the COPYs of `earlier` left it.
    fn text(&self, run: &Run<'_>, path: &ImagePath, earlier: &[Effect<'_>]) -> Said {
        // Without a context nothing is known of any file; what stands where is judged by names alone.
        let Some(sent) = self.sent else { return Said::Nothing };
        let known = |it: Option<Arc<str>>| it.map_or(Said::Unknown, Said::Text);
        for Bound { target, source } in bound(run) {
            let Some(rest) = path.strip_prefix(&target) else { continue };
            let Some(file) = source.and_then(|it| sent.folder.join(&it)?.join(rest)) else {
                return Said::Unknown;
            };
            return match sent.may_have(&file) {
                true => known(sent.text(&file)),
                false => Said::Nothing,
            };
        }
        let exact = Touch::new(path.clone(), How::Reads);
        for effect in earlier.iter().rev() {
            let Effect::Copy(copy) = effect else { continue };
            match self.brings(copy, &exact) {
                Brings::Nothing => {}
                Brings::Perhaps => return Said::Unknown,
                Brings::Files(files) => {
                    if let Some(it) = files.into_iter().find(|it| it.0 == *path) {
                        return known(sent.text(&it.1));
                    }
                }
            }
        }
        Said::Nothing
    }

    /// Whether a RUN that now runs after `there` needs what another made that is gone.
    pub(super) fn builds_on(
        &self,
        run: &Run<'_>,
        gone: &Run<'_>,
        earlier: &[Effect<'_>],
        there: &[Effect<'_>],
    ) -> bool {
        let mut touches = self.touches(run, earlier);
        // How the system is set up does not change what is installed.
        touches.retain(|it| !images::READ_BY_ALL.contains(&it.path.as_str()));
        let left = self.effects(gone);
        left.anything.is_some()
            || left.touches.iter().any(|made| match made.how {
                How::Changes | How::Writes | How::Removes { .. } => touches
                    .iter()
                    .any(|it| it.path.is_within(&made.path) || made.path.is_within(&it.path)),
                // An empty folder is missed only by what runs in it or puts something there.
                How::Folder => {
                    touches.iter().any(|it| it.path.is_within(&made.path))
                        && !self.has_folder(&made.path, there)
                }
                _ => false,
            })
    }

    /// Whether a RUN makes this folder, or something below it.
    pub(super) fn makes_folder(&self, run: &Run<'_>, folder: &ImagePath) -> bool {
        let makes = |it: &Touch| matches!(it.how, How::Folder) && it.path.is_within(folder);
        self.effects(run).touches.iter().any(makes)
    }

    /// Whether one of these COPYs brings what a RUN removes.
    pub(super) fn undoes<'e, 'x: 'e>(
        &self,
        run: &Run<'_>,
        copies: impl Iterator<Item = &'e Effect<'x>> + Clone,
    ) -> bool {
        let effects = self.effects(run);
        let removes = |it: &&Touch| matches!(it.how, How::Removes { .. });
        effects.touches.iter().filter(removes).any(|touch| {
            copies.clone().any(|it| match it {
                Effect::Copy(it) => !matches!(self.brings(it, touch), Brings::Nothing),
                _ => false,
            })
        })
    }
}

/// Whether a folder is there once this was done.
fn leaves_folder(touch: &Touch, folder: &ImagePath) -> bool {
    matches!(touch.how, How::Folder | How::Changes | How::Writes | How::Makes)
        && touch.path.is_within(folder)
}

/// Whether a COPY keeps the folders that its sources lie in.
fn keeps_folders(copy: &Copied<'_>) -> bool {
    copy.flags.iter().any(|it| it.starts_with("--parents"))
}

/// The file that a COPY brings, if its source is evidently a file: its name has an ending.
fn file(copy: &Copied<'_>) -> Option<ImagePath> {
    let name = copy.source.rsplit('/').next().unwrap_or_default();
    let plain = copy.text.is_some() || name.trim_start_matches('.').contains('.');
    let into = copy.into && !keeps_folders(copy);
    let place = place(copy).filter(|_| plain && !name.contains(['*', '?', '[', '$']))?;
    into.then(|| place.join(name))
}

/// Where a COPY copies to; `None` if it cannot be known.
fn place(copy: &Copied<'_>) -> Option<ImagePath> {
    Some(copy.destination.clone()).filter(|it| !it.as_str().contains('$'))
}
