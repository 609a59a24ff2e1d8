//! Dockerfiles of a project that are built on the image of another one.

use std::collections::HashMap;

use super::{Build, image_name};
use crate::{
    dockerfile::stage::Base,
    ecosystems::images,
    project::{File, Project},
    text::{Place, RepoPath},
};

/// A FROM that names the image of another Dockerfile, as a build calls it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upon {
    /// The FROM.
    pub place: Place,
    /// The image, as it is named there.
    pub image: String,
    /// The build that gives the image this name.
    pub named: Place,
}

/// The FROMs of a project that name an image which is not well known, by the name of the image.
#[derive(Default)]
struct Index(HashMap<String, Vec<(Place, String)>>);

impl Index {
    fn new(project: &Project) -> Self {
        let mut index = Self::default();
        for (file, dockerfile) in project.dockerfiles() {
            for stage in images::stages(dockerfile) {
                let (Base::Image(image) | Base::Unknown(image)) = stage.base else { continue };
                for image in named(project, file, image) {
                    let name = image_name(&image).filter(|_| !images::named(&image).is_listed());
                    let Some(name) = name else { continue };
                    let place = file.place(&dockerfile.items[stage.from].span);
                    index.0.entry(name).or_default().push((place, image));
                }
            }
        }
        index
    }
}

/// The images that a FROM may mean: the one that it names, or those that builds give to the variable that it names.
fn named(project: &Project, file: &File, image: &str) -> Vec<String> {
    let variable = image.trim_start_matches("${").trim_start_matches('$');
    let variable = variable.split(['}', ':']).next().unwrap_or_default();
    let given = |it: &Build| it.arguments.get(variable).cloned().flatten();
    match image.starts_with('$') {
        true => project.builds(&file.path).iter().filter_map(given).collect(),
        false => vec![image.to_owned()],
    }
}

impl Project {
    /// A Dockerfile of the project that is built on the image of this one: by the name that compose, bake, CI, a
    /// Makefile or a script gives to it.
    pub fn build_upon(&self, dockerfile: &RepoPath) -> Option<Upon> {
        let builds = self.builds(dockerfile).iter().filter(|it| !it.tags.is_empty());
        builds.flat_map(|build| build.tags.iter().map(move |it| (build, it))).find_map(|it| {
            let (build, name) = it;
            let index: &Index = self.whole().get(|| Index::new(self));
            let mut froms = index.0.get(name)?.iter();
            let (place, image) = froms.find(|it| it.0.path != *dockerfile)?;
            let (place, image) = (place.clone(), image.clone());
            Some(Upon { place, image, named: build.place.clone() })
        })
    }
}

impl Upon {
    /// What stands there, as a sentence for people.
    pub fn reason(&self) -> String {
        let Self { place, image, named } = self;
        format!("{place} is built on {image}, as {named} calls this image")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_built_on_an_image_is_known_as_it_is_now() {
        let path = |it: &str| RepoPath::new(it).unwrap();
        let files = [
            ("Dockerfile", "FROM debian\n"),
            ("compose.yaml", "services:\n  a:\n    image: shop\n    build: .\n"),
            ("test.Dockerfile", "# tests\nFROM shop\n"),
        ];
        let project = Project::new(files.map(|(name, text)| (path(name), text.to_owned())));
        let own = path("Dockerfile");
        assert_eq!(
            project.build_upon(&own).unwrap().place,
            Place::of(&path("test.Dockerfile"), files[2].1, &(8..17))
        );
        let changed = project.with_text(&path("test.Dockerfile"), "FROM debian\n".to_owned());
        assert_eq!(changed.build_upon(&own), None);
    }
}
