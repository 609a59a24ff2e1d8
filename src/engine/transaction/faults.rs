//! Transactions on a disk that fails, on one that dies, and on one where somebody saves meanwhile: at each call.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use super::{
    disk::*,
    tests::{AFTER, BEFORE, assert_files, begin, entries, files, folder, write},
    *,
};

/// What happens at one call of a disk.
#[derive(Clone)]
enum Fault {
    /// It does nothing and says so.
    Refuses,
    /// From here on nothing is done any more: the process was killed.
    Dies,
    /// It is done, and then the process is killed.
    DiesAfter,
    /// Before it, somebody does this to the project.
    Meanwhile(Arc<dyn Fn(&Path) + Send + Sync>),
}

/// A disk with a fault at one call.
struct Faulty {
    folders: Folders,
    root: PathBuf,
    fault: Fault,
    at: usize,
    calls: Arc<AtomicUsize>,
}

impl Faulty {
    fn call<T>(&self, call: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        let number = self.calls.fetch_add(1, Ordering::SeqCst);
        let fails = match &self.fault {
            Fault::Refuses => number == self.at,
            Fault::Dies => number >= self.at,
            Fault::DiesAfter => number > self.at,
            Fault::Meanwhile(act) => {
                if number == self.at {
                    act(&self.root);
                }
                false
            }
        };
        if fails { Err(io::Error::other("a fault")) } else { call() }
    }
}

impl Disk for Faulty {
    fn read(&self, spot: &Spot) -> io::Result<Option<Vec<u8>>> {
        self.call(|| self.folders.read(spot))
    }
    fn attributes(&self, spot: &Spot) -> io::Result<Attributes> {
        self.call(|| self.folders.attributes(spot))
    }
    fn create(&self, spot: &Spot, bytes: &[u8], attributes: Attributes) -> io::Result<()> {
        self.call(|| self.folders.create(spot, bytes, attributes))
    }
    fn rename(&self, from: &Spot, to: &Spot, how: Rename) -> io::Result<()> {
        self.call(|| self.folders.rename(from, to, how))
    }
    fn remove(&self, spot: &Spot) -> io::Result<()> {
        self.call(|| self.folders.remove(spot))
    }
    fn make_folder(&self, spot: &Spot) -> io::Result<()> {
        self.call(|| self.folders.make_folder(spot))
    }
    fn remove_folder(&self, spot: &Spot) -> io::Result<()> {
        self.call(|| self.folders.remove_folder(spot))
    }
    fn names(&self, spot: &Spot) -> io::Result<Vec<String>> {
        self.call(|| self.folders.names(spot))
    }
    fn sync(&self, spot: &Spot) -> io::Result<()> {
        self.call(|| self.folders.sync(spot))
    }
}

/// Runs something with a fault at each call in turn, until it is over before the fault comes. Hands the
/// folder, the number of the call and the result to `judge`, and returns how many calls there are.
fn at_each_call(
    fault: &Fault,
    prepare: impl Fn(&Path),
    run: impl Fn(Transaction) -> Result<(), Error>,
    judge: impl Fn(&Path, usize, Result<(), Error>),
) -> usize {
    for at in 0.. {
        let root = folder(BEFORE);
        prepare(root.path());
        let calls = Arc::new(AtomicUsize::new(0));
        let (path, fault) = (root.path().to_owned(), fault.clone());
        let counted = Arc::clone(&calls);
        let through = move |folders| -> Box<dyn Disk> {
            Box::new(Faulty { folders, root: path, fault, at, calls: counted })
        };
        let mut transaction = Transaction::locked(root.path(), through).unwrap();
        let result = transaction.recover().and_then(|()| run(transaction));
        if calls.load(Ordering::SeqCst) <= at {
            return at;
        }
        judge(root.path(), at, result);
    }
    unreachable!()
}

fn is(root: &Path, expected: &[(&str, &str)]) -> bool {
    let actual = files(root);
    actual.iter().map(|it| (it.0.as_str(), it.1.as_str())).eq(expected.iter().copied())
}

#[test]
fn an_apply_is_whole_or_not_at_all_whichever_call_fails() {
    let apply = |it: Transaction| it.apply(entries());
    let calls = at_each_call(
        &Fault::Refuses,
        |_| {},
        apply,
        |root, at, result| {
            match &result {
                Ok(()) => assert_files(root, AFTER),
                Err(Error::Stuck { .. }) => {}
                Err(_) => assert_files(root, BEFORE),
            }
            // Whatever it was, the next run finds one of the two.
            let recovered = begin(root).recovered;
            assert!(
                is(root, BEFORE) || is(root, AFTER),
                "{at} {result:?} {recovered:?} {:?}",
                files(root)
            );
            assert_eq!(is(root, AFTER), result.is_ok(), "{at} {result:?} {recovered:?}");
            assert_eq!(recovered.is_some(), matches!(result, Err(Error::Stuck { .. })), "{at}");
        },
    );
    assert!(30 < calls, "{calls}");
}

#[test]
fn an_apply_that_is_killed_is_rolled_back_whole() {
    for fault in [Fault::Dies, Fault::DiesAfter] {
        let apply = |it: Transaction| it.apply(entries());
        at_each_call(
            &fault,
            |_| {},
            apply,
            |root, at, result| {
                let transaction = begin(root);
                let is_applied = transaction.last().unwrap().is_some();
                assert_files(root, if is_applied { AFTER } else { BEFORE });
                assert!(is_applied || result.is_err(), "{at}");
                let left: Vec<_> = fs::read_dir(&transaction.state).unwrap().flatten().collect();
                let left = left.iter().map(fs::DirEntry::file_name).filter(|it| it != "new");
                let known = [".gitignore", "lock", LAST];
                assert!(
                    left.clone().all(|it| known.iter().any(|known| it == *known)),
                    "{at} {:?}",
                    left.collect::<Vec<_>>()
                );
                let waiting = fs::read_dir(transaction.state.join("new")).into_iter().flatten();
                assert_eq!(waiting.count(), 0, "{at}");
            },
        );
    }
}

#[test]
fn an_undo_that_is_killed_is_finished() {
    let prepare = |root: &Path| begin(root).apply(entries()).unwrap();
    let undo = |it: Transaction| {
        let last = it.last()?.unwrap();
        it.undo(last)
    };
    for fault in [Fault::Refuses, Fault::Dies, Fault::DiesAfter] {
        at_each_call(&fault, prepare, undo, |root, at, result| {
            let transaction = begin(root);
            let is_undone = transaction.last().unwrap().is_none();
            assert_files(root, if is_undone { BEFORE } else { AFTER });
            assert!(is_undone || result.is_err(), "{at}");
            drop(transaction);
            if !is_undone {
                tests::undo(root).unwrap();
                assert_files(root, BEFORE);
            }
        });
    }
}

#[test]
fn what_somebody_saves_meanwhile_is_kept() {
    for path in ["a", "old/b", "new/dir/c"] {
        let save = Fault::Meanwhile(Arc::new(move |root: &Path| write(root, path, "mine\n")));
        let apply = |it: Transaction| it.apply(entries());
        at_each_call(
            &save,
            |_| {},
            apply,
            |root, at, result| {
                assert_eq!(fs::read_to_string(root.join(path)).unwrap(), "mine\n", "{path} {at}");
                let others = if result.is_ok() { AFTER } else { BEFORE };
                for (other, text) in others.iter().filter(|it| it.0 != path) {
                    let read = fs::read_to_string(root.join(other)).unwrap();
                    assert_eq!(read, *text, "{path} {at} {result:?}");
                }
            },
        );
    }
}

#[cfg(unix)]
#[test]
fn a_folder_that_becomes_a_link_leads_nowhere() {
    use std::os::unix::fs::symlink;
    let outside = folder(&[("b", "b\n")]);
    let target = outside.path().to_owned();
    let swap = Fault::Meanwhile(Arc::new(move |root: &Path| {
        let _ = fs::rename(root.join("old"), root.join("was"));
        let _ = symlink(&target, root.join("old"));
    }));
    let apply = |it: Transaction| it.apply(entries());
    at_each_call(
        &swap,
        |_| {},
        apply,
        |_, _, _| {
            assert_files(outside.path(), &[("b", "b\n")]);
        },
    );
}
