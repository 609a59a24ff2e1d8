//! ELF files: what the loader looks for before it starts them. The only code that names `object`.

use std::collections::BTreeSet;

use object::{
    Endianness, elf,
    read::elf::{Dyn, FileHeader, ProgramHeader},
};

use crate::text::ImagePath;

/// The libraries that an ELF file is linked with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::verify) struct Linked {
    /// The names of libraries, as `DT_NEEDED` has them.
    pub(in crate::verify) needed: Vec<String>,
    /// The folders in which they are looked for before the system's: `DT_RPATH` and `DT_RUNPATH`, with
    /// `$ORIGIN` as written.
    pub(in crate::verify) folders: Vec<String>,
}

/// The paths that the loader's cache lists: of all its forms, the strings are at the end, each with a NUL.
pub(super) fn cached(data: &[u8]) -> BTreeSet<ImagePath> {
    let texts = data.split(|it| *it == 0).filter_map(|it| {
        let printable = it.iter().rev().take_while(|it| matches!(it, b' '..=b'~')).count();
        str::from_utf8(&it[it.len() - printable..]).ok()
    });
    texts.filter_map(ImagePath::new).collect()
}

/// Returns true if a file that begins like this is an ELF file.
pub(super) fn is_elf(beginning: &[u8]) -> bool {
    beginning.starts_with(&elf::ELFMAG)
}

/// Reads the libraries that a file is linked with; `None` for a broken file.
pub(super) fn linked(data: &[u8]) -> Option<Linked> {
    match *data.get(4)? {
        elf::ELFCLASS32 => read::<elf::FileHeader32<Endianness>>(data),
        elf::ELFCLASS64 => read::<elf::FileHeader64<Endianness>>(data),
        _ => None,
    }
}

/// The program headers are what the loader goes by: sections may be stripped.
fn read<Elf: FileHeader<Endian = Endianness>>(data: &[u8]) -> Option<Linked> {
    let header = Elf::parse(data).ok()?;
    let endian = header.endian().ok()?;
    let segments = header.program_headers(endian, data).ok()?;
    let mut linked = Linked::default();
    let Some(dynamic) = segments.iter().find_map(|it| it.dynamic(endian, data).ok().flatten())
    else {
        return Some(linked);
    };
    let end = |it: &&Elf::Dyn| it.tag(endian) != elf::DT_NULL;
    let dynamic: Vec<&Elf::Dyn> = dynamic.iter().take_while(end).collect();
    let value = |tag: i64| dynamic.iter().find(|it| it.tag(endian) == tag).map(|it| it.val(endian));
    let (Some(address), Some(size)) = (value(elf::DT_STRTAB), value(elf::DT_STRSZ)) else {
        return Some(linked);
    };
    let range = |it: &Elf::ProgramHeader| it.data_range(endian, data, address, size).ok().flatten();
    let loaded = segments.iter().filter(|it| it.p_type(endian) == elf::PT_LOAD);
    let strings = { loaded }.find_map(range)?;
    for entry in dynamic {
        let text = || {
            let rest = strings.get(usize::try_from(entry.val(endian)).ok()?..)?;
            let end = rest.iter().position(|it| *it == 0)?;
            Some(String::from_utf8_lossy(&rest[..end]).into_owned())
        };
        match entry.tag(endian) {
            elf::DT_NEEDED => linked.needed.extend(text()),
            elf::DT_RPATH | elf::DT_RUNPATH => {
                let folders = text().unwrap_or_default();
                linked.folders.extend(folders.split(':').map(str::to_owned));
            }
            _ => {}
        }
    }
    Some(linked)
}
