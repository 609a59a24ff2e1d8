//! Real builds prove a plan: every image that it touches is built before and after, and the two are compared.

pub mod builder;
pub mod command;
pub mod compare;
pub mod config;
pub mod contents;
