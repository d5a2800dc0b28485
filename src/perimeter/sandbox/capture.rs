//! One output of a command: what is kept of it, and its lines while they come.
//!
//! INVARIANT: never more bytes are kept than the command's limit; one more ends the output.

use tokio::io::AsyncReadExt as _;
use tokio::net::unix::pipe::Receiver;
use tokio::sync::mpsc;

/// Bytes of one read.
const CHUNK_BYTES: usize = 16 << 10;

/// What is kept of one output.
pub(super) struct Capture {
    pipe: Option<Receiver>,
    bytes: Vec<u8>,
    bytes_max: usize,
    partial: Vec<u8>,
    lines: Option<mpsc::UnboundedSender<Vec<u8>>>,
}

/// What one read gave.
pub(super) enum Read {
    More,
    Ended,
    TooMuch,
}

impl Capture {
    /// Nothing yet; at most so many bytes, and each line to `lines`, too.
    pub(super) fn new(
        pipe: Receiver,
        bytes_max: usize,
        lines: Option<mpsc::UnboundedSender<Vec<u8>>>,
    ) -> Self {
        Self {
            pipe: Some(pipe),
            bytes: Vec::new(),
            bytes_max,
            partial: Vec::new(),
            lines,
        }
    }

    /// What was kept.
    pub(super) fn kept(self) -> Vec<u8> {
        self.bytes
    }

    /// Reads once. Safe to drop before it is done; never done once the output has ended.
    pub(super) async fn read(&mut self) -> Read {
        let Some(pipe) = &mut self.pipe else {
            return std::future::pending().await;
        };
        let mut chunk = [0; CHUNK_BYTES];
        let length = match pipe.read(&mut chunk).await {
            // A pipe that cannot be read has no more to say.
            Ok(0) | Err(_) => {
                self.close();
                return Read::Ended;
            }
            Ok(length) => length,
        };
        let room = self.bytes_max - self.bytes.len();
        let kept = chunk.get(..length.min(room)).unwrap_or(&[]);
        self.bytes.extend_from_slice(kept);
        if let Some(lines) = &self.lines {
            for piece in kept.split_inclusive(|byte| *byte == b'\n') {
                self.partial.extend_from_slice(piece);
                if self.partial.last() == Some(&b'\n') {
                    self.partial.pop();
                    // Nobody reads lines of a command that is only waited for.
                    drop(lines.send(std::mem::take(&mut self.partial)));
                }
            }
        }
        if length > room {
            self.close();
            return Read::TooMuch;
        }
        Read::More
    }

    /// The last line may have no newline.
    pub(super) fn close(&mut self) {
        self.pipe = None;
        if let Some(lines) = self.lines.take()
            && !self.partial.is_empty()
        {
            drop(lines.send(std::mem::take(&mut self.partial)));
        }
    }

    pub(super) async fn rest(&mut self) -> Read {
        while self.pipe.is_some() {
            match self.read().await {
                Read::More | Read::Ended => {}
                Read::TooMuch => return Read::TooMuch,
            }
        }
        Read::Ended
    }
}
