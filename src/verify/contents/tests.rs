//! Images in small.
#![allow(clippy::unwrap_used, reason = "tests may")]

use super::*;

/// An image that is being made.
pub(in crate::verify) struct Image(tar::Builder<Vec<u8>>);

impl Image {
    pub(in crate::verify) fn new() -> Self {
        Self(tar::Builder::new(Vec::new()))
    }

    fn header(kind: EntryType, mode: u32, size: usize) -> tar::Header {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(kind);
        header.set_mode(mode);
        header.set_size(size as u64);
        header.set_uid(0);
        header.set_gid(0);
        header
    }

    fn put(mut self, path: &str, mode: u32, body: &[u8]) -> Self {
        let mut header = Self::header(EntryType::Regular, mode, body.len());
        self.0.append_data(&mut header, path, body).unwrap();
        self
    }

    pub(in crate::verify) fn file(self, path: &str, text: &str) -> Self {
        self.put(path, 0o644, text.as_bytes())
    }

    pub(in crate::verify) fn program(self, path: &str, text: &str) -> Self {
        self.put(path, 0o755, text.as_bytes())
    }

    pub(in crate::verify) fn elf(self, path: &str, needed: &[&str], folders: &str) -> Self {
        self.put(path, 0o755, &elf(needed, folders))
    }

    pub(in crate::verify) fn folder(mut self, path: &str) -> Self {
        let mut header = Self::header(EntryType::Directory, 0o755, 0);
        self.0.append_data(&mut header, path, &[][..]).unwrap();
        self
    }

    pub(in crate::verify) fn owned(self, path: &str, user: u64) -> Self {
        self.with(path, EntryType::Regular, 0o644, (user, 0))
    }

    pub(in crate::verify) fn owned_folder(self, path: &str, mode: u32, owner: u64) -> Self {
        self.with(path, EntryType::Directory, mode, (owner, owner))
    }

    /// Something without content, of an owner.
    pub(in crate::verify) fn with(
        mut self,
        path: &str,
        kind: EntryType,
        mode: u32,
        owner: (u64, u64),
    ) -> Self {
        let mut header = Self::header(kind, mode, 0);
        header.set_uid(owner.0);
        header.set_gid(owner.1);
        self.0.append_data(&mut header, path, &[][..]).unwrap();
        self
    }

    fn linked(mut self, kind: EntryType, path: &str, target: &str) -> Self {
        let mut header = Self::header(kind, 0o777, 0);
        self.0.append_link(&mut header, path, target).unwrap();
        self
    }

    pub(in crate::verify) fn link(self, path: &str, target: &str) -> Self {
        self.linked(EntryType::Symlink, path, target)
    }

    /// A distribution with one module of its name.
    pub(in crate::verify) fn distribution(
        self,
        site: &str,
        name: &str,
        version: &str,
        requires: &[&str],
    ) -> Self {
        let requires: String = requires.iter().map(|it| format!("Requires-Dist: {it}\n")).collect();
        let metadata =
            format!("Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{requires}\nText");
        let info = format!("{site}/{name}-{version}.dist-info");
        let record = format!(
            "{name}.py,sha256=x,1\n../../../bin/{name},,\n{name}-{version}.dist-info/RECORD,,\n"
        );
        self.file(&format!("{info}/METADATA"), &metadata)
            .file(&format!("{info}/RECORD"), &record)
            .file(&format!("{site}/{name}.py"), name)
    }

    /// A distribution of version 1 that records these files.
    pub(in crate::verify) fn record(self, site: &str, name: &str, files: &[&str]) -> Self {
        let info = format!("{site}/{name}-1.dist-info");
        let record: String = files.iter().map(|it| format!("{it},,\n")).collect();
        let image = self.file(&format!("{info}/METADATA"), &format!("Name: {name}\nVersion: 1\n"));
        let image = image.file(&format!("{info}/RECORD"), &record);
        files.iter().fold(image, |image, it| image.file(&format!("{site}/{it}"), name))
    }

    /// Debian's packages: name, version, what it depends on, files.
    pub(in crate::verify) fn debian(self, packages: &[(&str, &str, &[&str])]) -> Self {
        let mut status = String::new();
        let mut image = self;
        for (name, depends, files) in packages {
            let depends =
                if depends.is_empty() { String::new() } else { format!("Depends: {depends}\n") };
            status += &format!(
                "Package: {name}\nStatus: install ok installed\nVersion: 1-1\n{depends}\n"
            );
            let list = format!("/.\n{}\n", files.join("\n"));
            image = image.file(&format!("var/lib/dpkg/info/{name}.list"), &list);
        }
        image.file("var/lib/dpkg/status", &status)
    }

    fn bytes(self) -> Vec<u8> {
        self.0.into_inner().unwrap()
    }

    pub(in crate::verify) fn read(self) -> Contents {
        Contents::read(&mut self.bytes().as_slice()).unwrap()
    }
}

/// The smallest ELF file that is linked with anything: one segment is loaded, one is dynamic.
fn elf(needed: &[&str], folders: &str) -> Vec<u8> {
    let mut strings = vec![0];
    let mut text = |it: &str| {
        let at = strings.len() as u64;
        strings.extend(it.bytes().chain([0]));
        at
    };
    let mut dynamic: Vec<(u64, u64)> = needed.iter().map(|it| (1, text(it))).collect();
    if !folders.is_empty() {
        dynamic.push((29, text(folders)));
    }
    let at = 64 + 2 * 56;
    let end = at + 16 * (dynamic.len() as u64 + 3);
    dynamic.extend([(5, end), (10, strings.len() as u64), (0, 0)]);
    let total = end + strings.len() as u64;
    let mut file = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0".to_vec();
    // Kind, machine, version; entry, headers of segments, of sections; flags; sizes and numbers of them.
    file.extend([3, 0, 62, 0, 1, 0, 0, 0]);
    file.extend([0_u64, 64, 0].into_iter().flat_map(u64::to_le_bytes));
    file.extend([0, 0, 64, 56, 2, 64, 0, 0].into_iter().flat_map(u16::to_le_bytes));
    for (kind, from, size) in [(1_u32, 0, total), (2, at, end - at)] {
        file.extend([kind, 4].into_iter().flat_map(u32::to_le_bytes));
        file.extend([from, from, from, size, size, 8].into_iter().flat_map(u64::to_le_bytes));
    }
    file.extend(dynamic.into_iter().flat_map(|it| [it.0, it.1]).flat_map(u64::to_le_bytes));
    file.extend(strings);
    file
}

#[test]
fn files_folders_and_links_are_told_apart() {
    let image = Image::new()
        .folder("./app/data")
        .program("app/run", "#!/bin/sh -e\nexec true\n")
        .linked(EntryType::Link, "app/same", "app/run")
        .link("bin", "usr/bin")
        .link("srv", "/app/../app")
        .link("a", "b")
        .link("b", "a")
        .read();
    assert_eq!(image.entry("/app/data").unwrap().kind, Kind::Folder);
    let run = image.entry("/app/run").unwrap();
    assert_eq!((run.mode, run.size, run.interpreter.as_deref()), (0o755, 23, Some("/bin/sh -e")));
    assert_eq!(image.entry("/app/same"), Some(run));
    let path = |it: &str| ImagePath::new(it).unwrap();
    assert_eq!(image.resolve(&path("/srv/run")), Some(path("/app/run")));
    assert_eq!(image.follow(&path("/bin/ls")), "/usr/bin/ls");
    assert_eq!(image.resolve(&path("/bin/ls")), None);
    assert_eq!(image.resolve(&path("/a/x")), None);
    assert!(image.script("/app/run").unwrap().contains("exec"));
}

#[test]
fn broken_streams_are_errors_and_broken_files_are_not() {
    let whole = Image::new().elf("lib/x.so", &["libc.so.6"], "").file("a", "text").bytes();
    assert!(Contents::read(&mut whole.as_slice()).is_ok());
    for end in (1..1600).step_by(100) {
        let read = Contents::read(&mut &whole[..end]);
        assert!(read.is_err() || end % 512 == 0, "{end}");
    }
    assert!(Contents::read(&mut &[b'x'; 1024][..]).is_err());
    let file = elf(&["libc.so.6", "libm.so.6"], "$ORIGIN");
    assert_eq!(elf::linked(&file).unwrap().needed, ["libc.so.6", "libm.so.6"]);
    assert_eq!(elf::linked(&file).unwrap().folders, ["$ORIGIN"]);
    for at in 0..file.len() {
        _ = elf::linked(&file[..at]);
        let mut broken = file.clone();
        broken[at] = 0xff;
        _ = elf::linked(&broken);
    }
}

#[test]
fn distributions_are_found_by_their_metadata() {
    let site = "usr/lib/python3.11/site-packages";
    let image = Image::new()
        .distribution(site, "Flask_Login", "1.0", &["flask>=2", "click ; extra == 'cli'"])
        .file(
            "usr/lib/python3/dist-packages/old.egg-info",
            "Name: old\nVersion: 2\n\nName: not this\n",
        )
        .file("app/own.egg-info/PKG-INFO", "Name: Own\nVersion: 0.1\n")
        .file("app/own.egg-info/requires.txt", "flask-login\n\n[dev]\npytest\n")
        .read();
    let names: Vec<_> = image.distributions().iter().map(|it| (&*it.name, &*it.version)).collect();
    assert_eq!(names, [("own", "0.1"), ("flask-login", "1.0"), ("old", "2")]);
    let login = &image.distributions()[1];
    assert_eq!(login.site(), *format!("/{site}"));
    assert_eq!(
        login.files[..2],
        [format!("/{site}/Flask_Login.py").as_str(), "/usr/bin/Flask_Login"]
    );
    assert_eq!(login.requires.iter().filter(|it| it.holds(&[])).count(), 1);
    assert!(login.requires[1].holds(&["cli".to_owned()]));
    assert_eq!(image.distributions()[0].requires.len(), 1);
}

#[test]
fn requirements_hold_where_their_markers_do() {
    let holds = |text: &str| Requirement::read(text, Some(11)).map(|it| it.only_with.join(" "));
    let always = Some(String::new());
    let table = [
        ("a", always.clone()),
        ("a (>=1.0)", always.clone()),
        ("a[x,y]>=1; python_version >= \"3.8\"", always.clone()),
        ("a; python_version < '3.11'", None),
        ("a; python_full_version < '3.11.4'", always.clone()),
        ("a; python_version < '3.9' or python_version >= '3.11'", always.clone()),
        ("a; (sys_platform == 'win32' or os_name == 'nt') and python_version > '3'", None),
        ("a; platform_machine == 'x86_64'", always.clone()),
        ("a; sys_platform not in 'win32'", always.clone()),
        ("a; extra == 'Dev_Tools'", Some("dev-tools".to_owned())),
        ("a; extra == 'x' or extra == 'y'", Some("x y".to_owned())),
        ("a; sys_platform == 'darwin' and extra == 'x'", None),
        ("; extra", None),
    ];
    for (text, expected) in table {
        assert_eq!(holds(text), expected, "{text}");
    }
    assert_eq!(Requirement::read("a[X_y, z]", None).unwrap().extras, ["x-y", "z"]);
    // Nothing is too deep, and nothing panics.
    for deep in ["(", "( ", "(a==\"b\" or ", "(os_name == 'posix' and ("] {
        assert_eq!(holds(&format!("a; {}", deep.repeat(100_000))), always.clone(), "{deep}");
    }
    let deep = "(extra == 'x' or ".repeat(1000);
    assert_eq!(holds(&format!("a; {deep}")), always.clone());
    _ = holds("a; 'ü == \"");
}

#[test]
fn packages_of_the_system_own_files() {
    let image = Image::new()
        .debian(&[
            ("libpq-dev", "libpq5 (= 1-1), libssl-dev | x", &["/lib/x.a"]),
            ("libpq5", "", &[]),
        ])
        .file("var/lib/dpkg/info/gone.list", "/gone")
        .file("var/lib/dpkg/status.d/tzdata", "Package: tzdata\nVersion: 2\n")
        .file("var/lib/dpkg/status.d/tzdata.md5sums", "0123  usr/share/zoneinfo/UTC\n")
        .file("var/lib/apt/extended_states", "Package: libpq5\nAuto-Installed: 1\n")
        .read();
    let system = image.system();
    assert_eq!(system.packages().keys().collect::<Vec<_>>(), ["libpq-dev", "libpq5", "tzdata"]);
    assert_eq!(system.owner(&ImagePath::new("/usr/lib/x.a").unwrap()), Some("libpq-dev"));
    assert_eq!(system.owner(&ImagePath::new("/usr/share/zoneinfo/UTC").unwrap()), Some("tzdata"));
    assert!(system.is_asked_for("libpq-dev") && !system.is_asked_for("libpq5"));
    assert_eq!(system.closure(["libpq-dev"]), ["libpq-dev", "libpq5"].into());
    let apk = "P:gcc\nV:12\nD:so:libz.so.1 musl>1\nF:usr/bin\nR:gcc\n\nP:zlib\nV:1\np:so:libz.so.1=1.2\nF:lib\nR:libz.so.1\n\n";
    let image = Image::new().file("lib/apk/db/installed", apk).file("etc/apk/world", "gcc~12\n");
    let image = image.read();
    assert!(image.system().is_asked_for("gcc") && !image.system().is_asked_for("zlib"));
    assert_eq!(image.system().owner(&ImagePath::new("/usr/bin/gcc").unwrap()), Some("gcc"));
    assert_eq!(image.system().closure(["gcc"]), ["gcc", "zlib"].into());
}

#[test]
fn programs_are_found_as_the_kernel_finds_them() {
    let image = Image::new()
        .elf("usr/bin/python3.11", &[], "")
        .link("usr/bin/python", "python3.11")
        .link("bin", "usr/bin")
        .file("usr/bin/text", "x")
        .program("opt/venv/bin/uvicorn", "#!/opt/venv/bin/python\n")
        .program("app/run.sh", "#!/bin/python\n")
        .folder("usr/bin/folder")
        .read();
    let config = Config {
        env: [("PATH".to_owned(), "/opt/venv/bin:/bin".to_owned())].into(),
        workdir: ImagePath::new("/app").unwrap(),
        ..Config::default()
    };
    let find = |name: &str| image.program(name, &config);
    assert_eq!(find("python").unwrap(), "/bin/python");
    assert_eq!(find("./run.sh").unwrap(), "/app/run.sh");
    assert_eq!(find("text").unwrap_err(), "is not executable");
    assert_eq!(find("folder").unwrap_err(), "is not on PATH");
    assert_eq!(find("/app/none").unwrap_err(), "is not there");
    let why = "is a script for /opt/venv/bin/python, which is not there";
    assert_eq!(find("uvicorn").unwrap_err(), why);
}

#[test]
fn programs_are_for_users_that_may_execute_them() {
    let image = Image::new()
        .file("etc/passwd", "root:x:0:0::/root:/bin/sh\napp:x:10:20::/:/bin/sh\n")
        .file("etc/group", "root:x:0:\nstaff:x:30:other,app\nbroken\n")
        .with("root", EntryType::Directory, 0o700, (0, 0))
        .with("root/uv", EntryType::Regular, 0o755, (0, 0))
        .link("usr/bin/uv", "/root/uv")
        .with("bin/own", EntryType::Regular, 0o500, (10, 0))
        .with("bin/group", EntryType::Regular, 0o050, (0, 30))
        .with("bin/none", EntryType::Regular, 0o711, (0, 0))
        .program("bin/script", "#!/usr/bin/uv run\n")
        .read();
    let find = |user: &str, name: &str| {
        let config = Config { user: user.to_owned(), ..Config::default() };
        image.program(name, &config).err().unwrap_or_default()
    };
    let entering = "is in /root, which the user app may not enter";
    let table = [
        ("", "uv", ""),
        ("root", "none", ""),
        ("app", "uv", entering),
        (
            "app",
            "script",
            "is a script for /usr/bin/uv, which is in /root, which the user app may not enter",
        ),
        ("app", "own", ""),
        ("11", "own", "the user 11 may not execute"),
        ("app", "group", ""),
        ("11:staff", "group", ""),
        ("app:20", "group", "the user app:20 may not execute"),
        ("10", "none", "the user 10 may not read"),
        ("nobody", "own", "runs as nobody, a user that is not in /etc/passwd"),
        ("1:nobody", "own", "runs as 1:nobody, a user that is not in /etc/passwd"),
    ];
    for (user, name, expected) in table {
        assert_eq!(find(user, name), expected, "{user} {name}");
    }
    let of =
        |text: &str| image.user(text).map(|it| (it.id, it.groups.into_iter().collect::<Vec<_>>()));
    assert_eq!(of("app"), Some((10, vec![20, 30])));
    assert_eq!(of("10001"), Some((10001, vec![0])));
}

#[test]
fn what_differs_by_chance_is_unstable() {
    let long = |end: &str| "x".repeat(100_000) + end;
    let image = |folder: u32, text: &str, never: &str| {
        Image::new()
            .with("site/licenses", EntryType::Directory, folder, (0, 0))
            .file("site/data", &long(text))
            .file("site/never", never)
            .read()
    };
    let model = image(0o755, "1", "1");
    let (one, again) = (image(0o777, "2", "2"), image(0o755, "2", "3"));
    assert_ne!(model.entry("/site/data"), one.entry("/site/data"));
    // What differs each time is no chance: the other side is always the same.
    assert_eq!(one.unstable(&again, &model), [ImagePath::new("/site/licenses").unwrap()].into());
    // Two builds of the model itself differ in whatever they differ.
    let all = ["/site/licenses", "/site/data", "/site/never"].map(|it| ImagePath::new(it).unwrap());
    assert_eq!(model.unstable(&one, &model), all.into());
}
