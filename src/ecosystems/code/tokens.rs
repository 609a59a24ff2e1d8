//! The arguments of macros, which a grammar leaves as tokens: most are source, and are read as such.

use tree_sitter::{Node, Parser, Point, Range, Tree};

/// The syntax tree of what stands in a macro.
pub(super) struct Inner {
    /// The tree.
    pub tree: Tree,
    /// Where its tokens begin.
    pub start: usize,
}

/// How many macros deep tokens are read.
const DEPTH: usize = 4;

/// The most macros of a file.
const SEVERAL: usize = 5000;

/// The trees of the tokens in a file, which are nodes of this kind, with those in them after each.
pub(super) fn trees(parser: &mut Parser, tree: &Tree, text: &str, kind: &str) -> Vec<Inner> {
    let mut found: Vec<Inner> = Vec::new();
    if kind.is_empty() {
        return found;
    }
    let mut next = ranges(tree.root_node(), kind);
    for _ in 0..DEPTH {
        let mut deeper = Vec::new();
        for range in next {
            if SEVERAL <= found.len() || parser.set_included_ranges(&[inside(range)]).is_err() {
                continue;
            }
            let Some(tree) = parser.parse(text, None) else { continue };
            deeper.extend(ranges(tree.root_node(), kind));
            found.push(Inner { tree, start: range.start_byte });
        }
        next = deeper;
    }
    found
}

/// What stands between the brackets.
fn inside(range: Range) -> Range {
    let point = |it: Point, by: isize| Point { column: it.column.saturating_add_signed(by), ..it };
    Range {
        start_byte: range.start_byte + 1,
        end_byte: range.end_byte.saturating_sub(1).max(range.start_byte + 1),
        start_point: point(range.start_point, 1),
        end_point: point(range.end_point, -1),
    }
}

/// The ranges of the outermost nodes of a kind.
fn ranges(root: Node<'_>, kind: &str) -> Vec<Range> {
    let mut found = Vec::new();
    let mut open = vec![root];
    while let Some(node) = open.pop() {
        if node.kind() == kind {
            found.push(node.range());
            continue;
        }
        let mut cursor = node.walk();
        open.extend(node.named_children(&mut cursor));
    }
    found.sort_by_key(|it| it.start_byte);
    found
}
