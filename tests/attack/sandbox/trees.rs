//! Trees: read-only, writable, in memory, refused.

use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;

use lightsout::perimeter::sandbox::{Error, Identity, Mount, Sandbox, Step};
use rustix::fs::{Mode, OFlags, ResolveFlags, openat2};

use super::support::*;

async fn refused(mounts: Vec<Mount>) -> (Step, String) {
    match Sandbox::prepare(walls(mounts)).await {
        Err(Error::Step { step, on, .. }) => (step, on),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn read_only_means_no_writing_and_nested_targets_work() {
    let (program, modules) = (Outside::new(), Outside::new());
    let sandbox = sandbox(vec![
        modules.read_only("/work/node_modules"),
        program.read_only("/work/program"),
    ])
    .await;
    let script = "cat /work/program/file /work/node_modules/file; \
                  echo x 2>/dev/null >/work/program/file || touch /work/program/new 2>/dev/null || touch /work/new 2>/dev/null || echo -n refused";
    assert_eq!(sh(&sandbox, script).await, "contentcontentrefused");
    assert_eq!(
        std::fs::read(program.path().join("file")).expect("there"),
        b"content"
    );
}

#[tokio::test]
async fn a_single_file_can_be_shown() {
    let outside = Outside::new();
    let mount = Mount::ReadOnly {
        source: outside.path().join("file"),
        target: "/work/deep/name.txt".into(),
    };
    let sandbox = sandbox(vec![mount]).await;
    assert_eq!(
        sh(&sandbox, "cat /work/deep/name.txt; ls /work/deep").await,
        "contentname.txt"
    );
}

#[tokio::test]
async fn what_the_callers_id_writes_stays() {
    let outside = Outside::new();
    let mut walls = walls(vec![Mount::ReadWrite {
        source: outside.path().to_owned(),
        target: "/state".into(),
    }]);
    walls.identity = Identity::Caller;
    let sandbox = Sandbox::prepare(walls).await.expect("the walls stand");
    sh(&sandbox, "echo state >/state/new").await;
    assert_eq!(
        std::fs::read(outside.path().join("new")).expect("there"),
        b"state\n"
    );
}

/// What the importer does, after everything inside is gone.
#[tokio::test]
async fn a_copy_is_written_inside_and_read_after_the_end() {
    let outside = Outside::new();
    std::fs::create_dir(outside.path().join("folder")).expect("made");
    let program = outside.path().join("folder/run");
    std::fs::write(&program, "#!/bin/sh\necho ran").expect("written");
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).expect("set");
    let sandbox = sandbox(vec![outside.copy("/work/tree")]).await;
    let script = "cd /work/tree && ./folder/run && test ! -x file && echo changed >file && mkdir more && echo new >more/new";
    assert_eq!(sh(&sandbox, script).await, "ran");
    let tree = sandbox.tree("/work/tree".as_ref()).expect("a tree");
    assert!(sandbox.tree("/work".as_ref()).is_none());
    let uid = sandbox.enforced().uid_outside;
    sandbox.end().await.expect("ended");
    for (name, expected) in [
        ("file", "changed\n"),
        ("more/new", "new\n"),
        ("folder/run", "#!/bin/sh\necho ran"),
    ] {
        let fd = openat2(
            &tree,
            name,
            OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC,
            Mode::empty(),
            ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_XDEV,
        )
        .expect("opened");
        assert_eq!(rustix::fs::fstat(&fd).expect("stat").st_uid, uid);
        let mut content = String::new();
        std::fs::File::from(fd)
            .read_to_string(&mut content)
            .expect("read");
        assert_eq!(content, expected);
    }
    assert_eq!(
        std::fs::read(outside.path().join("file")).expect("there"),
        b"content"
    );
}

#[tokio::test]
async fn a_copy_takes_files_and_folders_only() {
    let link = Outside::new();
    std::fs::create_dir(link.path().join("a")).expect("made");
    std::os::unix::fs::symlink("/etc/passwd", link.path().join("a/link")).expect("linked");
    assert_eq!(
        refused(vec![link.copy("/work")]).await,
        (Step::CopyKind, "a/link".into())
    );

    let fifo = Outside::new();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        fifo.path().join("fifo"),
        rustix::fs::FileType::Fifo,
        Mode::from_raw_mode(0o644),
        0,
    )
    .expect("made");
    assert_eq!(
        refused(vec![fifo.copy("/work")]).await,
        (Step::CopyKind, "fifo".into())
    );

    let socket = Outside::new();
    let _listener =
        std::os::unix::net::UnixListener::bind(socket.path().join("socket")).expect("bound");
    assert_eq!(
        refused(vec![socket.copy("/work")]).await,
        (Step::CopyKind, "socket".into())
    );

    sandbox(vec![Outside::new().copy("/work")]).await;
}

/// A sparse file costs nothing outside.
#[tokio::test]
async fn a_copy_is_bounded() {
    let outside = Outside::new();
    let sparse = std::fs::File::create(outside.path().join("sparse")).expect("made");
    sparse.set_len(1 << 40).expect("sparse");
    let (step, on) = refused(vec![outside.copy("/work")]).await;
    assert_eq!((step, on.as_str()), (Step::CopySize, "sparse"));
    sparse.set_len(1 << 20).expect("smaller");
    sandbox(vec![outside.copy("/work")]).await;
}

/// A link planted by an earlier payload would lead the next launch elsewhere.
#[tokio::test]
async fn a_source_through_a_link_is_refused() {
    let outside = Outside::new();
    std::os::unix::fs::symlink("/etc", outside.path().join("link")).expect("linked");
    for source in ["link", "link/ssl"] {
        let mount = Mount::ReadOnly {
            source: outside.path().join(source),
            target: "/work".into(),
        };
        assert_eq!(refused(vec![mount]).await.0, Step::Source);
    }
    let mount = Mount::ReadOnly {
        source: outside.path().join("missing"),
        target: "/work".into(),
    };
    assert_eq!(refused(vec![mount]).await.0, Step::Source);
}

/// A tree with another mount in it would show more than its own folder.
#[tokio::test]
async fn a_source_with_a_mount_in_it_is_refused() {
    let mount = Mount::ReadOnly {
        source: "/dev".into(),
        target: "/work".into(),
    };
    let table = std::fs::read_to_string("/proc/self/mountinfo").expect("a table");
    assert!(
        table.contains(" /dev/"),
        "this host mounts something in /dev"
    );
    assert_eq!(refused(vec![mount]).await.0, Step::SourceMounts);
}
