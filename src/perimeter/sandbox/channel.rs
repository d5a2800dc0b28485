//! Messages with descriptors over a `SOCK_SEQPACKET` socket pair, in both directions and on both sides of the wall.
//!
//! One packet is one JSON message; a closed other end is `None`. Nothing of the payload's ever holds one of these sockets.

use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::cmsg_space;
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags,
    SendAncillaryBuffer, SendAncillaryMessage, SendFlags, SocketFlags, SocketType, recvmsg,
    sendmsg, socketpair,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Bytes of one message; what can be larger (arguments, environment) travels in a memory file.
const MESSAGE_BYTES_MAX: usize = 64 << 10;

/// Descriptors of one message; the kernel's own limit is 253.
pub(super) const DESCRIPTORS_MAX: usize = 200;

/// A connected pair.
pub(super) fn pair() -> io::Result<(OwnedFd, OwnedFd)> {
    Ok(socketpair(
        AddressFamily::UNIX,
        SocketType::SEQPACKET,
        SocketFlags::CLOEXEC,
        None,
    )?)
}

/// Sends one message.
pub(super) fn send(
    socket: impl AsFd,
    message: &impl Serialize,
    descriptors: &[BorrowedFd<'_>],
) -> io::Result<()> {
    let bytes = serde_json::to_vec(message).map_err(io::Error::other)?;
    if bytes.len() > MESSAGE_BYTES_MAX || descriptors.len() > DESCRIPTORS_MAX {
        return Err(io::Error::other("message over its limit"));
    }
    let mut space = [MaybeUninit::uninit(); cmsg_space!(ScmRights(DESCRIPTORS_MAX))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    if !descriptors.is_empty() && !ancillary.push(SendAncillaryMessage::ScmRights(descriptors)) {
        return Err(io::Error::other("no room for the descriptors"));
    }
    rustix::io::retry_on_intr(|| {
        sendmsg(
            &socket,
            &[IoSlice::new(&bytes)],
            &mut ancillary,
            SendFlags::NOSIGNAL,
        )
    })?;
    Ok(())
}

/// Receives one message and its descriptors; nothing when the other end is closed.
pub(super) fn receive<T: DeserializeOwned>(
    socket: impl AsFd,
) -> io::Result<Option<(T, Vec<OwnedFd>)>> {
    let mut bytes = vec![0; MESSAGE_BYTES_MAX];
    let mut space = [MaybeUninit::uninit(); cmsg_space!(ScmRights(DESCRIPTORS_MAX))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let mut next = || {
        rustix::io::retry_on_intr(|| {
            recvmsg(
                &socket,
                &mut [IoSliceMut::new(&mut bytes)],
                &mut ancillary,
                RecvFlags::CMSG_CLOEXEC,
            )
        })
    };
    let received = match next() {
        // The other side closed with something of ours unread. The kernel says so once, before what it had sent to us.
        Err(rustix::io::Errno::CONNRESET) => next()?,
        other => other?,
    };
    let mut descriptors = Vec::new();
    for message in ancillary.drain() {
        if let RecvAncillaryMessage::ScmRights(list) = message {
            descriptors.extend(list);
        }
    }
    if received
        .flags
        .intersects(ReturnFlags::TRUNC | ReturnFlags::CTRUNC)
    {
        return Err(io::Error::other("message over its limit"));
    }
    if received.bytes == 0 {
        return Ok(None);
    }
    let bytes = bytes.get(..received.bytes).ok_or_else(too_long)?;
    let message = serde_json::from_slice(bytes).map_err(io::Error::other)?;
    Ok(Some((message, descriptors)))
}

fn too_long() -> io::Error {
    io::Error::other("message longer than its buffer")
}

/// A sealed file in memory with these bytes, its offset at the start.
pub(super) fn sealed(name: &str, bytes: &[u8]) -> io::Result<OwnedFd> {
    use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};
    use std::io::{Seek as _, Write as _};
    let fd = memfd_create(name, MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
    let mut file = std::fs::File::from(fd);
    file.write_all(bytes)?;
    file.rewind()?;
    fcntl_add_seals(
        &file,
        SealFlags::SEAL | SealFlags::SHRINK | SealFlags::GROW | SealFlags::WRITE,
    )?;
    Ok(file.into())
}

/// Reads a file that [`sealed`] made; an unsealed one is refused, because its writer could change it while it is read.
pub(super) fn read_sealed<T: DeserializeOwned>(fd: OwnedFd) -> io::Result<T> {
    use rustix::fs::{SealFlags, fcntl_get_seals};
    use std::io::Read as _;
    if !fcntl_get_seals(&fd)?.contains(SealFlags::WRITE | SealFlags::SHRINK | SealFlags::GROW) {
        return Err(io::Error::other("the file in memory is not sealed"));
    }
    let mut bytes = Vec::new();
    std::fs::File::from(fd)
        .take(SEALED_BYTES_MAX)
        .read_to_end(&mut bytes)?;
    serde_json::from_slice(&bytes).map_err(io::Error::other)
}

/// Bytes of a policy or of a command in a sealed file. A longer one is cut and then does not parse. Arguments and environment
/// of a real `execve` end at 6 MiB; as JSON numbers they take up to four times that.
const SEALED_BYTES_MAX: u64 = 32 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_word_is_heard_when_ours_was_not() {
        let (ours, theirs) = pair().expect("a pair");
        send(&ours, &"unread", &[]).expect("sent");
        send(&theirs, &"last word", &[]).expect("sent");
        drop(theirs);
        let (word, _) = receive::<String>(&ours)
            .expect("received")
            .expect("a message");
        assert_eq!(word, "last word");
        assert!(receive::<String>(&ours).expect("closed").is_none());
    }

    #[test]
    fn descriptors_travel_with_their_message() {
        use std::os::fd::AsFd as _;
        let (ours, theirs) = pair().expect("a pair");
        let file = sealed("test", b"[1,2]").expect("a file");
        send(&ours, &"one", &[file.as_fd()]).expect("sent");
        let (_, mut descriptors) = receive::<String>(&theirs)
            .expect("received")
            .expect("a message");
        let file = descriptors.pop().expect("one");
        assert_eq!(read_sealed::<Vec<u8>>(file).expect("read"), [1, 2]);
    }

    #[test]
    fn an_unsealed_file_is_refused() {
        let file = tempfile::tempfile().expect("a file");
        read_sealed::<Vec<u8>>(file.into()).expect_err("anybody could still write it");
    }
}
