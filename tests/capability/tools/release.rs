//! Vendors' files: what comes is what the lock names, or nothing is installed.

use lightsout::names::Sha256;
use lightsout::perimeter::tools::{Error, Source};

use super::bench::{
    Member, NAME, Release, Server, answer, archive, file, files, folder, install, installed,
    lock_text, open, program, said,
};

#[tokio::test]
async fn the_named_member_is_installed_and_runs() {
    let (server, home) = (Server::start(), folder());
    let bytes = archive(&[
        Member::File("README.md", b"read me"),
        Member::File("./pulumi-resource-echo", &program("honest")),
        Member::File("pulumi-resource-other", b"not asked for"),
    ]);
    let url = server.serve("/x.tar.gz", file(&bytes));
    let lock = lock_text(&[Release(&url, Sha256::of(&bytes), Some(NAME))]);
    let (tool, told) = install(home.path(), &lock).await;
    let tool = tool.unwrap();
    assert_eq!(said(&tool).await, "honest");
    assert_eq!(
        (tool.source(), tool.sha256()),
        (Source::Release, Sha256::of(&program("honest")))
    );
    assert_eq!(
        told.last().unwrap(),
        "installed `pulumi-resource-echo` 1.0.0 from `release`"
    );
    let beside: Vec<_> = std::fs::read_dir(tool.path().parent().unwrap())
        .unwrap()
        .collect();
    assert_eq!(beside.len(), 2, "the program and its manifest: {beside:?}");
    let again = open(home.path(), &lock).locate(NAME).await.unwrap();
    assert_eq!(again.path(), tool.path());
    // Once installed, nobody is asked again.
    install(home.path(), &lock).await.0.unwrap();
    assert_eq!(server.asked(), ["/x.tar.gz"]);
}

#[tokio::test]
async fn a_failed_download_says_so_in_one_line_and_the_next_source_is_tried() {
    let bytes = program("second");
    let hash = Sha256::of(&bytes);
    let short = answer(
        "200 OK",
        "Content-Length: 400\r\nConnection: close\r\n",
        &bytes,
    );
    let huge = answer(
        "200 OK",
        "Content-Length: 5000000000\r\nConnection: close\r\n",
        &bytes,
    );
    let elsewhere = |to: &str| {
        answer(
            "302 Found",
            &format!("Location: {to}\r\nContent-Length: 0\r\n"),
            b"",
        )
    };
    for (bad, because) in [
        (
            answer("404 Not Found", "Content-Length: 0\r\n", b""),
            "answered 404",
        ),
        (
            answer("500 Oh", "Content-Length: 0\r\n", b""),
            "answered 500",
        ),
        (short, "the download broke off"),
        (huge, "larger than"),
        (elsewhere("http://192.0.2.1/x"), "not https"),
        (elsewhere("//192.0.2.1/x"), "not https"),
        (elsewhere("file:///etc/passwd"), "not https"),
        (elsewhere("/bad"), "more than 5 times"),
        (
            answer("302 Found", "Content-Length: 0\r\n", b""),
            "without saying where",
        ),
        (b"nonsense\r\n\r\n".to_vec(), "127.0.0.1"),
        (vec![], "127.0.0.1"),
    ] {
        let (server, home) = (Server::start(), folder());
        let bad = server.serve("/bad", bad);
        let good = server.serve("/good", file(&bytes));
        let lock = lock_text(&[Release(&bad, hash, None), Release(&good, hash, None)]);
        let (tool, told) = install(home.path(), &lock).await;
        assert_eq!(said(&tool.unwrap()).await, "second");
        let line = told
            .iter()
            .find(|line| line.starts_with("`pulumi-resource-echo` from `release`: "));
        let line = line.unwrap_or_else(|| panic!("{because}: {told:?}"));
        assert!(line.contains(because) && !line.contains('\n'), "{line}");
    }
}

#[tokio::test]
async fn a_redirect_to_an_allowed_place_is_followed() {
    let (server, home) = (Server::start(), folder());
    let bytes = program("moved");
    server.serve("/there", file(&bytes));
    let location = format!(
        "Location: {}\r\nContent-Length: 0\r\n",
        server.url("/there")
    );
    server.serve("/again", answer("302 Found", &location, b""));
    let url = server.serve(
        "/here",
        answer(
            "301 Moved",
            "Location: /again\r\nContent-Length: 0\r\n",
            b"",
        ),
    );
    let lock = lock_text(&[Release(&url, Sha256::of(&bytes), None)]);
    assert_eq!(
        said(&install(home.path(), &lock).await.0.unwrap()).await,
        "moved"
    );
}

#[tokio::test]
async fn a_wrong_hash_ends_it_and_nobody_else_is_asked() {
    let (server, home) = (Server::start(), folder());
    let honest = program("honest");
    let bad = server.serve("/bad", file(&program("evil")));
    let good = server.serve("/good", file(&honest));
    let lock = lock_text(&[
        Release(&bad, Sha256::of(&honest), None),
        Release(&good, Sha256::of(&honest), None),
    ]);
    let (tool, _) = install(home.path(), &lock).await;
    let error = tool.unwrap_err();
    assert!(matches!(error, Error::WrongHash { .. }), "{error}");
    assert_eq!(server.asked(), ["/bad"]);
    assert!(installed(home.path()).is_empty());
    let missing = open(home.path(), &lock).locate(NAME).await.unwrap_err();
    assert_eq!(
        missing.to_string(),
        "`pulumi-resource-echo` 1.0.0 is not installed: run `lightsout tools install`"
    );
}

#[tokio::test]
async fn no_source_left_is_an_error_that_lists_them() {
    let (server, home) = (Server::start(), folder());
    let hash = Sha256::of(b"x");
    let lock = lock_text(&[
        Release(&server.url("/a"), hash, None),
        Release(&server.url("/b"), hash, None),
    ]);
    let error = install(home.path(), &lock).await.0.unwrap_err().to_string();
    assert!(
        error.starts_with("installing `pulumi-resource-echo` 1.0.0: release: ")
            && error.contains("; release: "),
        "{error}"
    );
    let tools = open(home.path(), &lock);
    let error = tools
        .install(&[NAME], Some(Source::Go), &|_| {})
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("no such source"), "{error}");
}

#[tokio::test]
async fn an_archive_writes_nothing_but_the_named_regular_member() {
    let honest = program("honest");
    let outside = [
        Member::File("../../../escaped", b"x"),
        Member::File("/tmp/lightsout-escaped", b"x"),
        Member::Link("escape", "/tmp"),
        Member::File("escape/lightsout-escaped", b"x"),
    ];
    let mut with_program: Vec<_> = outside.into_iter().collect();
    with_program.push(Member::File(NAME, &honest));
    let bytes = archive(&with_program);
    let (server, home) = (Server::start(), folder());
    let url = server.serve("/x", file(&bytes));
    let tool = install(
        home.path(),
        &lock_text(&[Release(&url, Sha256::of(&bytes), Some(NAME))]),
    )
    .await
    .0
    .unwrap();
    assert_eq!(said(&tool).await, "honest");
    let mode = std::os::unix::fs::PermissionsExt::mode(
        &std::fs::metadata(tool.path()).unwrap().permissions(),
    );
    assert_eq!(
        mode & 0o7777,
        0o555,
        "the archive's set-user-id bit is not taken over"
    );
    assert!(!std::path::Path::new("/tmp/lightsout-escaped").exists());
    let walk = files(home.path());
    assert!(
        walk.iter().all(|path| !path.ends_with("escaped")),
        "{walk:?}"
    );
}

#[tokio::test]
async fn a_member_that_is_a_link_or_absent_or_cut_short_is_refused() {
    let honest = archive(&[Member::File(NAME, &program("honest"))]);
    for (bytes, because) in [
        (
            archive(&[Member::Link(NAME, "/bin/sh")]),
            "not a regular file",
        ),
        (
            archive(&[Member::File("other", b"x"), Member::HardLink(NAME, "other")]),
            "not a regular file",
        ),
        (archive(&[Member::File("other", b"x")]), "has no member"),
        (
            archive(&[Member::File(&format!("../{NAME}"), b"x")]),
            "has no member",
        ),
        (archive(&[Member::File(NAME, b"")]), "has 0 bytes"),
        (honest[..honest.len() / 2].to_vec(), "cannot be read"),
        (b"not an archive".to_vec(), "cannot be read"),
    ] {
        let (server, home) = (Server::start(), folder());
        let url = server.serve("/x", file(&bytes));
        let lock = lock_text(&[Release(&url, Sha256::of(&bytes), Some(NAME))]);
        let error = install(home.path(), &lock).await.0.unwrap_err();
        assert!(matches!(error, Error::Archive { .. }), "{because}: {error}");
        assert!(error.to_string().contains(because), "{because}: {error}");
        assert!(installed(home.path()).is_empty());
    }
}
