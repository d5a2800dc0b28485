use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};

use super::super::Watch;
use super::super::filter::Filters;
use super::*;

/// A thread of this process under the asking filter: it hands its listener out, waits for a word, and calls.
fn payload<T: Send + 'static>(
    call: impl FnOnce() -> T + Send + 'static,
) -> (Listener, mpsc::Sender<()>, JoinHandle<T>) {
    let (give, given) = mpsc::channel();
    let (go, gone) = mpsc::channel();
    let thread = thread::spawn(move || {
        rustix::thread::set_no_new_privs(true).unwrap();
        let filters = Filters::compile().unwrap();
        give.send(filters.apply(Watch::Denials).unwrap().unwrap())
            .unwrap();
        gone.recv().unwrap();
        call()
    });
    (Listener::new(given.recv().unwrap()), go, thread)
}

fn errno<T>(result: io::Result<T>) -> Option<i32> {
    result.map_or_else(|error| error.raw_os_error(), |_| None)
}

fn chroot() -> Option<i32> {
    errno(rustix::process::chroot("/").map_err(io::Error::from))
}

#[test]
fn without_its_listener_nothing_passes() {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = server.local_addr().unwrap();
    let (listener, go, thread) = payload(move || (chroot(), errno(TcpStream::connect(address))));
    drop(listener);
    go.send(()).unwrap();
    let refused = Some(libc::ENOSYS);
    assert_eq!(thread.join().unwrap(), (refused, refused));
}

#[test]
fn a_call_that_waits_is_refused_when_its_listener_goes() {
    let (listener, go, thread) = payload(chroot);
    go.send(()).unwrap();
    let call = listener.next().unwrap().unwrap();
    assert_eq!(call.number, libc::SYS_chroot);
    drop(listener);
    assert_eq!(thread.join().unwrap(), Some(libc::ENOSYS));
}

#[test]
fn an_answer_reaches_its_call_and_the_last_thread_ends_the_questions() {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = server.local_addr().unwrap();
    let (listener, go, thread) = payload(move || (chroot(), errno(TcpStream::connect(address))));
    go.send(()).unwrap();
    let first = listener.next().unwrap().unwrap();
    assert!(matches!(
        listener.look(&first, 8, 16).unwrap(),
        Look::BadAddress
    ));
    listener.answer(&first, Answer::Refuse).unwrap();
    let second = listener.next().unwrap().unwrap();
    let [_, at, length, ..] = second.arguments;
    let length = usize::try_from(length).unwrap();
    match listener.look(&second, at, length).unwrap() {
        Look::Bytes(bytes) => {
            assert_eq!(bytes.len(), length);
            assert_eq!(bytes.get(2..4), Some(&address.port().to_be_bytes()[..]));
        }
        other @ (Look::BadAddress | Look::NotAllowed | Look::Gone) => panic!("{other:?}"),
    }
    listener.answer(&second, Answer::LetPass).unwrap();
    assert_eq!(thread.join().unwrap(), (Some(libc::EPERM), None));
    // Both have their answer: there is nobody to look at or to answer any more, and nobody left to ask.
    assert!(matches!(listener.look(&first, 8, 16).unwrap(), Look::Gone));
    listener.answer(&second, Answer::Refuse).unwrap();
    assert!(listener.next().unwrap().is_none());
}
