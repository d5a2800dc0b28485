//! Hostile folders on the real file system, and their honest twins.

use std::fs;
use std::io::Write as _;
use std::os::fd::AsFd as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::Path;

use proptest::prelude::*;

use super::path::PathRule;
use super::*;

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn read(folder: &Path, limits: &Limits) -> Result<Tree, ImportError> {
    import(open_folder(folder)?.as_fd(), limits)
}

fn honest() -> tempfile::TempDir {
    folder(&[
        ("Pulumi.yaml", "name: site\nruntime: yaml\n"),
        ("a/b/c.txt", "c\n"),
    ])
}

/// A folder in which `spoil` did one thing must be refused; without it the same folder passes.
#[track_caller]
fn refused(spoil: impl FnOnce(&Path)) -> ImportError {
    let folder = honest();
    assert_eq!(
        read(folder.path(), &Limits::default())
            .unwrap()
            .files()
            .len(),
        2
    );
    spoil(folder.path());
    let error = read(folder.path(), &Limits::default()).expect_err("a hostile folder passed");
    let text = error.to_string();
    assert!(!text.chars().any(char::is_control), "{text:?}");
    error
}

#[track_caller]
fn entry(spoil: impl FnOnce(&Path)) -> EntryReason {
    let error = refused(spoil);
    let ImportError::Entry { reason, .. } = error else {
        panic!("{error}");
    };
    reason
}

#[track_caller]
fn rule(spoil: impl FnOnce(&Path)) -> PathRule {
    let error = refused(spoil);
    let ImportError::Path(error) = error else {
        panic!("{error}");
    };
    error.rule()
}

#[track_caller]
fn name(name: &[u8]) -> PathRule {
    let name = std::ffi::OsStr::from_bytes(name);
    rule(|at| fs::write(at.join("a").join(name), "x").unwrap())
}

#[test]
fn a_folder_is_read_with_its_modes_and_hashes() {
    let folder = honest();
    let script = folder.path().join("run.sh");
    fs::write(&script, "#!/bin/sh\n").unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    fs::create_dir(folder.path().join("empty")).unwrap();
    let tree = read(folder.path(), &Limits::default()).unwrap();
    let found: Vec<_> = tree
        .files()
        .iter()
        .map(|(p, f)| (p.as_str(), f.mode()))
        .collect();
    assert_eq!(
        found,
        [
            ("Pulumi.yaml", Mode::Plain),
            ("a/b/c.txt", Mode::Plain),
            ("run.sh", Mode::Executable)
        ]
    );
    assert_eq!(tree.file("a/b/c.txt").unwrap().hash(), Sha256::of(b"c\n"));
    assert_eq!(
        tree.hash(),
        read(folder.path(), &Limits::default()).unwrap().hash()
    );
}

#[test]
fn a_symlink_to_a_canary_is_refused_wherever_it_points() {
    let canary = folder(&[("holdout.feature", "CANARY")]);
    let canary = canary.path().join("holdout.feature");
    assert_eq!(
        entry(|at| symlink(&canary, at.join("x")).unwrap()),
        EntryReason::Symlink
    );
    assert_eq!(
        entry(|at| symlink("b", at.join("a/x")).unwrap()),
        EntryReason::Symlink
    );
    assert_eq!(
        entry(|at| symlink("../../..", at.join("a/x")).unwrap()),
        EntryReason::Symlink
    );
    assert_eq!(
        entry(|at| symlink("/proc/self/root", at.join("x")).unwrap()),
        EntryReason::Symlink
    );
    assert_eq!(
        entry(|at| symlink("nowhere", at.join("x")).unwrap()),
        EntryReason::Symlink
    );
}

#[test]
fn a_hard_link_to_a_canary_is_refused() {
    // On one file system: `openat2` alone would return it as an ordinary file.
    let both = tempfile::tempdir().unwrap();
    let canary = both.path().join("holdout.feature");
    fs::write(&canary, "CANARY").unwrap();
    let tree = both.path().join("tree");
    fs::create_dir(&tree).unwrap();
    fs::hard_link(&canary, tree.join("mine.txt")).unwrap();
    let found = read(&tree, &Limits::default());
    assert!(
        matches!(&found, Err(ImportError::Entry { reason: EntryReason::HardLink, path }) if path == "mine.txt"),
        "{found:?}"
    );
    fs::remove_file(&canary).unwrap();
    assert_eq!(read(&tree, &Limits::default()).unwrap().files().len(), 1);
}

#[test]
fn a_pipe_does_not_hang_us() {
    let fifo = |at: &Path| {
        rustix::fs::mknodat(
            rustix::fs::CWD,
            at.join("a/x"),
            rustix::fs::FileType::Fifo,
            0o644.into(),
            0,
        )
        .unwrap();
    };
    assert_eq!(entry(fifo), EntryReason::Fifo);
}

#[test]
fn a_socket_is_refused() {
    let socket = |at: &Path| drop(std::os::unix::net::UnixListener::bind(at.join("x")).unwrap());
    assert_eq!(entry(socket), EntryReason::Socket);
}

#[test]
fn a_device_is_refused_unopened() {
    if !rustix::process::geteuid().is_root() {
        return; // Only root makes devices, so only root can be handed one.
    }
    let device = |at: &Path| {
        let zero = rustix::fs::makedev(1, 5);
        let kind = rustix::fs::FileType::CharacterDevice;
        rustix::fs::mknodat(rustix::fs::CWD, at.join("x"), kind, 0o666.into(), zero).unwrap();
    };
    assert_eq!(entry(device), EntryReason::Device);
}

#[test]
fn a_sparse_terabyte_costs_nothing() {
    let sparse = |at: &Path| {
        fs::File::create(at.join("x"))
            .unwrap()
            .set_len(1 << 40)
            .unwrap()
    };
    let error = refused(sparse);
    assert!(matches!(error, ImportError::FileTooLarge { .. }), "{error}");
}

#[test]
fn limits_hold_at_their_edge() {
    let folder = honest();
    let bytes = read(folder.path(), &Limits::default())
        .unwrap()
        .total_bytes();
    let with = |change: &dyn Fn(&mut Limits)| {
        let mut limits = Limits::default();
        change(&mut limits);
        read(folder.path(), &limits)
    };
    // Two files and two folders.
    assert!(with(&|l| l.entries = 4).is_ok());
    assert!(matches!(
        with(&|l| l.entries = 3),
        Err(ImportError::TooManyEntries { max: 3 })
    ));
    assert!(with(&|l| l.total_bytes = bytes).is_ok());
    assert!(matches!(
        with(&|l| l.total_bytes = bytes - 1),
        Err(ImportError::TreeTooLarge { .. })
    ));
    assert!(with(&|l| l.file_bytes = bytes - 2).is_ok());
    assert!(matches!(
        with(&|l| l.file_bytes = bytes - 3),
        Err(ImportError::FileTooLarge { .. })
    ));
}

#[test]
fn a_hundred_thousand_entries_are_not_read() {
    let many = |at: &Path| {
        for n in 0..100_000 {
            fs::File::create(at.join(format!("a/{n}"))).unwrap();
        }
    };
    let error = refused(many);
    assert!(
        matches!(error, ImportError::TooManyEntries { .. }),
        "{error}"
    );
}

#[test]
fn a_folder_without_end_is_not_followed() {
    let deep = |at: &Path| {
        let path: std::path::PathBuf = std::iter::repeat_n("d", 500).collect();
        fs::create_dir_all(at.join(path)).unwrap();
    };
    assert_eq!(rule(deep), PathRule::TooDeep);
}

#[test]
fn names_that_lie_are_refused() {
    assert_eq!(name(b".GIT"), PathRule::GitFolder);
    assert_eq!(name(b"git~1"), PathRule::GitFolder);
    assert_eq!(name(".g\u{200d}it".as_bytes()), PathRule::GitFolder);
    assert_eq!(name("main\u{202e}lmay.txt".as_bytes()), PathRule::Invisible);
    assert_eq!(name(b"a\nb"), PathRule::Control);
    assert_eq!(name(b"\x1b[2J"), PathRule::Control);
    assert_eq!(name(b"a\\b"), PathRule::Backslash);
    assert_eq!(name(b"a "), PathRule::TrailingSpaceOrDot);
    assert_eq!(name(b"\xff\xfe"), PathRule::NotUtf8);
}

#[test]
fn only_the_agents_own_git_folder_is_left_out_and_never_opened() {
    let limits = Limits {
        leave_out: vec![".git".to_owned()],
        ..Limits::default()
    };
    let git = |at: &Path| {
        fs::create_dir_all(at.join(".git/hooks")).unwrap();
        fs::write(
            at.join(".git/config"),
            "[core]\n\tfsmonitor = touch /marker\n",
        )
        .unwrap();
    };
    assert_eq!(rule(git), PathRule::GitFolder);
    let folder = honest();
    git(folder.path());
    assert_eq!(read(folder.path(), &limits).unwrap().files().len(), 2);
    // Not below the top, not another spelling, and what it is does not matter.
    for at in ["a/.git", ".Git"] {
        let folder = honest();
        fs::create_dir_all(folder.path().join(at)).unwrap();
        assert!(
            matches!(read(folder.path(), &limits), Err(ImportError::Path(_))),
            "{at}"
        );
    }
    let folder = honest();
    symlink("/", folder.path().join(".git")).unwrap();
    assert_eq!(read(folder.path(), &limits).unwrap().files().len(), 2);
}

#[test]
fn a_git_folder_full_of_traps_runs_nothing() {
    let folder = honest();
    let marker = folder.path().join("../marker-of-the-import");
    let command = format!("touch {}", marker.display());
    let nested = folder.path().join("nested");
    fs::create_dir_all(nested.join(".git/hooks")).unwrap();
    fs::write(
        nested.join(".git/config"),
        format!("[core]\n\tfsmonitor = {command}\n"),
    )
    .unwrap();
    fs::write(folder.path().join(".gitattributes"), "* filter=x\n").unwrap();
    let found = read(folder.path(), &Limits::default());
    assert!(
        matches!(&found, Err(ImportError::Path(e)) if e.rule() == PathRule::GitFolder),
        "{found:?}"
    );
    assert!(!marker.exists());
}

#[test]
fn what_belongs_to_another_user_is_refused() {
    let folder = honest();
    let owner = fs::metadata(folder.path().join("Pulumi.yaml"))
        .unwrap()
        .uid();
    let as_owner = |owner| {
        read(
            folder.path(),
            &Limits {
                owner: Some(owner),
                ..Limits::default()
            },
        )
    };
    assert!(as_owner(owner).is_ok());
    let found = as_owner(owner + 1);
    assert!(
        matches!(
            found,
            Err(ImportError::Entry {
                reason: EntryReason::ForeignOwner,
                ..
            })
        ),
        "{found:?}"
    );
}

#[test]
fn a_file_that_grows_while_it_is_read_is_refused() {
    let folder = honest();
    let path = folder.path().join("growing");
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                let mut file = fs::OpenOptions::new()
                    .create(true)
                    .append(true)
                    .open(&path)
                    .unwrap();
                file.write_all(b"more").unwrap();
                if file.metadata().unwrap().len() > 1 << 16 {
                    fs::write(&path, "").unwrap();
                }
            }
        });
        // Every answer is a whole file or a named refusal.
        for _ in 0..300 {
            match read(folder.path(), &Limits::default()) {
                Ok(tree) => {
                    let bytes = tree.file("growing").map_or(&[][..], File::bytes);
                    assert_eq!(bytes.len() % 4, 0);
                }
                Err(error) => assert!(matches!(error, ImportError::Changed { .. }), "{error}"),
            }
        }
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
    });
}

#[test]
fn what_is_written_is_new_read_only_and_found_when_changed() {
    let from = honest();
    fs::write(
        from.path().join("a-b"),
        "sorts between the folder and its files",
    )
    .unwrap();
    let tree = read(from.path(), &Limits::default()).unwrap();
    let to = tempfile::tempdir().unwrap();
    let into = to.path().join("tree");
    materialise(&tree, &into).unwrap();
    assert_eq!(read(&into, &Limits::default()).unwrap(), tree);
    let file = into.join("a/b/c.txt");
    assert_eq!(fs::metadata(&file).unwrap().mode() & 0o777, 0o444);
    // Never into something that is there.
    assert!(matches!(
        materialise(&tree, &into),
        Err(materialise::MaterialiseError::Write { .. })
    ));
    symlink(to.path(), to.path().join("link")).unwrap();
    assert!(materialise(&tree, &to.path().join("link")).is_err());
    materialise::verify(&into, tree.hash()).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    fs::write(&file, "d\n").unwrap();
    let found = materialise::verify(&into, tree.hash());
    assert!(
        matches!(found, Err(materialise::MaterialiseError::Differs { .. })),
        "{found:?}"
    );
}

#[test]
fn two_entries_of_one_name_are_refused() {
    let path = |text| RelPath::new(text).unwrap();
    let file = || File::new(Mode::Plain, Vec::new());
    let mut tree = Tree::new();
    tree.add(path("a/b"), file()).unwrap();
    assert!(matches!(
        tree.add(path("a/b"), file()),
        Err(TreeError::Taken { .. })
    ));
    assert!(matches!(
        tree.add(path("a"), file()),
        Err(TreeError::IsFolder { .. })
    ));
    assert!(matches!(
        tree.add(path("a/b/c"), file()),
        Err(TreeError::FileAbove { .. })
    ));
    tree.add(path("a.b"), file()).unwrap();
    tree.add(path("a-b/c"), file()).unwrap();
}

#[test]
fn changes_are_named_and_shown() {
    let base = folder(&[
        ("same", "s\n"),
        ("gone", "g\n"),
        ("edited", "one\ntwo\n"),
        ("mode", "m\n"),
    ]);
    let new = folder(&[
        ("same", "s\n"),
        ("edited", "one\n2\u{1b}[31m\n"),
        ("mode", "m\n"),
        ("added", "a\n"),
    ]);
    fs::set_permissions(new.path().join("mode"), fs::Permissions::from_mode(0o700)).unwrap();
    let base = read(base.path(), &Limits::default()).unwrap();
    let new = read(new.path(), &Limits::default()).unwrap();
    let found: Vec<_> = changes(&base, &new)
        .into_iter()
        .map(|c| (c.path.to_string(), c.kind))
        .collect();
    let expected = [
        ("added", Kind::Added),
        ("edited", Kind::Modified),
        ("gone", Kind::Deleted),
        ("mode", Kind::ModeChanged),
    ];
    assert_eq!(found, expected.map(|(path, kind)| (path.to_owned(), kind)));
    insta::assert_snapshot!(change::diff(&base, &new, 10_000), @r"
    --- added (nothing)
    +++ added (plain)
    @@ -0,0 +1 @@
    +a
    --- edited (plain)
    +++ edited (plain)
    @@ -1,2 +1,2 @@
     one
    -two
    +2\u{1b}[31m
    --- gone (plain)
    +++ gone (nothing)
    @@ -1 +0,0 @@
    -g
    --- mode (plain)
    +++ mode (executable)
    ");
    let short = change::diff(&base, &new, 120);
    assert!(
        short.len() <= 122 && short.contains("the rest is not shown"),
        "{short}"
    );
    assert_eq!(changes(&base, &base), []);
}

#[test]
fn a_diff_of_a_hundred_thousand_lines_is_not_computed() {
    let lines = |word: &str| {
        (0..100_000)
            .map(|n| format!("{word}{n}\n"))
            .collect::<String>()
    };
    let base = folder(&[("x", &lines("a"))]);
    let new = folder(&[("x", &lines("b"))]);
    let base = read(base.path(), &Limits::default()).unwrap();
    let new = read(new.path(), &Limits::default()).unwrap();
    assert!(change::diff(&base, &new, 10_000).contains("too many lines to show"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_what_was_taken_in(
        files in proptest::collection::btree_map(
            "[a-zA-Zä.-]{1,4}(/[a-z-]{1,3}){0,3}",
            (proptest::collection::vec(any::<u8>(), 0..64), any::<bool>()),
            0..24,
        )
    ) {
        let mut tree = Tree::new();
        for (path, (bytes, executable)) in files {
            let mode = if executable { Mode::Executable } else { Mode::Plain };
            if let Ok(path) = RelPath::new(&path) {
                // Two paths may stand in each other's way; the first one stays.
                drop(tree.add(path, File::new(mode, bytes)));
            }
        }
        let to = tempfile::tempdir().unwrap();
        let into = to.path().join("tree");
        materialise(&tree, &into).unwrap();
        let back = read(&into, &Limits::default()).unwrap();
        prop_assert_eq!(back.hash(), tree.hash());
        prop_assert_eq!(&back, &tree);
        let listing = tree.listing();
        let json = serde_json::to_string(&listing).unwrap();
        prop_assert_eq!(serde_json::from_str::<Vec<Listed>>(&json).unwrap(), listing);
    }

    #[test]
    fn no_patch_makes_us_panic(text in "(\\PC|\n){0,200}") {
        let base = Tree::new();
        let patch = format!("diff --git a/x b/x\n{text}");
        // Whatever it says: an answer, never a panic.
        drop(patch::apply(&base, &Folder::TOP, patch.as_bytes(), &Limits::default()));
    }
}
