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
    let error = with_path(home.path(), path.path(), Origin::System)
        .locate("bash")
        .await
        .unwrap_err();
    assert!(
        matches!(error, Error::Unknown { .. }),
        "only what the lock names is looked for: {error}"
    );
}
