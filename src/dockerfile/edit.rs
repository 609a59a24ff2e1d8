//! Edits that nodes hand out, so that transforms do no offset arithmetic.
