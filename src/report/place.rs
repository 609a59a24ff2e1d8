//! Places as reports name them.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

use crate::text::Place;

/// A place in a file. Lines and columns are counted from 1, columns in characters.
///
/// Where refit itself wrote what a change or decline is about, in an earlier step, it is the place where that
/// was put in, and start and end are the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PlaceReport {
    /// The file.
    pub path: String,
    /// The line it starts on.
    pub line: usize,
    /// The column it starts at.
    pub column: usize,
    /// The line it ends on.
    pub end_line: usize,
    /// The column after its last character.
    pub end_column: usize,
}

impl From<&Place> for PlaceReport {
    fn from(place: &Place) -> Self {
        let Place { path, line, column, end_line, end_column } = place;
        Self {
            path: path.to_string(),
            line: *line,
            column: *column,
            end_line: *end_line,
            end_column: *end_column,
        }
    }
}

impl fmt::Display for PlaceReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.path, self.line)
    }
}
