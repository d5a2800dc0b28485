use std::path::PathBuf;
use std::process::Command;

use super::*;
use crate::names::{RunId, Sha256, StackName};
use crate::perimeter::import::{changes, import, open_folder, patch};

/// A repository of the user's, made by the user's git, with hooks that leave a marker.
struct User {
    folder: tempfile::TempDir,
}

impl User {
    fn new() -> Self {
        let user = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        user.git(&["init", "-q", "-b", "main"]);
        user.write("lightsout.yaml", "version: 1\n");
        user.write("stacks/site/Pulumi.yaml", "name: site\nruntime: yaml\n");
        user.write("stacks/site/a/b.txt", "b\n");
        user.write("stacks/site2/other.txt", "other\n");
        user.git(&["add", "."]);
        user.git(&["update-index", "--chmod=+x", "stacks/site/a/b.txt"]);
        user.git(&["commit", "-qm", "first"]);
        user
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the user's own git, as the witness"
    )]
    fn git(&self, args: &[&str]) -> String {
        let out = Command::new("git")
            .args(["-c", "user.name=u", "-c", "user.email=u@example.com"])
            .args(args)
            .current_dir(self.folder.path())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .output()
            .unwrap();
        assert!(
            out.status.success(),
            "{args:?}: {}",
            String::from_utf8_lossy(&out.stderr)
        );
        String::from_utf8(out.stdout).unwrap()
    }

    fn open(&self) -> Repository {
        Repository::open(self.folder.path()).unwrap()
    }

    fn commit(&self) -> Base {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-qm", "more"]);
        self.open().base().unwrap()
    }
}

fn site() -> Folder {
    Folder::new("stacks/site").unwrap()
}

fn path(text: &str) -> RelPath {
    RelPath::new(text).unwrap()
}

fn branch() -> Branch {
    Branch::new(
        &StackName::new("site-prod").unwrap(),
        &RunId::new("run-1").unwrap(),
    )
    .unwrap()
}

struct Facts {
    branch: Branch,
    author: Author,
    run: RunId,
}

impl Facts {
    fn new() -> Self {
        Self {
            branch: branch(),
            author: Author {
                name: "lightsout".into(),
                email: "lightsout@example.com".into(),
                seconds: 1_700_000_000,
            },
            run: RunId::new("run-1").unwrap(),
        }
    }

    fn landing<'a>(&'a self, base: &Base, tree: TreeId, subject: &'a str) -> Landing<'a> {
        Landing {
            branch: &self.branch,
            tree,
            parent: base.commit,
            author: &self.author,
            subject,
            run: &self.run,
            clearance: Some(Sha256::of(b"clearance")),
        }
    }
}

/// Base folder with one file changed and one added.
fn changed(repository: &Repository, base: &Base) -> Tree {
    let mut tree = repository
        .folder(base, &site(), &Limits::default())
        .unwrap();
    tree.remove(&path("a/b.txt"));
    tree.add(
        path("a/c/new.txt"),
        File::new(Mode::Executable, b"new\n".to_vec()),
    )
    .unwrap();
    tree
}

#[test]
fn the_base_commit_is_read_and_not_the_work_tree() {
    let user = User::new();
    user.write("lightsout.yaml", "edited\n");
    let repository = Repository::open(&user.path("stacks/site/a")).unwrap();
    let base = repository.base().unwrap();
    assert_eq!(
        base.commit.to_string(),
        user.git(&["rev-parse", "HEAD"]).trim()
    );
    assert_eq!(
        repository
            .read_file(&base, &path("lightsout.yaml"), 100)
            .unwrap()
            .unwrap(),
        b"version: 1\n"
    );
    assert!(repository.differs_from_base(&base, &path("lightsout.yaml")));
    assert!(!repository.differs_from_base(&base, &path("stacks/site/Pulumi.yaml")));
    assert_eq!(
        repository
            .read_file(&base, &path("nothing/here"), 100)
            .unwrap(),
        None
    );
    let folder = repository
        .folder(&base, &site(), &Limits::default())
        .unwrap();
    let names: Vec<_> = folder
        .files()
        .iter()
        .map(|(p, f)| (p.as_str(), f.mode()))
        .collect();
    assert_eq!(
        names,
        [("Pulumi.yaml", Mode::Plain), ("a/b.txt", Mode::Executable)]
    );
    assert_eq!(repository.base_at(base.commit).unwrap(), base);
    assert_eq!(
        repository
            .folder(&base, &Folder::TOP, &Limits::default())
            .unwrap()
            .files()
            .len(),
        4
    );
}

#[test]
fn a_file_above_the_limit_is_not_read() {
    let user = User::new();
    let repository = user.open();
    let base = repository.base().unwrap();
    let read = |max| repository.read_file(&base, &path("lightsout.yaml"), max);
    assert!(matches!(read(10), Err(Error::TooLarge { .. })));
    assert!(read(11).unwrap().is_some());
    let limits = Limits {
        entries: 2,
        ..Limits::default()
    };
    let listed = repository.list(&base, &site(), &limits);
    assert!(
        matches!(listed, Err(Error::TooManyEntries { max: 2 })),
        "{listed:?}"
    );
}

#[test]
fn a_stack_folder_with_a_symlink_out_of_it_is_refused() {
    let user = User::new();
    std::os::unix::fs::symlink("../../../../etc/passwd", user.path("stacks/site/passwd")).unwrap();
    let base = user.commit();
    let repository = user.open();
    let error = repository
        .folder(&base, &site(), &Limits::default())
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "`passwd` of the base commit is a symbolic link, which may lead out of the folder: commit a plain file or folder instead"
    );
    // A folder that is a link is no folder, and nothing is read through it.
    std::os::unix::fs::symlink("site2", user.path("stacks/link")).unwrap();
    let base = user.commit();
    for at in ["stacks/link", "stacks/link/x"] {
        let listed = repository.list(&base, &Folder::new(at).unwrap(), &Limits::default());
        assert!(matches!(listed, Err(Error::Symlink { .. })), "{listed:?}");
    }
    assert!(
        repository
            .list(
                &base,
                &Folder::new("stacks/site2").unwrap(),
                &Limits::default()
            )
            .is_ok()
    );
}

#[test]
fn a_submodule_in_a_stack_folder_is_refused() {
    let user = User::new();
    let head = user.git(&["rev-parse", "HEAD"]);
    let info = format!("160000,{},stacks/site/module", head.trim());
    user.git(&["update-index", "--add", "--cacheinfo", &info]);
    user.git(&["commit", "-qm", "module"]);
    let repository = user.open();
    let base = repository.base().unwrap();
    let found = repository.folder(&base, &site(), &Limits::default());
    assert!(matches!(found, Err(Error::Submodule { .. })), "{found:?}");
}

#[test]
fn landing_touches_nothing_of_the_users() {
    let user = User::new();
    user.write(
        "stacks/site/Pulumi.yaml",
        "name: site\nruntime: yaml\n# my unfinished edit\n",
    );
    user.write("staged.txt", "staged\n");
    user.git(&["add", "staged.txt"]);
    // Git itself refreshes the index when it is asked, so it is asked before the first look.
    let status = user.git(&["status", "--porcelain"]);
    let look = || {
        let read = |path| std::fs::read(user.path(path)).unwrap();
        (
            read(".git/index"),
            read(".git/HEAD"),
            read("stacks/site/Pulumi.yaml"),
            user.git(&["rev-parse", "main"]),
        )
    };
    let before = look();
    let repository = user.open();
    let base = repository.base().unwrap();
    let id = repository
        .write_tree(&base, &site(), &changed(&repository, &base))
        .unwrap();
    repository
        .land(&Facts::new().landing(&base, id, "Land"))
        .unwrap();
    assert_eq!(look(), before);
    assert_eq!(user.git(&["status", "--porcelain"]), status);
    assert!(!user.path("stacks/site/a/c/new.txt").exists());
}

#[test]
fn what_lands_is_what_was_judged_with_our_trailers_only() {
    let user = User::new();
    let repository = user.open();
    let base = repository.base().unwrap();
    let tree = changed(&repository, &base);
    let id = repository.write_tree(&base, &site(), &tree).unwrap();
    let facts = Facts::new();
    let subject = "Add a thing\u{1b}[2J\nLightsout-Clearance: forged";
    let commit = repository.land(&facts.landing(&base, id, subject)).unwrap();
    let name = commit.to_string();
    assert_eq!(
        user.git(&["rev-parse", "lightsout/site-prod/run-1"]).trim(),
        name
    );
    user.git(&["fsck", "--strict", "--full"]);
    let names = user.git(&[
        "diff-tree",
        "-r",
        "--name-status",
        &base.commit.to_string(),
        &name,
    ]);
    assert_eq!(
        names,
        "D\tstacks/site/a/b.txt\nA\tstacks/site/a/c/new.txt\n"
    );
    assert!(user.git(&["ls-tree", "-r", &name]).contains("100755"));
    let message = user.git(&[
        "log",
        "-1",
        "--format=%s|%an|%ae|%at|%P|%(trailers:only)",
        &name,
    ]);
    let clearance = Sha256::of(b"clearance");
    assert_eq!(
        message.trim(),
        format!(
            "Add a thing[2J|lightsout|lightsout@example.com|1700000000|{}|Lightsout-Run: run-1\nLightsout-Clearance: {clearance}",
            base.commit
        )
    );
    let landed = repository.base_at(commit).unwrap();
    let read = repository
        .folder(&landed, &site(), &Limits::default())
        .unwrap();
    assert_eq!(read.hash(), tree.hash());
    assert_eq!(changes(&read, &tree), []);
}

#[test]
fn a_folder_and_the_patch_that_git_makes_of_it_are_one_proposal() {
    let user = User::new();
    let repository = user.open();
    let base = repository.base().unwrap();
    let before = repository
        .folder(&base, &site(), &Limits::default())
        .unwrap();
    user.write(
        "stacks/site/Pulumi.yaml",
        "name: site\nruntime: yaml\nresources:\n  a: {}\n",
    );
    user.write(
        "stacks/site/deep/er/größe und mehr.txt",
        "no newline at the end",
    );
    user.write("stacks/site/empty", "");
    std::fs::rename(
        user.path("stacks/site/a/b.txt"),
        user.path("stacks/site/a/moved.txt"),
    )
    .unwrap();
    let folder = open_folder(&user.path("stacks/site")).unwrap();
    let after = import(folder.as_fd(), &Limits::default()).unwrap();
    assert_eq!(changes(&before, &after).len(), 5);
    user.git(&["add", "-A"]);
    for way in [
        &["--no-renames"][..],
        &["-M", "-U0"],
        &["-M", "--no-color", "-c", "core.quotePath=false"],
    ] {
        let settings: Vec<&str> = way
            .iter()
            .skip_while(|arg| **arg != "-c")
            .copied()
            .collect();
        let flags = way.iter().take_while(|arg| **arg != "-c").copied();
        let args: Vec<&str> = settings
            .into_iter()
            .chain(["diff", "--cached", "HEAD"])
            .chain(flags)
            .collect();
        let patch = user.git(&args);
        let patched = patch::apply(&before, &site(), patch.as_bytes(), &Limits::default()).unwrap();
        assert_eq!(changes(&after, &patched), [], "{way:?}");
        assert_eq!(patched.hash(), after.hash());
    }
}

#[test]
fn landing_twice_is_the_same_commit_and_another_commit_is_a_conflict() {
    let user = User::new();
    let repository = user.open();
    let base = repository.base().unwrap();
    let id = repository
        .write_tree(&base, &site(), &changed(&repository, &base))
        .unwrap();
    let facts = Facts::new();
    let first = repository.land(&facts.landing(&base, id, "One")).unwrap();
    assert_eq!(
        repository.land(&facts.landing(&base, id, "One")).unwrap(),
        first
    );
    let second = repository.land(&facts.landing(&base, id, "Two"));
    assert!(
        matches!(second, Err(Error::BranchTaken { .. })),
        "{second:?}"
    );
    assert_eq!(
        user.git(&["rev-parse", "lightsout/site-prod/run-1"]).trim(),
        first.to_string()
    );
    // Packed refs are found too.
    user.git(&["pack-refs", "--all"]);
    let second = user.open().land(&facts.landing(&base, id, "Two"));
    assert!(
        matches!(second, Err(Error::BranchTaken { .. })),
        "{second:?}"
    );
}

#[test]
fn what_landed_is_in_the_base_once_it_is_merged_squashed_or_built_upon() {
    let user = User::new();
    let repository = user.open();
    let base = repository.base().unwrap();
    let tree = changed(&repository, &base);
    let id = repository.write_tree(&base, &site(), &tree).unwrap();
    let commit = repository
        .land(&Facts::new().landing(&base, id, "Land"))
        .unwrap();
    let content = repository.folder_name(&tree).unwrap();
    let has = |user: &User| {
        let repository = user.open();
        let base = repository.base().unwrap();
        repository.has_had(&base, &site(), content).unwrap()
    };
    assert!(!has(&user), "only on its own branch");
    // Squashed: another commit with the same content, then more on top of it.
    let before = base.commit.to_string();
    user.git(&["read-tree", "-u", "--reset", &commit.to_string()]);
    user.git(&["commit", "-qm", "squashed"]);
    assert!(has(&user));
    std::fs::write(user.path("stacks/site/more.txt"), "more").unwrap();
    user.git(&["add", "-A"]);
    user.git(&["commit", "-qm", "more"]);
    assert!(has(&user));
    // Merged, beside other work.
    user.git(&["reset", "-q", "--hard", &before]);
    assert!(!has(&user));
    std::fs::write(user.path("elsewhere.txt"), "other").unwrap();
    user.git(&["add", "-A"]);
    user.git(&["commit", "-qm", "other"]);
    user.git(&["merge", "-q", "--no-edit", "lightsout/site-prod/run-1"]);
    assert!(has(&user));
}

#[test]
fn many_landings_at_once_make_one_branch() {
    let user = User::new();
    let repository = user.open();
    let base = repository.base().unwrap();
    let id = repository
        .write_tree(&base, &site(), &changed(&repository, &base))
        .unwrap();
    let results: Vec<_> = std::thread::scope(|scope| {
        let land = |n: usize| {
            let repository = &repository;
            scope.spawn(move || {
                let facts = Facts::new();
                repository
                    .land(&facts.landing(&base, id, &format!("Writer {n}")))
                    .map_err(|e| e.to_string())
            })
        };
        let threads: Vec<_> = (0..8).map(land).collect();
        threads.into_iter().map(|t| t.join().unwrap()).collect()
    });
    let won: Vec<_> = results.iter().flatten().collect();
    assert_eq!(won.len(), 1, "{results:?}");
    assert_eq!(
        user.git(&["rev-parse", "lightsout/site-prod/run-1"]).trim(),
        won[0].to_string()
    );
}

#[test]
fn nothing_that_the_repository_configures_is_run() {
    let user = User::new();
    let marker = user.path("marker");
    let command = format!("touch {}", marker.display());
    let hooks = [
        "pre-commit",
        "post-commit",
        "reference-transaction",
        "post-index-change",
        "post-checkout",
        "update",
    ];
    for hook in hooks {
        let file = user.path(".git/hooks").join(hook);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, format!("#!/bin/sh\n{command}\n")).unwrap();
        std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o755))
            .unwrap();
    }
    let config = format!(
        "[core]\n\tfsmonitor = {command}\n\tsshCommand = {command}\n\talternateRefsCommand = {command}\n[filter \"x\"]\n\tclean = {command}\n\tsmudge = {command}\n\trequired = true\n\
         [diff]\n\texternal = {command}\n[gpg]\n\tprogram = {command}\n[commit]\n\tgpgSign = true\n[credential]\n\thelper = !{command}\n[include]\n\tpath = /nonexistent\n"
    );
    let file = user.path(".git/config");
    let old = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, old + &config).unwrap();
    user.write(".git/info/attributes", "* filter=x\n");
    let repository = user.open();
    let base = repository.base().unwrap();
    assert!(!repository.differs_from_base(&base, &path("stacks/site/Pulumi.yaml")));
    let id = repository
        .write_tree(&base, &site(), &changed(&repository, &base))
        .unwrap();
    repository
        .land(&Facts::new().landing(&base, id, "Land"))
        .unwrap();
    assert!(!marker.exists());
    // The traps are real: the user's own git runs into one.
    user.git(&["status"]);
    assert!(marker.exists());
}

#[test]
fn a_replacement_ref_does_not_change_the_base() {
    let user = User::new();
    let first = user.open().base().unwrap();
    user.write("lightsout.yaml", "version: evil\n");
    let second = user.commit();
    user.git(&[
        "replace",
        &first.commit.to_string(),
        &second.commit.to_string(),
    ]);
    let repository = user.open();
    let base = repository.base_at(first.commit).unwrap();
    let read = repository
        .read_file(&base, &path("lightsout.yaml"), 100)
        .unwrap()
        .unwrap();
    assert_eq!(read, b"version: 1\n");
}

#[test]
fn an_object_with_other_bytes_than_its_name_says_is_refused() {
    let user = User::new();
    let repository = user.open();
    let base = repository.base().unwrap();
    let loose = |id: &str| {
        let (folder, file) = id.split_at(2);
        user.path(".git/objects").join(folder).join(file)
    };
    let id = user.git(&["rev-parse", "HEAD:lightsout.yaml"]);
    let evil = user.path("evil");
    std::fs::write(&evil, "version: 2\n").unwrap();
    let evil = user.git(&["hash-object", "-w", "evil"]);
    std::fs::remove_file(loose(id.trim())).unwrap();
    std::fs::copy(loose(evil.trim()), loose(id.trim())).unwrap();
    let read = repository.read_file(&base, &path("lightsout.yaml"), 100);
    assert!(matches!(read, Err(Error::Corrupt { .. })), "{read:?}");
}

#[test]
fn a_repository_without_a_commit_and_a_folder_without_a_repository_say_so() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(
        Repository::open(folder.path()),
        Err(Error::Open { .. })
    ));
    let user = User { folder };
    user.git(&["init", "-q"]);
    assert!(matches!(user.open().base(), Err(Error::NoCommit)));
}

#[test]
fn a_stack_name_that_git_does_not_take_is_found_early() {
    let run = RunId::new("run-1").unwrap();
    for bad in ["a..b", "a.lock"] {
        let found = Branch::new(&StackName::new(bad).unwrap(), &run);
        assert!(
            matches!(found, Err(Error::BranchName { .. })),
            "{bad}: {found:?}"
        );
    }
}

#[test]
fn a_stack_at_the_top_and_a_new_folder_can_land() {
    let user = User::new();
    let repository = user.open();
    let base = repository.base().unwrap();
    let mut tree = repository
        .folder(&base, &Folder::TOP, &Limits::default())
        .unwrap();
    tree.remove(&path("stacks/site2/other.txt"));
    let id = repository.write_tree(&base, &Folder::TOP, &tree).unwrap();
    assert!(
        !user
            .git(&["ls-tree", "-r", "--name-only", &id.to_string()])
            .contains("site2")
    );
    let same = repository
        .folder(&base, &Folder::TOP, &Limits::default())
        .unwrap();
    assert_eq!(
        repository.write_tree(&base, &Folder::TOP, &same).unwrap(),
        base.tree
    );
}

/// A small repository of ours, and what it was made of.
fn begun() -> (User, Tree) {
    let mut tree = Tree::new();
    for (at, mode, text) in [
        ("a/run.sh", Mode::Executable, "#!/bin/sh\n"),
        ("a.txt", Mode::Plain, "hello\n"),
    ] {
        tree.add(path(at), File::new(mode, text.as_bytes().to_vec()))
            .unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    Repository::begin(folder.path(), &tree, 1_700_000_000).unwrap();
    (User { folder }, tree)
}

#[test]
fn a_begun_repository_has_an_index_of_its_commit() {
    let (user, _) = begun();
    let index = std::fs::read(user.path(".git/index")).unwrap();
    let (body, sum) = index.split_at(index.len() - 20);
    assert_eq!(body.len(), 12 + 72 + 72);
    assert_eq!(&body[..12], b"DIRC\0\0\0\x02\0\0\0\x02");
    let blob = hex::decode("ce013625030ba8dba906f756967f9e9ca394464a").unwrap();
    let entry: [&[u8]; 5] = [
        &[0; 24],
        &0o100_644_u32.to_be_bytes(),
        &[0; 12],
        &blob,
        b"\0\x05a.txt\0\0\0\0\0",
    ];
    assert_eq!(&body[12..84], entry.concat());
    assert_eq!(body[84 + 24..84 + 28], 0o100_755_u32.to_be_bytes());
    assert_eq!(&body[84 + 60..], b"\0\x08a/run.sh\0\0");
    let mut hasher = gix::hash::hasher(gix::hash::Kind::Sha1);
    hasher.update(body);
    assert_eq!(hasher.try_finalize().unwrap().as_slice(), sum);
}

#[test]
fn a_begun_repository_is_clean_for_the_users_git() {
    use std::os::unix::fs::PermissionsExt as _;
    let (user, tree) = begun();
    for (at, file) in tree.files() {
        let text = std::str::from_utf8(file.bytes()).unwrap();
        user.write(at.as_str(), text);
        if file.mode() == Mode::Executable {
            let mode = std::fs::Permissions::from_mode(0o755);
            std::fs::set_permissions(user.path(at.as_str()), mode).unwrap();
        }
    }
    user.git(&["fsck", "--strict", "--full"]);
    assert_eq!(user.git(&["status", "--porcelain"]), "");
    user.write("a.txt", "something else\n");
    assert_eq!(user.git(&["status", "--porcelain"]), " M a.txt\n");
}
