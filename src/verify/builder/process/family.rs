//! The processes that a process has started, and those that they have, as far as the system tells: Linux.

/// A process that may have ended since: its number may be another's by then.
#[derive(Debug)]
pub(super) struct Member {
    #[cfg(target_os = "linux")]
    id: u32,
    #[cfg(target_os = "linux")]
    began: String,
}

#[cfg(not(target_os = "linux"))]
pub(super) fn of(_: u32) -> Vec<Member> {
    Vec::new()
}

#[cfg(not(target_os = "linux"))]
impl Member {
    pub(super) fn end(self) {}
}

/// All that descend from a process now.
#[cfg(target_os = "linux")]
pub(super) fn of(ancestor: u32) -> Vec<Member> {
    let ids = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = ids.filter_map(|it| it.file_name().to_str()?.parse().ok());
    let mut others: Vec<(u32, Member)> = ids
        .filter_map(|id| stat(id).map(|(parent, began)| (parent, Member { id, began })))
        .collect();
    let mut parents = vec![ancestor];
    let mut found = Vec::new();
    while let Some(parent) = parents.pop() {
        for (_, member) in others.extract_if(.., |it| it.0 == parent) {
            parents.push(member.id);
            found.push(member);
        }
    }
    found
}

#[cfg(target_os = "linux")]
impl Member {
    /// Ends it, if it is still itself.
    pub(super) fn end(self) {
        use rustix::process::{Pid, Signal, kill_process};
        if stat(self.id).is_some_and(|it| it.1 == self.began)
            && let Some(pid) = i32::try_from(self.id).ok().and_then(Pid::from_raw)
        {
            let _ = kill_process(pid, Signal::KILL);
        }
    }
}

/// A process' parent, and when it began: `1 (a b) S 0 …`, of which fields 4 and 22.
#[cfg(target_os = "linux")]
fn stat(id: u32) -> Option<(u32, String)> {
    let text = std::fs::read(format!("/proc/{id}/stat")).ok()?;
    let text = String::from_utf8_lossy(&text);
    // Its name may have anything in it.
    let mut fields = text.rsplit_once(") ")?.1.split(' ');
    let parent = fields.nth(1)?.parse().ok()?;
    Some((parent, fields.nth(17)?.to_owned()))
}
