//! Real plugin processes: one for each connection, nothing inherited, gone with their owner.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::*;
use crate::perimeter::tools::{Addition, Lock, Machine, Origin, ProviderSource, Tools};

/// Writes down who it is and what it was given, says its port, and stays.
const PLUGIN: &str = "#!/bin/sh\necho \"$$ $1\" >> \"$STARTED\"\necho \"$PORT\"\nexec sleep 1000\n";

async fn tool(folder: &Path, script: &str) -> Tool {
    let file = folder.join("plugin");
    std::fs::write(&file, script).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
    let machine = Machine {
        path: "/usr/bin:/bin".into(),
        home: folder.to_owned(),
        forwarded: vec![],
        proxy: None,
    };
    let tools = Tools::open(
        &folder.join("home"),
        Lock::built_in().unwrap(),
        machine,
        Origin::Home,
    )
    .unwrap();
    let addition = Addition::parse("local@0.1.0", ProviderSource::File(file)).unwrap();
    tools
        .add_provider(&addition, &folder.join("lock"), &|_| {})
        .await
        .unwrap()
        .tool
}

struct Running {
    gateway: Gateway,
    started: PathBuf,
    _folder: tempfile::TempDir,
    _servers: JoinSet<Result<(), ServeError>>,
}

async fn start(script: &str) -> Running {
    let folder = tempfile::tempdir().unwrap();
    let provider = listener();
    let port = provider.local_addr().unwrap().port();
    let mut servers = JoinSet::new();
    servers.spawn(crate::engine::wire::serve(
        provider,
        Fake::default(),
        std::future::pending(),
    ));
    let started = folder.path().join("started");
    let plugin = Plugin {
        package: "local".parse().unwrap(),
        tool: tool(folder.path(), script).await,
        env: vec![
            ("PORT".into(), port.to_string().into()),
            ("STARTED".into(), started.clone().into()),
            ("AWS_SECRET_ACCESS_KEY".into(), "its-own".into()),
        ],
        cwd: folder.path().to_owned(),
    };
    assert!(!format!("{plugin:?}").contains("its-own"));
    let gateway = Gateway::start(listener(), plugin).unwrap();
    Running {
        gateway,
        started,
        _folder: folder,
        _servers: servers,
    }
}

/// Process numbers of all plugins that were started, and the address each was given.
fn started(running: &Running) -> Vec<(String, String)> {
    let text = std::fs::read_to_string(&running.started).unwrap();
    text.lines()
        .map(|line| line.split_once(' ').unwrap())
        .map(|(a, b)| (a.to_owned(), b.to_owned()))
        .collect()
}

/// A process, watched from now on; `None` when it is gone already.
fn watch(pid: &str) -> Option<std::os::fd::OwnedFd> {
    let pid = rustix::process::Pid::from_raw(pid.trim().parse().unwrap()).unwrap();
    match rustix::process::pidfd_open(pid, rustix::process::PidfdFlags::empty()) {
        Err(rustix::io::Errno::SRCH) => None,
        opened => Some(opened.unwrap()),
    }
}

/// Waits until a watched process has ended.
async fn gone(watched: Option<std::os::fd::OwnedFd>) {
    let Some(watched) = watched else { return };
    let poll = move || {
        let mut polled = [rustix::event::PollFd::new(
            &watched,
            rustix::event::PollFlags::IN,
        )];
        let most = rustix::event::Timespec {
            tv_sec: 10,
            tv_nsec: 0,
        };
        rustix::event::poll(&mut polled, Some(&most))
    };
    assert_eq!(
        tokio::task::spawn_blocking(poll).await.unwrap(),
        Ok(1),
        "it still runs"
    );
}

#[tokio::test]
async fn each_connection_has_a_process_of_its_own_that_ends_with_it() {
    let running = start(PLUGIN).await;
    let mut first = ResourceProviderClient::new(dial(running.gateway.address()).await);
    let mut second = ResourceProviderClient::new(dial(running.gateway.address()).await);
    first.configure(ConfigureRequest::default()).await.unwrap();
    first.check(CheckRequest::default()).await.unwrap();
    second.configure(ConfigureRequest::default()).await.unwrap();
    let plugins = started(&running);
    assert_eq!(plugins.len(), 2);
    assert_eq!(
        running
            .gateway
            .observed()
            .calls
            .get("gateway/plugin started"),
        Some(&2)
    );
    // While the shell makes way for the program that it starts, a process has no environment to show.
    let environment = loop {
        let text = std::fs::read_to_string(format!("/proc/{}/environ", plugins[0].0)).unwrap();
        if !text.is_empty() {
            break text;
        }
        tokio::task::yield_now().await;
    };
    let mut names: Vec<&str> = environment
        .split_terminator('\0')
        .filter_map(|v| v.split('=').next())
        .collect();
    names.sort_unstable();
    // The shell adds its own working directory.
    names.retain(|name| *name != "PWD");
    assert_eq!(names, ["AWS_SECRET_ACCESS_KEY", "PORT", "STARTED"]);
    assert!(plugins[0].1.starts_with("127.0.0.1:") && plugins[0].1 == plugins[1].1);

    let (first_process, second_process) = (watch(&plugins[0].0), watch(&plugins[1].0));
    drop(first);
    gone(first_process).await;
    second.check(CheckRequest::default()).await.unwrap();
    drop(running.gateway);
    gone(second_process).await;
}

#[tokio::test]
async fn a_plugin_that_does_not_say_a_port_is_an_error_and_its_process_is_gone() {
    for script in [
        "#!/bin/sh\nexit 3\n",
        "#!/bin/sh\necho \"$$\" >> \"$STARTED\"\necho nonsense\nexec sleep 1000\n",
    ] {
        let running = start(script).await;
        let mut client = ResourceProviderClient::new(dial(running.gateway.address()).await);
        let status = client.get_plugin_info(()).await.unwrap_err();
        assert_eq!(status.code(), Code::Unavailable);
        assert!(
            status.message().starts_with("starting the provider plugin"),
            "{status}"
        );
        if let Ok(pid) = std::fs::read_to_string(&running.started) {
            gone(watch(&pid)).await;
        }
    }
}
