//! Programs that are waited for only so long.
//!
//! Their output is read in threads of its own: neither a program that says nothing, nor one whose children
//! keep its output open, holds refit up.

mod family;

use std::{
    io::{self, Read},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{
        Arc, LazyLock,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, Receiver, RecvTimeoutError, SyncSender},
    },
    thread,
    time::{Duration, Instant},
};

use super::Error;

/// The time that a program has to clean up after it was asked to end.
const GRACE: Duration = Duration::from_secs(5);
/// The time to wait for output after a program has ended: pipes that its children keep open never close.
const LATE: Duration = Duration::from_secs(2);
/// The most bytes of a program's output to keep; the rest is read and thrown away.
const KEPT: usize = 4 << 20;
/// A line longer than this, in bytes, is cut in two.
const LINE: usize = 64 << 20;

/// Set when the user interrupts the builds.
static INTERRUPTED: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);

/// The flag that ends running builds and prevents new ones.
pub(super) fn interrupt() -> Arc<AtomicBool> {
    Arc::clone(&INTERRUPTED)
}

/// The outcome of a program.
#[derive(Clone, Copy, Debug)]
pub(super) enum End {
    /// By itself.
    Exited(ExitStatus),
    /// It took too long and was ended.
    TimedOut,
}

/// A program's whole output.
#[derive(Debug)]
pub(super) struct Captured {
    /// The outcome.
    pub(super) end: End,
    /// Its standard output, up to a limit.
    pub(super) stdout: Vec<u8>,
    /// Its standard error, up to a limit.
    pub(super) stderr: Vec<u8>,
}

/// One of a program's two outputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stream {
    Out,
    Err,
}

/// Runs a program and hands on its lines, those of both outputs in the order in which they come.
///
/// An error of `each` ends the program.
pub(super) fn lines(
    mut command: Command,
    timeout: Duration,
    each: &mut dyn FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<End> {
    let (reader, writer) = io::pipe()?;
    command.stdout(writer.try_clone()?).stderr(writer);
    let mut running = Running::start(&mut command, timeout)?;
    running.can_be_interrupted = true;
    // It holds the pipe's other end: as long as it lives, the output does not end.
    drop(command);
    running.pump(reader, Stream::Out);
    let mut line = Vec::new();
    while let Next::Chunk(_, chunk) = running.next()? {
        for part in chunk.split_inclusive(|it| *it == b'\n') {
            line.extend_from_slice(part);
            if line.last() == Some(&b'\n') || LINE < line.len() {
                each(line.strip_suffix(b"\n").unwrap_or(&line))?;
                line.clear();
            }
        }
    }
    if !line.is_empty() {
        each(&line)?;
    }
    running.end()
}

/// Runs a program to its end and keeps what it says.
pub(super) fn capture(mut command: Command, timeout: Duration) -> io::Result<Captured> {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut running = Running::start(&mut command, timeout)?;
    running.pump_child();
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    while let Next::Chunk(stream, chunk) = running.next()? {
        keep(if stream == Stream::Out { &mut stdout } else { &mut stderr }, &chunk);
    }
    let end = running.end()?;
    Ok(Captured { end, stdout, stderr })
}

/// Runs a program that must succeed, and gives what it writes; `what` names it for people.
pub(super) fn output(command: Command, timeout: Duration, what: &str) -> Result<String, Error> {
    let captured = capture(command, timeout).map_err(|it| Error::io(what, it))?;
    check(captured.end, &captured.stderr, timeout, what)?;
    Ok(String::from_utf8_lossy(&captured.stdout).into_owned())
}

/// Runs a program and has someone read what it writes, as it comes.
pub(super) fn read<T>(
    mut command: Command,
    timeout: Duration,
    what: &str,
    read: impl FnOnce(&mut dyn Read) -> io::Result<T>,
) -> Result<T, Error> {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut running = Running::start(&mut command, timeout).map_err(|it| Error::io(what, it))?;
    running.pump_child();
    let mut output = Output { running, chunk: Vec::new(), at: 0, ended: false, stderr: Vec::new() };
    let result = read(&mut output);
    if result.is_ok() {
        // A reader may stop at the end of its format; output after that is not a reason to end the program.
        io::copy(&mut output, &mut io::sink()).map_err(|it| Error::io(what, it))?;
    }
    if output.ended {
        let end = output.running.end().map_err(|it| Error::io(what, it))?;
        check(end, &output.stderr, timeout, what)?;
    }
    result.map_err(|it| Error::io(what, it))
}

fn check(end: End, stderr: &[u8], timeout: Duration, what: &str) -> Result<(), Error> {
    match end {
        End::Exited(status) if status.success() => Ok(()),
        End::Exited(status) => {
            Err(Error::Failed { what: what.to_owned(), said: said(stderr, status) })
        }
        End::TimedOut => Err(Error::TimedOut { what: what.to_owned(), after: timeout }),
    }
}

/// The last of what a program complained about, in one line, or else how it ended.
fn said(stderr: &[u8], status: ExitStatus) -> String {
    let text = String::from_utf8_lossy(stderr);
    let mut lines: Vec<&str> = text.lines().map(str::trim).filter(|it| !it.is_empty()).collect();
    let last = lines.split_off(lines.len().saturating_sub(3));
    if last.is_empty() { status.to_string() } else { last.join("; ") }
}

fn keep(kept: &mut Vec<u8>, chunk: &[u8]) {
    let room = KEPT.saturating_sub(kept.len()).min(chunk.len());
    kept.extend_from_slice(&chunk[..room]);
}

/// A program at work. Dropped, it is ended.
struct Running {
    child: Child,
    deadline: Instant,
    sender: Option<SyncSender<(Stream, Vec<u8>)>>,
    chunks: Receiver<(Stream, Vec<u8>)>,
    status: Option<ExitStatus>,
    /// True if an interrupt ends it: it does for a build, but not for cleaning up.
    can_be_interrupted: bool,
}

/// The next event of a program.
enum Next {
    Chunk(Stream, Vec<u8>),
    /// Nothing more, or time is up.
    Nothing,
}

impl Running {
    fn start(command: &mut Command, timeout: Duration) -> io::Result<Self> {
        // A timeout beyond the clock's range never comes.
        let deadline = Instant::now()
            .checked_add(timeout)
            .unwrap_or_else(|| Instant::now() + Duration::from_secs(365 * 24 * 60 * 60));
        let child = command.stdin(Stdio::null()).spawn()?;
        let (sender, chunks) = mpsc::sync_channel(16);
        let (sender, can_be_interrupted) = (Some(sender), false);
        Ok(Self { child, deadline, sender, chunks, status: None, can_be_interrupted })
    }

    fn pump_child(&mut self) {
        if let Some(stdout) = self.child.stdout.take() {
            self.pump(stdout, Stream::Out);
        }
        if let Some(stderr) = self.child.stderr.take() {
            self.pump(stderr, Stream::Err);
        }
    }

    /// Reads from one output until it ends or is not wanted any more.
    fn pump(&self, mut from: impl Read + Send + 'static, stream: Stream) {
        let Some(sender) = self.sender.clone() else { return };
        thread::spawn(move || {
            let mut buffer = vec![0; 1 << 16];
            loop {
                match from.read(&mut buffer) {
                    Ok(0) => return,
                    Ok(length) if sender.send((stream, buffer[..length].to_vec())).is_err() => {
                        return;
                    }
                    Ok(_) => {}
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(_) => return,
                }
            }
        });
    }

    fn next(&mut self) -> io::Result<Next> {
        // From now on the pumps alone hold the channel open.
        self.sender = None;
        loop {
            if self.can_be_interrupted && INTERRUPTED.load(Ordering::Relaxed) {
                self.deadline = Instant::now();
            }
            let left = self.deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(Next::Nothing);
            }
            let ended = self.poll()?.is_some();
            let pause = if ended { LATE } else { Duration::from_millis(200) };
            match self.chunks.recv_timeout(pause.min(left)) {
                Ok((stream, chunk)) => return Ok(Next::Chunk(stream, chunk)),
                Err(RecvTimeoutError::Timeout) if !ended => {}
                Err(_) => return Ok(Next::Nothing),
            }
        }
    }

    fn poll(&mut self) -> io::Result<Option<ExitStatus>> {
        if self.status.is_none() {
            self.status = self.child.try_wait()?;
        }
        Ok(self.status)
    }

    /// Waits until it ends, or ends it.
    fn end(&mut self) -> io::Result<End> {
        if let Some(status) = self.wait(self.deadline)? {
            return Ok(End::Exited(status));
        }
        self.stop();
        Ok(End::TimedOut)
    }

    fn wait(&mut self, until: Instant) -> io::Result<Option<ExitStatus>> {
        let mut pause = Duration::from_millis(1);
        loop {
            if let Some(status) = self.poll()? {
                return Ok(Some(status));
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(None);
            }
            thread::sleep(pause.min(left));
            pause = (pause * 2).min(Duration::from_millis(50));
        }
    }

    /// Asks it to end, then ends it. Its output is read on meanwhile: a full pipe must not keep it.
    fn stop(&mut self) {
        let family = family::of(self.child.id());
        ask_to_end(&self.child);
        let until = Instant::now() + GRACE;
        while matches!(self.poll(), Ok(None)) && Instant::now() < until {
            if let Err(RecvTimeoutError::Disconnected) =
                self.chunks.recv_timeout(Duration::from_millis(20))
            {
                thread::sleep(Duration::from_millis(20));
            }
        }
        if !matches!(self.poll(), Ok(Some(_))) {
            // That it has just ended by itself is all that these can complain about.
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
        // podman leaves a container of a build to itself.
        family.into_iter().for_each(family::Member::end);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.status.is_none() {
            self.stop();
        }
    }
}

#[cfg(unix)]
fn ask_to_end(child: &Child) {
    use rustix::process::{Pid, Signal, kill_process};
    // It has not been waited for, so its number is still its own.
    let _ = kill_process(Pid::from_child(child), Signal::TERM);
}

#[cfg(not(unix))]
fn ask_to_end(_: &Child) {}

/// The output of a program, to be read until its time is up.
struct Output {
    running: Running,
    chunk: Vec<u8>,
    /// The bytes of the chunk that were read.
    at: usize,
    ended: bool,
    stderr: Vec<u8>,
}

impl Read for Output {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.chunk.len() && !self.ended {
            match self.running.next()? {
                Next::Chunk(Stream::Out, chunk) => (self.chunk, self.at) = (chunk, 0),
                Next::Chunk(Stream::Err, chunk) => keep(&mut self.stderr, &chunk),
                Next::Nothing => self.ended = true,
            }
        }
        let length = buffer.len().min(self.chunk.len() - self.at);
        buffer[..length].copy_from_slice(&self.chunk[self.at..self.at + length]);
        self.at += length;
        Ok(length)
    }
}

#[cfg(all(test, unix))]
mod tests;
