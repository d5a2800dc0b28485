use super::super::Limits;
use super::*;

fn read_only(target: &str) -> Mount {
    Mount::ReadOnly {
        source: "/srv/x".into(),
        target: target.into(),
    }
}

fn scratch(target: &str) -> Mount {
    Mount::Scratch {
        target: target.into(),
        bytes_max: 1 << 20,
    }
}

fn compile(mounts: Vec<Mount>) -> Result<Policy, Error> {
    Policy::compile(&Walls {
        mounts,
        identity: Identity::Dedicated,
        listeners: 0,
        limits: Limits {
            processes: 1,
            open_files: 1,
            file_bytes: 1,
            scratch_bytes: 1,
        },
    })
}

#[track_caller]
fn refused(mounts: Vec<Mount>, rule: &str) {
    let error = compile(mounts)
        .expect_err("the target is refused")
        .to_string();
    assert!(error.contains(rule), "{error}");
}

#[test]
fn a_target_is_never_inside_a_tree_of_the_host() {
    refused(
        vec![read_only("/work"), scratch("/work/x")],
        "inside a folder of the host",
    );
    compile(vec![scratch("/work"), read_only("/work/x")]).expect("in memory it may be");
    compile(vec![read_only("/work/a"), read_only("/work/b")]).expect("beside it may be");
    compile(vec![read_only("/work"), read_only("/workshop")]).expect("a prefix is no parent");
}

#[test]
fn a_target_replaces_nothing_of_the_base() {
    for target in [
        "/",
        "/usr/local",
        "/etc/passwd",
        "/proc/x",
        "/tmp",
        "/home",
        "/home/user",
    ] {
        compile(vec![scratch(target)]).expect_err("it belongs to the base");
    }
    compile(vec![scratch("/tmp/x"), scratch("/home/user/.cache")]).expect("beneath is allowed");
}

#[test]
fn paths_are_plain() {
    for target in ["work", "/work/../etc", "/a\0b", ""] {
        compile(vec![scratch(target)]).expect_err("not a plain path");
    }
    let up = Mount::ReadOnly {
        source: "/srv/../etc".into(),
        target: "/work".into(),
    };
    assert!(matches!(compile(vec![up]), Err(Error::Source { .. })));
}

#[test]
fn two_mounts_never_share_a_target() {
    refused(vec![scratch("/work"), scratch("/work")], "two mounts");
}

#[test]
fn parents_come_first() {
    let policy =
        compile(vec![scratch("/a/b/c"), scratch("/a"), scratch("/a/b")]).expect("compiles");
    let order: Vec<_> = policy.mounts.iter().map(|line| line.target.len()).collect();
    assert_eq!(order, [2, 4, 6]);
}

#[test]
fn a_dedicated_id_is_never_root_and_never_shared() {
    let (first, second) = (
        PayloadId::Dedicated.resolve(2),
        PayloadId::Dedicated.resolve(3),
    );
    assert!(first.0 > 1_000_000 && first != second);
}
