//! A reader of refit's own pages: elements with their attributes and texts. It takes nothing but what is closed, quoted
//! and nested as it should be.

use std::collections::BTreeMap;

/// An element.
#[derive(Debug, Default)]
pub struct Element {
    pub name: String,
    pub attributes: BTreeMap<String, String>,
    pub children: Vec<Self>,
    /// The texts in it, those of its children included.
    pub text: String,
}

/// Elements that have no end.
const VOID: [&str; 5] = ["meta", "input", "br", "col", "link"];
/// Elements whose content is no markup.
const RAW: [&str; 2] = ["style", "script"];

impl Element {
    /// Reads a page; the root has its elements.
    ///
    /// # Panics
    /// When an element is not closed, or closed by another, or an attribute has no quotes.
    pub fn parse(page: &str) -> Self {
        let mut open = vec![Self::default()];
        let mut rest = page.strip_prefix("<!doctype html>").expect("a page of HTML");
        while let Some(at) = rest.find('<') {
            open.last_mut().unwrap().text += &unescaped(&rest[..at]);
            let (tag, after) = rest[at + 1..].split_once('>').expect("a tag that ends");
            rest = after;
            if let Some(name) = tag.strip_prefix('/') {
                let done = open.pop().unwrap();
                assert_eq!(done.name, name, "{:?}", done.attributes);
                let above = open.last_mut().unwrap();
                above.text += &done.text;
                above.children.push(done);
                continue;
            }
            let element = Self::start(tag);
            if RAW.contains(&element.name.as_str()) {
                let end = format!("</{}>", element.name);
                rest = rest.split_once(&end).expect("an element that ends").1;
            }
            match VOID.contains(&element.name.as_str()) || RAW.contains(&element.name.as_str()) {
                true => open.last_mut().unwrap().children.push(element),
                false => open.push(element),
            }
        }
        assert_eq!(open.len(), 1, "not closed: {}", open.last().unwrap().name);
        open.pop().unwrap()
    }

    fn start(tag: &str) -> Self {
        let (name, mut rest) = tag.split_once(' ').unwrap_or((tag, ""));
        let mut attributes = BTreeMap::new();
        while !rest.trim().is_empty() {
            rest = rest.trim_start();
            let end = rest.find(['=', ' ']).unwrap_or(rest.len());
            let (key, after) = rest.split_at(end);
            let (value, after) = match after.strip_prefix("=\"") {
                Some(quoted) => quoted.split_once('"').expect("a quote that ends"),
                None => ("", after),
            };
            assert!(!after.starts_with('='), "no quotes: {tag}");
            assert!(attributes.insert(key.to_owned(), unescaped(value)).is_none(), "twice: {tag}");
            rest = after;
        }
        Self { name: name.to_owned(), attributes, ..Self::default() }
    }

    /// All elements in it, itself included.
    pub fn all(&self) -> Vec<&Self> {
        let inside = self.children.iter().flat_map(Self::all);
        std::iter::once(self).chain(inside).collect()
    }

    /// The elements in it of this name with this class; of any if that is empty.
    pub fn find(&self, name: &str, class: &str) -> Vec<&Self> {
        let mut all = self.all();
        all.retain(|it| {
            it.name == name && (class.is_empty() || it.classes().any(|it| it == class))
        });
        all
    }

    fn classes(&self) -> impl Iterator<Item = &str> {
        self.attribute("class").unwrap_or_default().split(' ')
    }

    /// The value of an attribute.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).map(String::as_str)
    }
}

fn unescaped(text: &str) -> String {
    let plain = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
    plain.replace("&amp;", "&")
}
