//! The supervisor's half of building the walls: start the init stage, collect what it hands out, check what is enforced.

use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;
use tokio::io::AsyncReadExt as _;
use tokio::time::timeout;

use super::control::{Shared, Socket};
use super::policy::{Action, Event, Kind, Mode, PayloadId, Policy, Reply, path};
use super::probe::{self, Report};
use super::{Enforced, Error, Sandbox, Walls, channel, lockdown, running, spawn};

/// Time to build the walls; nearly all of it is copying trees.
const PREPARE_SECS_MAX: u64 = 120;

/// Time for an answer of our own code inside.
const ANSWER_SECS_MAX: u64 = 30;

/// Bytes of such an answer.
const ANSWER_BYTES_MAX: u64 = 4 << 20;

/// Builds the walls and reads back what they are.
pub(super) async fn prepare(walls: &Walls) -> Result<Sandbox, Error> {
    let policy = Policy::compile(walls)?;
    let (ours, theirs) = channel::pair().map_err(Error::Control)?;
    let control = Socket::new(ours).map_err(Error::Control)?;
    let sealed = serde_json::to_vec(&policy)
        .map_err(std::io::Error::other)
        .and_then(|text| channel::sealed("policy", &text))
        .map_err(Error::Control)?;
    let mut init = spawn::Init::start(sealed, theirs).await?;
    let rootless = policy.mode == Mode::Rootless;
    let built = timeout(
        Duration::from_secs(PREPARE_SECS_MAX),
        collect(&control, &mut init, rootless),
    );
    let built = built
        .await
        .map_err(|_| Error::PrepareDeadline(PREPARE_SECS_MAX))??;
    let shared = Arc::new(Shared::new(
        control,
        built.process_one,
        policy.mode,
        policy.places(),
    ));
    let report: Report = ask(&shared, &Action::Report).await?;
    let enforced = compare(&policy, &report, &built.root, init.id())?;
    let mut descriptors = built.descriptors.into_iter();
    let listeners = descriptors
        .by_ref()
        .take(policy.listeners)
        .map(|fd| {
            let listener = TcpListener::from(fd);
            listener.set_nonblocking(true)?;
            Ok(listener)
        })
        .collect::<std::io::Result<Vec<_>>>()
        .map_err(Error::Control)?;
    let targets: Vec<PathBuf> = policy
        .mounts
        .iter()
        .map(|line| path(&line.target).to_owned())
        .collect();
    let in_memory = policy
        .mounts
        .iter()
        .filter(|line| matches!(line.kind, Kind::Scratch | Kind::Copy))
        .map(|line| path(&line.target).to_owned());
    Ok(Sandbox {
        shared,
        init,
        listeners,
        trees: in_memory.zip(descriptors).collect(),
        targets,
        enforced,
    })
}

/// What the init stage handed out.
struct Built {
    process_one: OwnedFd,
    root: Vec<String>,
    descriptors: Vec<OwnedFd>,
}

async fn collect(control: &Socket, init: &mut spawn::Init, rootless: bool) -> Result<Built, Error> {
    let mut process_one = None;
    loop {
        let Some((reply, mut descriptors)) = control.receive::<Reply>().await? else {
            // It ended without a word: either it never was our init stage, or it was killed.
            return Err(match process_one {
                None => Error::NotInit {
                    executable: spawn::executable(),
                },
                Some(_) => Error::Gone,
            });
        };
        match (reply, process_one.take()) {
            (Reply::Hello, None) => {
                let pidfd = descriptors.pop().ok_or(Error::Gone)?;
                init.has(pidfd.try_clone().map_err(Error::Control)?);
                process_one = Some(pidfd);
            }
            (Reply::Ready { root }, Some(process_one)) => {
                return Ok(Built {
                    process_one,
                    root,
                    descriptors,
                });
            }
            (Reply::Failed(failure), _) => return Err(Error::step(failure, rootless)),
            (Reply::Hello | Reply::Ready { .. } | Reply::Started | Reply::Socket, _) => {
                return Err(Error::Gone);
            }
        }
    }
}

/// Runs one of our own actions under the payload's restrictions and reads its answer.
pub(super) async fn ask<T: DeserializeOwned>(
    shared: &Arc<Shared>,
    action: &Action,
) -> Result<T, Error> {
    let answer = async {
        let nothing = channel::sealed("stdin", b"").map_err(Error::Control)?;
        let launched = running::launch(shared, action, nothing, "lightsout").await?;
        let mut text = Vec::new();
        launched
            .stdout
            .take(ANSWER_BYTES_MAX)
            .read_to_end(&mut text)
            .await
            .map_err(Error::Control)?;
        match launched.channel.receive::<Event>().await? {
            Some((Event::Exited(0), _)) => {
                serde_json::from_slice(&text).map_err(|error| Error::Control(error.into()))
            }
            Some((
                Event::Watched
                | Event::Started
                | Event::Exited(_)
                | Event::Signalled(_)
                | Event::Failed(_),
                _,
            ))
            | None => Err(Error::Gone),
        }
    };
    timeout(Duration::from_secs(ANSWER_SECS_MAX), answer)
        .await
        .map_err(|_| Error::PrepareDeadline(ANSWER_SECS_MAX))?
}

/// What was read back, against what was asked for.
fn compare(
    policy: &Policy,
    report: &Report,
    root: &[String],
    init: u32,
) -> Result<Enforced, Error> {
    let hold = |holds: bool, what: &str| {
        if holds {
            Ok(())
        } else {
            Err(Error::NotEnforced(what.to_owned()))
        }
    };
    let (uid, gid) = policy.identity.resolve(init);
    hold((report.uid, report.gid) == (uid, gid), "user id")?;
    hold(
        report.capabilities.len() == lockdown::CAPABILITY_SETS.len()
            && report
                .capabilities
                .values()
                .all(|set| u64::from_str_radix(set, 16) == Ok(0)),
        "capabilities",
    )?;
    hold(report.no_new_privs, "no_new_privs")?;
    hold(report.seccomp_mode == 2, "system call filter")?;
    hold(report.root == root, "names in the root")?;
    for (name, _, limit) in lockdown::limits(policy) {
        hold(report.rlimits.get(name) == Some(&limit), name)?;
    }
    let ours = probe::namespaces().map_err(Error::Control)?;
    let mut namespaces = Vec::new();
    for (name, inside) in &report.namespaces {
        let outside = ours.get(name);
        let shared = name == "user" && policy.mode == Mode::Root;
        hold(
            shared == (outside == Some(inside)),
            &format!("{name} namespace"),
        )?;
        if !shared {
            namespaces.push(name.clone());
        }
    }
    let landlock_scopes = if report.landlock_abi >= lockdown::LANDLOCK_ABI_SCOPES {
        vec!["abstract_unix_socket".to_owned(), "signal".to_owned()]
    } else {
        Vec::new()
    };
    Ok(Enforced {
        mode: match policy.mode {
            Mode::Root => "root".to_owned(),
            Mode::Rootless => "rootless".to_owned(),
        },
        uid_outside: match policy.mode {
            Mode::Root => report.uid,
            Mode::Rootless => rustix::process::geteuid().as_raw(),
        },
        uid: report.uid,
        gid: report.gid,
        groups: report.groups.clone(),
        capabilities: report.capabilities.clone(),
        no_new_privs: report.no_new_privs,
        seccomp_mode: report.seccomp_mode,
        seccomp_filters: report.seccomp_filters,
        landlock_abi: report.landlock_abi.unsigned_abs(),
        landlock_scopes,
        namespaces,
        root: report.root.clone(),
        rlimits: report.rlimits.clone(),
        not_enforced: not_enforced(policy, report),
    })
}

/// Said openly: what this sandbox does not limit on this machine.
fn not_enforced(policy: &Policy, report: &Report) -> Vec<String> {
    let mut list = vec![
        "memory: no control group; when memory runs out the kernel kills the sandbox before the supervisor"
            .to_owned(),
    ];
    let root_id = matches!(policy.identity, PayloadId::Fixed { uid: 0, .. });
    if root_id && policy.mode == Mode::Root {
        list.push("processes: the kernel does not limit the processes of user 0".to_owned());
    }
    if report.landlock_abi < lockdown::LANDLOCK_ABI_SCOPES {
        list.push(format!(
            "scopes: Landlock ABI {} has none for signals and abstract sockets; namespaces keep both inside",
            report.landlock_abi
        ));
    }
    if !report.groups.is_empty() {
        list.push(
            "groups: without root the caller's supplementary groups cannot be dropped".to_owned(),
        );
    }
    list
}
