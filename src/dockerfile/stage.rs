//! Stages, and what holds at a point in one.
