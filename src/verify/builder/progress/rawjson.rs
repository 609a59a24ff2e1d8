//! BuildKit's `--progress=rawjson`: its `SolveStatus` as JSON objects, some versions' over many lines, with
//! the client's own complaints between them.

use std::{
    collections::BTreeSet,
    io::{self, Write},
};

use serde::Deserialize;

use super::{Progress, is_canceled};

/// Objects whose last line has not come yet, and vertexes that are reported as one.
#[derive(Debug, Default)]
pub(in super::super) struct Objects {
    open: String,
    /// True if the log ends within a line.
    within: bool,
    /// Vertexes by digest whose end is in the log.
    ended: BTreeSet<String>,
    /// By digest, the group that a vertex is told as.
    groups: Vec<(String, String)>,
}

/// <https://github.com/moby/buildkit/blob/master/client/graph.go>, what of it is needed.
#[derive(Debug, Deserialize)]
struct Status {
    #[serde(default)]
    vertexes: Vec<VertexStatus>,
    #[serde(default)]
    statuses: Vec<Transfer>,
    #[serde(default)]
    logs: Vec<Log>,
}

#[derive(Debug, Deserialize)]
struct VertexStatus {
    digest: String,
    #[serde(default)]
    name: String,
    started: Option<String>,
    completed: Option<String>,
    #[serde(default)]
    cached: bool,
    #[serde(default)]
    error: String,
    #[serde(rename = "progressGroup")]
    group: Option<Group>,
}

/// Vertexes that are one for people: a `COPY --link` is a copy and a merge.
#[derive(Debug, Deserialize)]
struct Group {
    #[serde(default)]
    id: String,
    #[serde(default)]
    name: String,
}

#[derive(Debug, Deserialize)]
struct Transfer {
    #[serde(default)]
    id: String,
    #[serde(default)]
    vertex: String,
    #[serde(default)]
    current: i64,
}

#[derive(Debug, Deserialize)]
struct Log {
    #[serde(default)]
    vertex: String,
    #[serde(default)]
    data: String,
}

impl Objects {
    /// Takes one line in, and logs what it says for people.
    pub(super) fn line(
        &mut self,
        progress: &mut Progress,
        line: &str,
        log: &mut dyn Write,
    ) -> io::Result<()> {
        if self.open.is_empty() && !line.starts_with('{') {
            progress.say(line);
            return self.tell(log, line);
        }
        // An object over many lines is indented all but for its first and its last line.
        let inside = line.starts_with([' ', '\t']) || line.starts_with('}') || line.is_empty();
        if !self.open.is_empty() && !inside {
            let open = std::mem::take(&mut self.open);
            progress.say(&open);
            self.tell(log, open.trim_end())?;
            return self.line(progress, line, log);
        }
        self.open.push_str(line);
        self.open.push('\n');
        if !line.trim_end().ends_with('}') || line.starts_with([' ', '\t']) {
            return Ok(());
        }
        let text = std::mem::take(&mut self.open);
        match serde_json::from_str(&text) {
            Ok(status) => self.status(progress, status, log),
            Err(_) => {
                progress.say(&text);
                self.tell(log, text.trim_end())
            }
        }
    }

    fn status(
        &mut self,
        progress: &mut Progress,
        status: Status,
        log: &mut dyn Write,
    ) -> io::Result<()> {
        for told in status.vertexes {
            self.vertex(progress, &told, log)?;
        }
        for told in status.statuses {
            let key = self.key(&told.vertex).to_owned();
            if let Some(what) = told.id.strip_prefix("transferring ")
                && let Some(vertex) = progress.find(&key)
            {
                vertex.sent(what.trim_end_matches(':'), u64::try_from(told.current).unwrap_or(0));
            }
        }
        for told in status.logs {
            let data = decode(&told.data);
            log.write_all(&data)?;
            self.within = data.last().map_or(self.within, |it| *it != b'\n');
            let key = self.key(&told.vertex).to_owned();
            if let Some(vertex) = progress.find(&key) {
                vertex.output(&String::from_utf8_lossy(&data));
            }
        }
        Ok(())
    }

    fn vertex(
        &mut self,
        progress: &mut Progress,
        told: &VertexStatus,
        log: &mut dyn Write,
    ) -> io::Result<()> {
        let (key, name, grouped) = match &told.group {
            Some(group) => {
                if !self.groups.iter().any(|it| it.0 == told.digest) {
                    self.groups.push((told.digest.clone(), group.id.clone()));
                }
                (&group.id, &group.name, true)
            }
            None => (&told.digest, &told.name, false),
        };
        let vertex = progress.vertex(key, name);
        let Some(started) = &told.started else { return Ok(()) };
        // A group is cached when all of its members are.
        let cached = told.cached && (!grouped || !vertex.started || vertex.cached);
        let first = !vertex.started;
        vertex.cached = cached;
        if !told.error.is_empty() {
            vertex.error = Some(super::clean(&told.error));
        }
        if let Some(completed) = &told.completed {
            let seconds = (instant(completed).zip(instant(started)))
                .map_or(0.0, |(end, start)| (end - start).max(0.0));
            vertex.seconds = if grouped { vertex.seconds.max(seconds) } else { seconds };
        }
        let seconds = vertex.seconds;
        progress.start(key);
        if first {
            self.tell(log, name)?;
        }
        if told.completed.is_some() && self.ended.insert(told.digest.clone()) {
            let end = match told.error.as_str() {
                "" if told.cached => "CACHED".to_owned(),
                "" => format!("DONE {seconds:.1}s"),
                error if is_canceled(error) => "CANCELED".to_owned(),
                error => format!("ERROR: {error}"),
            };
            self.tell(log, &format!("{name}: {end}"))?;
        }
        Ok(())
    }

    /// Logs a line of its own.
    fn tell(&mut self, log: &mut dyn Write, line: &str) -> io::Result<()> {
        if std::mem::take(&mut self.within) {
            writeln!(log)?;
        }
        writeln!(log, "{line}")
    }

    fn key<'a>(&'a self, digest: &'a str) -> &'a str {
        self.groups.iter().find(|it| it.0 == digest).map_or(digest, |it| it.1.as_str())
    }
}

/// Decodes base64 text up to the first character that does not belong to it.
fn decode(text: &str) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut count) = (0_u32, 0);
    for byte in text.bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => break,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if 8 <= count {
            count -= 8;
            decoded.push((bits >> count & 0xff) as u8);
        }
    }
    decoded
}

/// Seconds since some day, of RFC 3339's `2024-05-01T12:34:56.789Z` and `…+02:00`.
fn instant(text: &str) -> Option<f64> {
    let (date, time) = text.split_once(['T', 't'])?;
    let mut date = date.splitn(3, '-').map(|it| it.parse::<i32>().ok());
    let (year, month, day) = (date.next()??, date.next()??, date.next()??);
    let zone = time.find(['Z', 'z', '+', '-'])?;
    let (clock, zone) = time.split_at(zone);
    let mut clock = clock.splitn(3, ':').map(|it| it.parse::<f64>().ok());
    let (hour, minute, second) = (clock.next()??, clock.next()??, clock.next()??);
    let (year, month, day) = (f64::from(year), f64::from(month), f64::from(day));
    // Years begin in March: the day that a leap year has more is its last. Gregorian, from year 0.
    let (year, month) = if month <= 2.0 { (year - 1.0, month + 9.0) } else { (year, month - 3.0) };
    let leaps = (year / 4.0).floor() - (year / 100.0).floor() + (year / 400.0).floor();
    let days = year * 365.0 + leaps + ((153.0 * month + 2.0) / 5.0).floor() + day;
    Some(days * 86_400.0 + hour * 3600.0 + minute * 60.0 + second - offset(zone)?)
}

/// The seconds by which a zone is ahead: `+02:00`.
fn offset(zone: &str) -> Option<f64> {
    let sign = match zone.as_bytes().first()? {
        b'+' => 1.0,
        b'-' => -1.0,
        _ => return Some(0.0),
    };
    let (hours, minutes) = zone[1..].split_once(':')?;
    Some(sign * (hours.parse::<f64>().ok()? * 3600.0 + minutes.parse::<f64>().ok()? * 60.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_decoded() {
        assert_eq!(decode("aGVsbG8K"), b"hello\n");
        assert_eq!(decode("aGk="), b"hi");
        assert_eq!(decode("aA=="), b"h");
        assert_eq!(decode("/+8="), [0xff, 0xef]);
        assert_eq!(decode("*"), b"");
    }

    #[test]
    fn times_can_be_subtracted() {
        let seconds = |a: &str, b: &str| Some(((instant(b)? - instant(a)?) * 1e3).round() / 1e3);
        let start = "2024-02-29T23:59:59.250Z";
        assert_eq!(seconds(start, "2024-03-01T00:00:01.5Z"), Some(2.25));
        assert_eq!(seconds(start, "2024-03-01T02:00:01+02:00"), Some(1.75));
        assert_eq!(seconds("2023-12-31T23:59:59Z", "2024-01-01T00:00:00Z"), Some(1.0));
        assert_eq!(seconds("2023-12-31T19:59:59-04:00", "2024-01-01T00:00:00Z"), Some(1.0));
        assert_eq!(instant("yesterday"), None);
        assert_eq!(instant("2024-02-29T12:00"), None);
    }
}
