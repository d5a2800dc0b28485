//! What of lock files is taken. The real npm, pip and uv run in `tests/capability/dependencies.rs`.

use super::*;
use crate::perimeter::import::{File, Mode, RelPath};

fn tree(files: &[(&str, &str)]) -> Tree {
    let mut tree = Tree::new();
    for (path, text) in files {
        let file = File::new(Mode::Plain, text.as_bytes().to_vec());
        tree.add(RelPath::new(path).unwrap(), file).unwrap();
    }
    tree
}

#[track_caller]
fn npm_lock(package: &str) -> Result<bool, LockError> {
    let text = format!(r#"{{"lockfileVersion":3,"packages":{{"":{{}},{package}}}}}"#);
    let base = tree(&[
        ("package.json", r#"{"dependencies":{"a":"1"}}"#),
        ("package-lock.json", &text),
    ]);
    lock::npm(&base).map(|files| files.is_some())
}

#[test]
fn a_package_lock_pins_everything_by_hash() {
    assert_eq!(
        npm_lock(r#""node_modules/a":{"version":"1","integrity":"sha512-x"}"#),
        Ok(true)
    );
    assert_eq!(
        npm_lock(r#""node_modules/a":{"resolved":"https://x/a.tgz","integrity":"sha512-x"}"#),
        Ok(true)
    );
    for bad in [
        r#""node_modules/a":{"resolved":"git+ssh://git@example.com/a.git#main"}"#,
        r#""node_modules/a":{"resolved":"git+ssh://git@example.com/a.git#main","integrity":"sha512-x"}"#,
        r#""node_modules/a":{"resolved":"http://example.com/a.tgz","integrity":"sha512-x"}"#,
        r#""node_modules/a":{"resolved":"file:../evil.tgz","integrity":"sha512-x"}"#,
        r#""node_modules/a":{"resolved":7,"integrity":"sha512-x"}"#,
        r#""node_modules/a":{"version":"1","integrity":"sha1-x"}"#,
        r#""node_modules/a":{"version":"1","integrity":"sha512-x sha1-y"}"#,
        r#""node_modules/a":{"version":"1"}"#,
        r#""node_modules/a":{"resolved":"packages/a","link":true}"#,
        r#""packages/a":{"version":"1","integrity":"sha512-x"}"#,
        r#""node_modules/../../a":{"version":"1","integrity":"sha512-x"}"#,
    ] {
        let found = npm_lock(bad);
        assert!(
            matches!(found, Err(LockError::Package { .. })),
            "{bad}: {found:?}"
        );
    }
    let base = |lock| {
        tree(&[
            ("package.json", r#"{"devDependencies":{"a":"1"}}"#),
            ("package-lock.json", lock),
        ])
    };
    assert_eq!(
        lock::npm(&base(r#"{"lockfileVersion":1,"dependencies":{}}"#)),
        Err(LockError::OldPackageLock)
    );
    assert_eq!(
        lock::npm(&tree(&[("package.json", r#"{"dependencies":{"a":"1"}}"#)])),
        Err(LockError::NoPackageLock)
    );
    assert!(matches!(
        lock::npm(&base("{")),
        Err(LockError::Unreadable { .. })
    ));
}

#[test]
fn a_requirements_file_pins_everything_by_hash() {
    let pip = |text: &str| {
        lock::python(&tree(&[("requirements.txt", text)])).map(|files| files.is_some())
    };
    let hash = format!("--hash=sha256:{}", Sha256::of(b"x"));
    assert_eq!(
        pip(&format!(
            "a==1 {hash}\r\nb[c]==2 ; python_version < '4' \\\r\n  {hash} # why\n"
        )),
        Ok(true)
    );
    assert_eq!(
        pip(&format!(
            "--index-url https://example.com/simple\n--only-binary=:all:\na==1 {hash}\n"
        )),
        Ok(true)
    );
    for bad in [
        "a==1".to_owned(),
        "a".to_owned(),
        format!("a==1 {hash}\nb==1\n"),
        format!("-r other.txt\na==1 {hash}"),
        format!("-e .\na==1 {hash}"),
        format!("-c constraints.txt\na==1 {hash}"),
        format!("--no-binary :all:\na==1 {hash}"),
        format!("--trusted-host example.com\na==1 {hash}"),
        format!("--index-url http://example.com\na==1 {hash}"),
        format!("--find-links ./wheels\na==1 {hash}"),
        format!("./evil {hash}"),
        "a @ git+https://example.com/a.git".to_owned(),
        format!("a==1 # {hash}"),
        "a==1 --hash=md5:x".to_owned(),
        format!("a @ https://example.com/a.whl {hash}"),
        format!("https://example.com/a.whl {hash}"),
        format!("a/b.whl {hash}"),
        format!("a>=1 {hash}"),
        format!("a[b==1 {hash}"),
        format!("--index-url https://example.com --no-deps\na==1 {hash}"),
    ] {
        let found = pip(&bad);
        assert!(
            matches!(found, Err(LockError::Requirement { .. })),
            "{bad}: {found:?}"
        );
    }
    let found = lock::python(&tree(&[("pyproject.toml", "")]));
    assert_eq!(
        found,
        Err(LockError::OtherPython {
            name: "pyproject.toml"
        })
    );
}

#[test]
fn a_requirements_file_says_what_it_needs() {
    let found = lock::requirements(b"-i https://x/simple\nZope.Interface_2==1 ; python_version<'4' --hash=sha256:AB --hash=sha512:cd\n").unwrap();
    assert_eq!(found.packages, ["zope-interface-2"]);
    assert_eq!(found.hashes, ["ab", "cd"]);
    assert_eq!(found.indexes, ["https://x/simple"]);
}

#[test]
fn a_uv_lock_counts_only_beside_its_project() {
    let both = tree(&[("pyproject.toml", ""), ("uv.lock", "")]);
    assert!(matches!(lock::python(&both), Ok(Some(Python::Uv(_)))));
    let lock = tree(&[("uv.lock", "")]);
    assert_eq!(
        lock::python(&lock),
        Err(LockError::OtherPython { name: "uv.lock" })
    );
    let first = tree(&[
        ("pyproject.toml", ""),
        ("uv.lock", ""),
        ("requirements.txt", ""),
    ]);
    assert_eq!(lock::python(&first), Ok(None));
}

#[test]
fn variables_of_an_npmrc_are_found() {
    let found = npm::variables("//x/:_authToken=${NPM_TOKEN}\na=${B?} c=${not plain} d=$E ${F");
    assert_eq!(found.into_iter().collect::<Vec<_>>(), ["B", "NPM_TOKEN"]);
}

#[test]
fn what_pip_says_of_its_configuration_is_read() {
    let text = "global.index-url='https://u:p@a/simple'\n:env:.find-links='/x'\nglobal.extra-index-url='\\nhttps://b\\nhttps://c'\ninstall.index-url=\"https://d\"\ndownload.index-url='e'\n";
    let config = pip::read(text).unwrap();
    assert_eq!(config["index-url"], "https://d");
    assert_eq!(config["extra-index-url"], "\nhttps://b\nhttps://c");
    assert_eq!(config["find-links"], "/x");
    assert!(pip::read("global.a=b\n").is_err());
}

/// What is left in the sandbox is taken file by file; anything that is not a file or a folder refuses all of it.
#[test]
fn only_files_and_folders_are_taken() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let from = folder.path().join("stage/tree");
    make(&from.join("node_modules/a")).unwrap();
    fs::write(from.join("node_modules/a/run"), "12345").unwrap();
    let bits = fs::Permissions::from_mode(0o4755);
    fs::set_permissions(from.join("node_modules/a/run"), bits).unwrap();
    fs::write(from.join("package.json"), "{}").unwrap();
    let take = |to: &str, bytes: u64, entries: usize| {
        let stage =
            std::os::fd::OwnedFd::from(fs::File::open(folder.path().join("stage")).unwrap());
        let to = folder.path().join(to);
        make(&to).unwrap();
        let mut room = take::Room { bytes, entries };
        take::copy(&take::open(&stage, TREE)?, &to, 0, &mut room)
    };
    take("whole", 7, 4).unwrap();
    let run = folder.path().join("whole/node_modules/a/run");
    assert_eq!(fs::read(&run).unwrap(), b"12345");
    // Executable, and nothing more.
    let mode = fs::metadata(&run).unwrap().permissions().mode();
    assert_eq!(mode & 0o7100, 0o100);
    assert!(matches!(take("large", 6, 4), Err(Error::TooLarge)));
    let many = take("many", 7, 3);
    assert!(matches!(
        many,
        Err(Error::Manifest(ManifestError::TooMany { .. }))
    ));
    let odd = from.join("node_modules/odd");
    let refused = |to: &str| {
        let found = take(to, 100, 100);
        assert!(
            matches!(found, Err(Error::Manifest(ManifestError::Entry { .. }))),
            "{to}: {found:?}"
        );
        fs::remove_file(&odd).unwrap();
    };
    std::os::unix::fs::symlink("/etc/passwd", &odd).unwrap();
    refused("absolute");
    std::os::unix::fs::symlink("a/run", &odd).unwrap();
    refused("inside");
    rustix::fs::mknodat(
        rustix::fs::CWD,
        &odd,
        rustix::fs::FileType::Fifo,
        0o644.into(),
        0,
    )
    .unwrap();
    refused("pipe");
    drop(std::os::unix::net::UnixListener::bind(&odd).unwrap());
    refused("socket");
    // A tree that is itself a link leads nowhere.
    fs::rename(&from, folder.path().join("moved")).unwrap();
    std::os::unix::fs::symlink("../moved", &from).unwrap();
    assert!(take("link", 100, 100).is_err());
}
