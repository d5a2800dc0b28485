//! The user's own programs.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use lightsout::names::Sha256;
use lightsout::perimeter::tools::{
    Error, Invocation, Lock, Machine, Origin, Source, Tools, UserProgram, UserTool, run,
};

use super::bench::{folder, open, program, said};
use crate::support;

fn with_path(home: &Path, path: &Path, origin: Origin) -> Tools {
    let machine = Machine {
        path: path.into(),
        ..support::machine()
    };
    Tools::open(home, Lock::built_in().unwrap(), machine, origin).unwrap()
}

fn executable(path: &Path, text: &[u8]) {
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

async fn ask(tool: &UserTool, args: &[&str]) -> String {
    let invocation = Invocation {
        program: tool.into(),
        args: args.iter().map(Into::into).collect(),
        env: vec![],
        cwd: "/".into(),
        stdin: vec![],
        deadline: std::time::Duration::from_secs(60),
        output_bytes_max: 100_000,
    };
    let output = run(invocation).await.unwrap().success().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[tokio::test]
async fn they_are_real_executables_that_run_without_an_environment() {
    let home = folder();
    let tools = open(home.path(), "version: 1\n");
    let user_home = std::fs::canonicalize(&tools.machine().home).unwrap();
    for (program, args) in [
        (UserProgram::Node, ["--version"]),
        (UserProgram::Npm, ["--version"]),
        (UserProgram::Python, ["--version"]),
        (UserProgram::Git, ["--version"]),
    ] {
        let tool = tools.user_tool(program).await.unwrap();
        let real = std::fs::canonicalize(tool.path()).unwrap();
        assert_eq!(tool.path(), real);
        let bytes = std::fs::read(&real).unwrap();
        assert!(bytes.starts_with(b"\x7fELF"), "{program:?} is a shim");
        assert_eq!(tool.sha256(), Sha256::of(&bytes));
        assert!(ask(&tool, &args).await.contains(tool.version()), "{tool:?}");
        assert!(
            tool.shows()
                .iter()
                .all(|path| path.is_absolute() && !user_home.starts_with(path)),
            "{tool:?}"
        );
        let shown =
            tool.shows().iter().any(|path| real.starts_with(path)) || real.starts_with("/usr");
        assert!(shown, "{tool:?} does not show itself");
        assert_eq!(tool.script().is_some(), program == UserProgram::Npm);
    }
}

#[tokio::test]
async fn a_shim_is_resolved_to_what_it_starts() {
    let (home, path) = (folder(), folder());
    let real = open(home.path(), "version: 1\n")
        .user_tool(UserProgram::Python)
        .await
        .unwrap();
    executable(
        &path.path().join("python3"),
        format!("#!/bin/sh\nexec {} \"$@\"\n", real.path().display()).as_bytes(),
    );
    let found = with_path(home.path(), path.path(), Origin::Home)
        .user_tool(UserProgram::Python)
        .await
        .unwrap();
    assert_eq!((found.path(), found.sha256()), (real.path(), real.sha256()));
}

#[tokio::test]
async fn an_installation_that_spans_the_home_folder_is_refused() {
    let (home, path) = (folder(), folder());
    let fake = |prefix: &Path| {
        let answer = serde_json::json!({"path": "/bin/sh", "version": "3.11.2", "folders": [prefix], "libraries": []});
        executable(
            &path.path().join("python3"),
            format!("#!/bin/sh\ncat <<'EOF'\n{answer}\nEOF\n").as_bytes(),
        );
    };
    let search =
        std::env::join_paths([path.path(), Path::new("/usr/bin"), Path::new("/bin")]).unwrap();
    let tools = with_path(home.path(), Path::new(&search), Origin::Home);
    let user_home = tools.machine().home.clone();
    for prefix in [
        Path::new("/"),
        user_home.as_path(),
        user_home.parent().unwrap(),
    ] {
        fake(prefix);
        let error = tools.user_tool(UserProgram::Python).await.unwrap_err();
        assert!(
            error
                .to_string()
                .contains("install it into a folder of its own"),
            "{error}"
        );
    }
    fake(home.path());
    let tool = tools.user_tool(UserProgram::Python).await.unwrap();
    assert_eq!(tool.shows(), [std::fs::canonicalize(home.path()).unwrap()]);
}

#[tokio::test]
async fn what_is_absent_or_talks_nonsense_is_an_error() {
    let (home, path) = (folder(), folder());
    let tools = with_path(home.path(), path.path(), Origin::Home);
    let all = [
        UserProgram::Node,
        UserProgram::Npm,
        UserProgram::Python,
        UserProgram::Go,
        UserProgram::Git,
        UserProgram::Claude,
    ];
    for program in all {
        let error = tools.user_tool(program).await.unwrap_err().to_string();
        assert!(error.contains("is not on the search path"), "{error}");
    }
    for program in all {
        let nonsense = super::bench::program("nonsense");
        executable(&path.path().join(program.name()), &nonsense);
    }
    for program in all {
        let error = tools.user_tool(program).await.unwrap_err();
        assert!(
            matches!(error, Error::UserTool { .. }),
            "{program:?}: {error}"
        );
    }
    // A missing Go says what to install, in place of a build.
    std::fs::remove_file(path.path().join("go")).unwrap();
    let error = tools
        .install(&["opa"], Some(Source::Go), &|_| {})
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("`go` is not on the search path: install Go 1."),
        "{error}"
    );
}

/// A search path with a folder of a test's own first.
fn before_the_users(folder: &Path) -> std::ffi::OsString {
    let users = support::machine().path;
    let folders = std::iter::once(folder.to_path_buf()).chain(std::env::split_paths(&users));
    std::env::join_paths(folders).unwrap()
}

#[tokio::test]
async fn claude_is_a_native_program_whose_hash_is_read_once() {
    let (home, path, lies) = (folder(), folder(), folder());
    let tools = with_path(
        home.path(),
        Path::new(&before_the_users(path.path())),
        Origin::Home,
    );
    // Any native program that says its version; here as a link to where it lies.
    let node = tools.user_tool(UserProgram::Node).await.unwrap();
    let real = lies.path().join("claude-native");
    std::fs::copy(node.path(), &real).unwrap();
    std::os::unix::fs::symlink(&real, path.path().join("claude")).unwrap();
    std::fs::create_dir(home.path().join("hashes")).unwrap();
    let claude = tools.user_tool(UserProgram::Claude).await.unwrap();
    let real = std::fs::canonicalize(&real).unwrap();
    assert_eq!((claude.path(), claude.sha256()), (&*real, node.sha256()));
    assert_eq!(claude.version(), node.version());
    assert_eq!(claude.shows(), std::slice::from_ref(&real));
    assert!(claude.script().is_none());
    // The record is what is asked the next time, as long as the file is what it was.
    let name = Sha256::of(real.to_str().unwrap().as_bytes());
    let record = home.path().join(format!("hashes/{name}.json"));
    let text = std::fs::read_to_string(&record).unwrap();
    let forged = Sha256::of(b"forged");
    let text = text.replace(&claude.sha256().to_string(), &forged.to_string());
    std::fs::write(&record, text).unwrap();
    let later = std::time::UNIX_EPOCH + std::time::Duration::from_secs(4_000_000_000);
    let opened = std::fs::File::options().write(true).open(&record).unwrap();
    opened.set_modified(later).unwrap();
    let again = tools.user_tool(UserProgram::Claude).await.unwrap();
    assert_eq!(again.sha256(), forged);
    let permissions = std::fs::metadata(&real).unwrap().permissions();
    std::fs::set_permissions(&real, permissions).unwrap();
    let changed = tools.user_tool(UserProgram::Claude).await.unwrap();
    assert_eq!(changed.sha256(), node.sha256());
}

#[tokio::test]
async fn claude_may_be_a_script_of_nodes_and_nothing_else() {
    let (home, path) = (folder(), folder());
    let search = before_the_users(path.path());
    let tools = with_path(home.path(), Path::new(&search), Origin::Home);
    let node = tools.user_tool(UserProgram::Node).await.unwrap();
    let package = path.path().join("package");
    std::fs::create_dir_all(package.join("bin")).unwrap();
    std::fs::write(package.join("package.json"), "{}").unwrap();
    let script = package.join("bin/cli.js");
    std::os::unix::fs::symlink(&script, path.path().join("claude")).unwrap();
    for line in [
        "#!/usr/bin/env node".to_owned(),
        "#!/usr/bin/env -S node --no-warnings".to_owned(),
        format!("#!{}", node.path().display()),
    ] {
        let text = format!("{line}\nconsole.log('2.1.330 (Claude Code)')\n");
        executable(&script, text.as_bytes());
        let claude = tools.user_tool(UserProgram::Claude).await.unwrap();
        assert_eq!((claude.path(), claude.version()), (node.path(), "2.1.330"));
        let found = claude.script().unwrap();
        assert_eq!(found.path, std::fs::canonicalize(&script).unwrap());
        assert_eq!(found.sha256, Sha256::of(text.as_bytes()));
        let package = std::fs::canonicalize(&package).unwrap();
        assert!(claude.shows().contains(&package), "{claude:?}");
        assert_eq!(ask(&claude, &[]).await, "2.1.330 (Claude Code)");
    }
    for (text, because) in [
        (
            "echo 'native binary not installed' >&2\nexit 1\n",
            "the text that npm puts in its place",
        ),
        ("", "the text that npm puts in its place"),
        (
            "#!/bin/sh\nexec /opt/claude \"$@\"\n",
            "a script for `/bin/sh`",
        ),
        ("#!/usr/bin/env bash\n", "a script for `/usr/bin/env bash`"),
        ("#!\n", "a script for ``"),
        (
            "#!/usr/bin/env node\nconsole.log('who knows')\n",
            "says its version is `who`",
        ),
    ] {
        executable(&script, text.as_bytes());
        let error = tools.user_tool(UserProgram::Claude).await.unwrap_err();
        assert!(matches!(error, Error::UserTool { .. }), "{text}: {error}");
        assert!(error.to_string().contains(because), "{text}: {error}");
    }
}

#[tokio::test]
async fn the_search_path_replaces_a_tool_only_where_that_was_asked_for() {
    let (home, path) = (folder(), folder());
    executable(&path.path().join("pulumi"), &program("v9.9.9"));
    let tool = with_path(home.path(), path.path(), Origin::System)
        .locate("pulumi")
        .await
        .unwrap();
    assert_eq!((tool.source(), tool.version()), (Source::System, "9.9.9"));
    assert_eq!(
        (said(&tool).await, tool.sha256()),
        ("v9.9.9".to_owned(), Sha256::of(&program("v9.9.9")))
    );
    let error = with_path(home.path(), path.path(), Origin::Home)
        .locate("pulumi")
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Missing { .. }), "{error}");
    let error = with_path(home.path(), path.path(), Origin::System)
        .locate("opa")
        .await
        .unwrap_err();
    assert!(matches!(error, Error::NotOnPath { .. }), "{error}");
    // An agent is the one of the lock also then.
    executable(&path.path().join("codex"), &program("v9.9.9"));
    let error = with_path(home.path(), path.path(), Origin::System)
        .locate("codex")
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Missing { .. }), "{error}");
    assert!(
        error
            .to_string()
            .ends_with("run `lightsout tools install codex`"),
        "{error}"
    );
    let error = with_path(home.path(), path.path(), Origin::System)
        .locate("bash")
        .await
        .unwrap_err();
    assert!(
        matches!(error, Error::Unknown { .. }),
        "only what the lock names is looked for: {error}"
    );
}
