//! The paths that the values of options and settings name.

/// The folder that a value names; `None` for an address of the network.
pub(super) fn folder(value: &str) -> Option<&str> {
    if value.contains("://") { file_url(value) } else { Some(value).filter(|it| !it.is_empty()) }
}

/// The path that a URL of files names; `None` for any other text.
///
/// www.rfc-editor.org/rfc/rfc8089: "Syntax".
pub(super) fn file_url(url: &str) -> Option<&str> {
    let path = url.strip_prefix("file://")?;
    Some(path.strip_prefix("localhost").filter(|it| it.starts_with('/')).unwrap_or(path))
}

/// The file that a value names; `None` for the terminal and for loggers that write to none.
pub(super) fn file(value: &str) -> Option<&str> {
    let value = value.strip_prefix("file:").unwrap_or(value);
    let is_name =
        value.contains(['/', '.']) || !["stdio", "stdout", "stderr", "syslog"].contains(&value);
    let is_other = ["redislog", "syslog", "pipe:"].iter().any(|it| value.starts_with(it))
        || value.contains("://");
    (!value.is_empty() && value != "-" && is_name && !is_other).then_some(value)
}

/// The path of a socket; `None` for an address of the network.
pub(super) fn socket(value: &str) -> Option<&str> {
    let path = value.strip_prefix("unix:").map(|it| it.strip_prefix("//").unwrap_or(it));
    let path =
        path.or_else(|| Some(value).filter(|it| it.starts_with('/') || it.ends_with(".sock")))?;
    (!path.is_empty() && !path.starts_with('@') && !path.starts_with("//")).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_of_files_name_folders() {
        let rows = [
            ("file:///srv/results", Some("/srv/results")),
            ("file://localhost/srv/results", Some("/srv/results")),
            ("file://localhosts", Some("localhosts")),
            ("file://./model", Some("./model")),
            ("redis://queue", None),
            ("results", Some("results")),
            ("", None),
        ];
        for (value, expected) in rows {
            assert_eq!(folder(value), expected, "{value}");
        }
    }
}
