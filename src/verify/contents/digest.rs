//! A digest of all that is read of a file.

use std::{
    hash::Hasher,
    io::{self, Read},
};

use twox_hash::XxHash3_64;

/// Hands on what it reads, and hashes it.
pub(super) struct Digested<'a> {
    body: &'a mut dyn Read,
    hasher: XxHash3_64,
}

impl<'a> Digested<'a> {
    pub(super) fn new(body: &'a mut dyn Read) -> Self {
        Self { body, hasher: XxHash3_64::new() }
    }

    /// Reads the rest, and returns the hash of all of it.
    pub(super) fn finish(mut self) -> io::Result<u64> {
        io::copy(&mut self, &mut io::sink())?;
        Ok(self.hasher.finish())
    }
}

impl Read for Digested<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.body.read(buffer)?;
        self.hasher.write(&buffer[..read]);
        Ok(read)
    }
}
