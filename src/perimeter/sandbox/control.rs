//! The supervisor's end of its conversations with a sandbox, without blocking.

use std::io;
use std::os::fd::{AsFd as _, OwnedFd};
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::unix::AsyncFd;
use tokio::sync::Mutex;

use super::Error;
use super::channel;
use super::denials::Places;
use super::policy::{Mode, Reply, Request};

/// One end of a [`channel::pair`].
#[derive(Debug)]
pub(super) struct Socket(AsyncFd<OwnedFd>);

impl Socket {
    pub(super) fn new(fd: OwnedFd) -> io::Result<Self> {
        rustix::io::ioctl_fionbio(&fd, true)?;
        Ok(Self(super::sys::watch(fd)?))
    }

    /// The next message; nothing when the other end is closed. Safe to drop before it is done.
    pub(super) async fn receive<T: DeserializeOwned>(
        &self,
    ) -> Result<Option<(T, Vec<OwnedFd>)>, Error> {
        loop {
            let mut guard = self.0.readable().await.map_err(Error::Control)?;
            if let Ok(result) = guard.try_io(|fd| channel::receive(fd.get_ref())) {
                return result.map_err(Error::Control);
            }
        }
    }

    /// Sends one message; a closed other end is [`Error::Gone`].
    pub(super) async fn send(
        &self,
        message: &impl Serialize,
        descriptors: &[OwnedFd],
    ) -> Result<(), Error> {
        let descriptors: Vec<_> = descriptors.iter().map(OwnedFd::as_fd).collect();
        loop {
            let mut guard = self.0.writable().await.map_err(Error::Control)?;
            if let Ok(result) =
                guard.try_io(|fd| channel::send(fd.get_ref(), message, &descriptors))
            {
                return result.map_err(|error| {
                    let closed = [io::ErrorKind::BrokenPipe, io::ErrorKind::ConnectionReset];
                    if closed.contains(&error.kind()) {
                        Error::Gone
                    } else {
                        Error::Control(error)
                    }
                });
            }
        }
    }
}

/// What every handle on a sandbox shares.
#[derive(Debug)]
pub(super) struct Shared {
    control: Mutex<Socket>,
    process_one: OwnedFd,
    mode: Mode,
    places: Places,
}

impl Shared {
    pub(super) fn new(control: Socket, process_one: OwnedFd, mode: Mode, places: Places) -> Self {
        Self {
            control: Mutex::new(control),
            process_one,
            mode,
            places,
        }
    }

    /// What is inside.
    pub(super) fn places(&self) -> &Places {
        &self.places
    }

    /// Asks process 1 inside, which answers in order.
    pub(super) async fn request(
        self: &Arc<Self>,
        request: Request,
        descriptors: Vec<OwnedFd>,
    ) -> Result<(Reply, Vec<OwnedFd>), Error> {
        let shared = Arc::clone(self);
        // In a task of its own: a caller that stops waiting must not leave an answer for the next one to read.
        let answer = tokio::spawn(async move {
            let control = shared.control.lock().await;
            control.send(&request, &descriptors).await?;
            match control.receive::<Reply>().await? {
                Some((Reply::Failed(failure), _)) => {
                    Err(Error::step(failure, shared.mode == Mode::Rootless))
                }
                Some(reply) => Ok(reply),
                None => Err(Error::Gone),
            }
        });
        match answer.await {
            Ok(reply) => reply,
            Err(_) => Err(Error::Gone),
        }
    }

    /// Kills everything inside.
    pub(super) fn kill(&self) {
        super::spawn::kill(&self.process_one);
    }
}
