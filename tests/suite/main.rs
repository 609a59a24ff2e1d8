//! The tests of the whole: one program, because each one more is linked anew.

#![allow(clippy::print_stderr, clippy::print_stdout, clippy::unwrap_used, reason = "tests may")]

#[path = "../support/mod.rs"]
mod support;

mod audits;
mod book;
mod cached_steps;
mod callers;
mod cli;
mod conformance;
mod contexts;
mod corpus;
mod damaged;
mod declines;
mod fuzz;
mod grammar;
mod layers;
mod literals;
mod load;
mod managers;
mod oracle;
mod packages;
mod parser;
mod places;
mod readme;
mod reports;
mod schemas;
mod shell;
mod subsets;
mod target;
mod tidy;
