//! The three streams of a process: written, kept as far as a limit, or kept as an end.
//!
//! INVARIANT: no more than its limit of any stream is ever held in memory.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::ChildStdin;

/// Bytes read from a pipe at once.
const CHUNK_BYTES: usize = 64 * 1024;
/// Bytes of standard error that an error message quotes.
const QUOTED_BYTES_MAX: usize = 2_000;

/// What is still to be written to a standard input.
pub(super) struct Feed<'a> {
    pipe: Option<ChildStdin>,
    rest: &'a [u8],
}

impl<'a> Feed<'a> {
    pub(super) fn new(pipe: Option<ChildStdin>, bytes: &'a [u8]) -> Self {
        let pipe = if bytes.is_empty() { None } else { pipe };
        Self { pipe, rest: bytes }
    }

    pub(super) const fn is_done(&self) -> bool {
        self.pipe.is_none()
    }

    /// Writes some; a process that does not read its input is no failure.
    pub(super) async fn write(&mut self) {
        let Some(pipe) = self.pipe.as_mut() else {
            return;
        };
        let written = pipe.write(self.rest).await.unwrap_or(0);
        self.rest = self.rest.get(written..).unwrap_or(&[]);
        if written == 0 || self.rest.is_empty() {
            self.pipe = None;
        }
    }
}

/// The beginning of a stream, as far as its limit.
pub(super) struct Capture<R> {
    pub(super) pipe: Option<R>,
    pub(super) kept: Vec<u8>,
    bytes_max: usize,
    chunk: Vec<u8>,
}

impl<R: AsyncRead + Unpin> Capture<R> {
    pub(super) fn new(pipe: Option<R>, bytes_max: usize) -> Self {
        Self {
            pipe,
            kept: Vec::new(),
            bytes_max,
            chunk: vec![0; CHUNK_BYTES],
        }
    }

    pub(super) const fn is_closed(&self) -> bool {
        self.pipe.is_none()
    }

    /// Reads once; `true` if there was more than the limit.
    pub(super) async fn read(&mut self) -> bool {
        let Some(pipe) = self.pipe.as_mut() else {
            return false;
        };
        // A pipe that cannot be read is over; the process's own end says the rest.
        let count = pipe.read(&mut self.chunk).await.unwrap_or(0);
        if count == 0 {
            self.pipe = None;
            return false;
        }
        let room = self.bytes_max.saturating_sub(self.kept.len());
        self.kept
            .extend_from_slice(self.chunk.get(..count.min(room)).unwrap_or(&[]));
        count > room
    }
}

/// The end of a stream.
pub(super) struct Tail {
    kept: Vec<u8>,
    bytes_max: usize,
}

impl Tail {
    pub(super) const fn new(bytes_max: usize) -> Self {
        Self {
            kept: Vec::new(),
            bytes_max,
        }
    }

    fn push(&mut self, bytes: &[u8]) {
        self.kept.extend_from_slice(bytes);
        let excess = self.kept.len().saturating_sub(self.bytes_max);
        self.kept.drain(..excess);
    }
}

pub(super) async fn drain(mut pipe: impl AsyncRead + Unpin, tail: Arc<Mutex<Tail>>) {
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let count = pipe.read(&mut chunk).await.unwrap_or(0);
        if count == 0 {
            return;
        }
        push(&tail, chunk.get(..count).unwrap_or(&[]));
    }
}

pub(super) fn push(tail: &Mutex<Tail>, bytes: &[u8]) {
    let mut tail = tail.lock().unwrap_or_else(PoisonError::into_inner);
    tail.push(bytes);
}

pub(super) fn text_of(tail: &Mutex<Tail>) -> String {
    let tail = tail.lock().unwrap_or_else(PoisonError::into_inner);
    printable_tail(&tail.kept)
}

/// The last bytes as text, control characters but line ends escaped.
pub(in crate::perimeter::tools) fn printable_tail(bytes: &[u8]) -> String {
    let from = bytes.len().saturating_sub(QUOTED_BYTES_MAX);
    let text = String::from_utf8_lossy(bytes.get(from..).unwrap_or(&[]));
    let mut printable = String::new();
    for c in text.trim_end().chars() {
        if c.is_control() && c != '\n' && c != '\t' {
            printable.extend(c.escape_default());
        } else {
            printable.push(c);
        }
    }
    printable
}
