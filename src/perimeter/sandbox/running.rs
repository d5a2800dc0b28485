//! A command while it runs behind the walls: its output, its deadline, its end.
//!
//! INVARIANT: one task per command holds the command's channel. When the task ends, for whatever reason, the channel closes and
//! the keeper inside kills every process of the command.

use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::unix::pipe::{Receiver, Sender};
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until, timeout};

use super::capture::{Capture, Read};
use super::control::{Shared, Socket};
use super::denials::{self, Denials};
use super::policy::{Action, Event, Order, Request};
use super::{Command, End, Error, Finished, Watch, channel, policy};

/// Time between SIGINT and SIGKILL; the Pulumi engine needs some to write its state.
const GRACE: Duration = Duration::from_secs(10);

/// Time the keeper has to kill a command before the whole sandbox is killed.
const KILL: Duration = Duration::from_secs(5);

/// Time a command has from its request to its first instruction.
const START: Duration = Duration::from_secs(30);

/// Time for the rest of the output once no process of the command is left. It arrives at once, unless the command gave its
/// pipe to a command beside it.
const DRAIN: Duration = Duration::from_secs(1);

/// A command that runs; dropping it kills the command and all its children.
#[derive(Debug)]
pub struct Running {
    task: JoinHandle<Result<Finished, Error>>,
    lines: mpsc::UnboundedReceiver<Vec<u8>>,
    interrupt: Arc<Notify>,
}

impl Running {
    /// The next line of standard output without its newline; nothing when the output has ended.
    pub async fn next_line(&mut self) -> Option<Vec<u8>> {
        self.lines.recv().await
    }

    /// Waits for the end.
    ///
    /// # Errors
    /// The sandbox ended under it.
    pub async fn wait(mut self) -> Result<Finished, Error> {
        match (&mut self.task).await {
            Ok(finished) => finished,
            Err(_) => Err(Error::Gone),
        }
    }

    /// The lines of standard output, for somebody else to read.
    #[must_use]
    pub fn take_lines(&mut self) -> mpsc::UnboundedReceiver<Vec<u8>> {
        let (_, nothing) = mpsc::unbounded_channel();
        std::mem::replace(&mut self.lines, nothing)
    }

    /// What can stop it while it is waited for.
    #[must_use]
    pub fn stopper(&self) -> Stopper {
        Stopper(Arc::clone(&self.interrupt))
    }

    /// Asks it to stop: SIGINT now, SIGKILL for it and all its children after a grace. It then ends as [`End::Cancelled`].
    pub fn interrupt(&self) {
        self.interrupt.notify_one();
    }
}

/// Asks a command to stop that somebody else waits for.
#[derive(Debug, Clone)]
pub struct Stopper(Arc<Notify>);

impl Stopper {
    /// As [`Running::interrupt`].
    pub fn stop(&self) {
        self.0.notify_one();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Starts a command; [`Running::next_line`] yields something only if `lines`.
pub(super) async fn start(shared: &Arc<Shared>, command: Command) -> Result<Running, Error> {
    let stdin = channel::sealed("stdin", &command.stdin).map_err(Error::Control)?;
    start_with(shared, command, stdin).await
}

/// Starts a command whose standard input is written while it runs.
pub(super) async fn converse(
    shared: &Arc<Shared>,
    command: Command,
) -> Result<(Running, Sender), Error> {
    let (theirs, ours) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)
        .map_err(|errno| Error::Control(errno.into()))?;
    let ours = Sender::from_owned_fd(ours).map_err(Error::Control)?;
    Ok((start_with(shared, command, theirs).await?, ours))
}

async fn start_with(
    shared: &Arc<Shared>,
    command: Command,
    stdin: OwnedFd,
) -> Result<Running, Error> {
    let action = action(&command)?;
    let program = command.argv.first().map_or_else(String::new, |program| {
        program.to_string_lossy().into_owned()
    });
    let started = Instant::now();
    let launched = launch(shared, &action, stdin, &program).await?;
    let denials = match (command.watch, launched.listener) {
        (Watch::Unwatched, None) => None,
        (Watch::Denials, Some(listener)) => {
            Some(Denials::watch(listener, shared.places().clone()).map_err(Error::Control)?)
        }
        (Watch::Unwatched, Some(_)) | (Watch::Denials, None) => {
            shared.kill();
            return Err(Error::NotEnforced("a command is not watched".to_owned()));
        }
    };
    let (send, lines) = mpsc::unbounded_channel();
    let interrupt = Arc::new(Notify::new());
    let capture = |pipe, lines| Capture::new(pipe, command.output_bytes_max, lines);
    let task = Task {
        shared: Arc::clone(shared),
        channel: launched.channel,
        stdout: capture(launched.stdout, Some(send)),
        stderr: capture(launched.stderr, None),
        denials,
        interrupt: Arc::clone(&interrupt),
        started,
        deadline: started + command.deadline,
    };
    Ok(Running {
        task: tokio::spawn(task.run()),
        lines,
        interrupt,
    })
}

fn action(command: &Command) -> Result<Action, Error> {
    use std::os::unix::ffi::OsStrExt as _;
    let bytes = |text: &std::ffi::OsStr| text.as_bytes().to_vec();
    let argv: Vec<_> = command.argv.iter().map(|item| bytes(item)).collect();
    let env: Vec<_> = command
        .env
        .iter()
        .map(|(name, value)| [name.as_bytes(), b"=", value.as_bytes()].concat())
        .collect();
    let cwd = policy::bytes(&command.cwd);
    let absolute = argv
        .first()
        .is_some_and(|program| program.starts_with(b"/"));
    let nul = argv
        .iter()
        .chain(&env)
        .chain([&cwd])
        .any(|item| item.contains(&0));
    if !absolute || nul {
        return Err(Error::Command);
    }
    let watch = command.watch;
    Ok(Action::Exec {
        argv,
        env,
        cwd,
        watch,
    })
}

/// A command that has been started.
pub(super) struct Launched {
    pub(super) channel: Socket,
    pub(super) stdout: Receiver,
    pub(super) stderr: Receiver,
    /// The listener of a watched one.
    pub(super) listener: Option<OwnedFd>,
}

/// Starts an action inside, and returns when it runs.
pub(super) async fn launch(
    shared: &Arc<Shared>,
    action: &Action,
    stdin: OwnedFd,
    program: &str,
) -> Result<Launched, Error> {
    let io = Error::Control;
    let action = serde_json::to_vec(action)
        .map_err(std::io::Error::other)
        .and_then(|text| channel::sealed("command", &text))
        .map_err(io)?;
    let (stdout, stdout_in) = pipe()?;
    let (stderr, stderr_in) = pipe()?;
    let (ours, theirs) = channel::pair().map_err(io)?;
    let ours = Socket::new(ours).map_err(io)?;
    shared
        .request(
            Request::Start,
            vec![action, stdin, stdout_in, stderr_in, theirs],
        )
        .await?;
    let mut listener = None;
    let begin = async {
        loop {
            match ours.receive::<Event>().await? {
                Some((Event::Watched, mut descriptors)) => listener = descriptors.pop(),
                other => return Ok(other.map(|(event, _)| event)),
            }
        }
    };
    match timeout(START, begin).await {
        Ok(Ok(Some(Event::Started))) => Ok(Launched {
            channel: ours,
            stdout,
            stderr,
            listener,
        }),
        Ok(Ok(Some(Event::Failed(failure)))) => Err(Error::Start {
            program: program.to_owned(),
            step: failure.step,
            on: failure.on,
            errno: failure.errno,
        }),
        Ok(Err(error)) => Err(error),
        Ok(Ok(Some(Event::Watched | Event::Exited(_) | Event::Signalled(_)) | None)) | Err(_) => {
            shared.kill();
            Err(Error::Gone)
        }
    }
}

fn pipe() -> Result<(Receiver, OwnedFd), Error> {
    let (read, write) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)
        .map_err(|errno| Error::Control(errno.into()))?;
    Ok((
        Receiver::from_owned_fd(read).map_err(Error::Control)?,
        write,
    ))
}

/// The task of one command.
struct Task {
    shared: Arc<Shared>,
    channel: Socket,
    stdout: Capture,
    stderr: Capture,
    denials: Option<Denials>,
    interrupt: Arc<Notify>,
    started: Instant,
    deadline: Instant,
}

/// What happened next.
enum Next {
    Event(Option<Event>),
    Output(Read),
    Late,
    Interrupt,
}

impl Task {
    async fn run(mut self) -> Result<Finished, Error> {
        let mut cause = None;
        let mut killed = false;
        let mut until = self.deadline;
        let end = loop {
            let stop = match self.next(until).await? {
                Next::Event(Some(Event::Exited(code))) => break End::Exited(code),
                Next::Event(Some(Event::Signalled(signal))) => break End::Signalled(signal),
                Next::Event(Some(Event::Failed(_)) | None) => {
                    // Nobody keeps the command's processes any more.
                    self.shared.kill();
                    return Err(Error::Gone);
                }
                Next::Event(Some(Event::Watched | Event::Started))
                | Next::Output(Read::More | Read::Ended) => continue,
                Next::Late if killed => {
                    // The keeper does not get it down: the kernel does.
                    self.shared.kill();
                    break End::Signalled(libc::SIGKILL);
                }
                Next::Interrupt => {
                    cause = cause.or(Some(End::Cancelled));
                    self.order(Order::Interrupt).await;
                    until = until.min(Instant::now() + GRACE);
                    continue;
                }
                Next::Output(Read::TooMuch) => End::TooMuchOutput,
                Next::Late => End::DeadlinePassed,
            };
            cause = cause.or(Some(stop));
            if !killed {
                self.order(Order::Kill).await;
                killed = true;
                until = Instant::now() + KILL;
            }
        };
        let rest = async {
            let stdout = self.stdout.rest().await;
            (stdout, self.stderr.rest().await)
        };
        if let Ok((Read::TooMuch, _) | (_, Read::TooMuch)) = timeout(DRAIN, rest).await {
            cause = cause.or(Some(End::TooMuchOutput));
        }
        self.stdout.close();
        let denials = denials::counted(self.denials).await?;
        Ok(Finished {
            end: cause.unwrap_or(end),
            denials,
            stdout: self.stdout.kept(),
            stderr: self.stderr.kept(),
            duration: self.started.elapsed(),
        })
    }

    async fn next(&mut self, until: Instant) -> Result<Next, Error> {
        Ok(tokio::select! {
            event = self.channel.receive::<Event>() => Next::Event(event?.map(|(event, _)| event)),
            read = self.stdout.read() => Next::Output(read),
            read = self.stderr.read() => Next::Output(read),
            () = sleep_until(until) => Next::Late,
            () = self.interrupt.notified() => Next::Interrupt,
        })
    }

    /// Gives an order. One that cannot be given would have reached a keeper that has ended: what it said last is still to be read.
    async fn order(&self, order: Order) {
        drop(self.channel.send(&order, &[]).await);
    }
}
