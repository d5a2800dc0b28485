//! Providers in a repository's lock.

use std::path::Path;

use lightsout::names::Sha256;
use lightsout::perimeter::tools::{
    Added, Addition, Error, Invocation, Lock, Origin, ProviderSource, Source, Tools, spawn,
};

use super::bench::{Member, NAME, Server, archive, file, folder, open, program, said};
use crate::support;

async fn add(home: &Path, text: &str, source: ProviderSource, lock: &Path) -> Result<Added, Error> {
    let tools = Tools::open(home, Lock::built_in()?, support::machine(), Origin::Home)?;
    tools
        .add_provider(&Addition::parse(text, source)?, lock, &|_| {})
        .await
}

#[tokio::test]
async fn from_then_on_only_that_file_runs() {
    let (server, home, repository) = (Server::start(), folder(), folder());
    let lock = repository.path().join("tools.lock");
    let bytes = archive(&[
        Member::File("LICENSE", b"x"),
        Member::File(NAME, &program("first")),
    ]);
    let url = server.serve("/x.tar.gz", file(&bytes));
    let added = add(
        home.path(),
        "echo@v1.2.3",
        ProviderSource::Url(url.clone()),
        &lock,
    )
    .await
    .unwrap();
    assert_eq!(said(&added.tool).await, "first");
    let text = std::fs::read_to_string(&lock).unwrap();
    assert_eq!(text, added.lock_text);
    assert!(
        text.contains(&format!("sha256: {}", Sha256::of(&bytes))),
        "{text}"
    );
    let tool = open(home.path(), &text).locate(NAME).await.unwrap();
    assert_eq!((tool.version(), tool.source()), ("1.2.3", Source::Release));

    // On another machine the same bytes are the only ones.
    let elsewhere = folder();
    let tools = open(elsewhere.path(), &text);
    assert!(matches!(
        tools.locate(NAME).await,
        Err(Error::Missing { .. })
    ));
    let other = archive(&[Member::File(NAME, &program("evil"))]);
    server.serve("/x.tar.gz", file(&other));
    let error = tools.install(&[NAME], None, &|_| {}).await.unwrap_err();
    assert!(matches!(error, Error::WrongHash { .. }), "{error}");
    server.serve("/x.tar.gz", file(&bytes));
    tools.install(&[NAME], None, &|_| {}).await.unwrap();

    // Adding it again with the same bytes changes nothing; with others, or another version, it is refused.
    add(
        home.path(),
        "echo@1.2.3",
        ProviderSource::Url(url.clone()),
        &lock,
    )
    .await
    .unwrap();
    assert_eq!(std::fs::read_to_string(&lock).unwrap(), text);
    server.serve("/x.tar.gz", file(&other));
    for again in ["echo@1.2.3", "echo@1.2.4"] {
        let error = add(home.path(), again, ProviderSource::Url(url.clone()), &lock)
            .await
            .unwrap_err();
        assert!(error.to_string().contains("is in it already"), "{error}");
    }
    assert_eq!(std::fs::read_to_string(&lock).unwrap(), text);
}

#[tokio::test]
async fn a_lock_keeps_its_comments() {
    let (home, repository) = (folder(), folder());
    let lock = repository.path().join("tools.lock");
    let local = repository.path().join("built");
    std::fs::write(&local, program("local")).unwrap();
    add(
        home.path(),
        "one@1.0.0",
        ProviderSource::File(local.clone()),
        &lock,
    )
    .await
    .unwrap();
    let text = std::fs::read_to_string(&lock)
        .unwrap()
        .replace("providers:\n", "providers:\n  # Reviewed.\n");
    std::fs::write(&lock, &text).unwrap();
    let added = add(
        home.path(),
        "echo@1.0.0",
        ProviderSource::File(local.clone()),
        &lock,
    )
    .await
    .unwrap();
    assert!(added.lock_text.starts_with(&text), "{}", added.lock_text);
    let tools = open(home.path(), &added.lock_text);
    // The original is not what runs.
    std::fs::write(&local, program("changed")).unwrap();
    let tool = tools.locate(NAME).await.unwrap();
    assert_eq!(
        (said(&tool).await.as_str(), tool.source()),
        ("local", Source::File)
    );
    // Elsewhere there is no such file: the error says how to have it.
    let elsewhere = folder();
    let error = open(elsewhere.path(), &added.lock_text)
        .install(&[NAME], None, &|_| {})
        .await
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("lightsout tools add provider echo@1.0.0 --file"),
        "{error}"
    );
}

#[tokio::test]
async fn what_cannot_be_added_leaves_the_lock_as_it_was() {
    let (server, home, repository) = (Server::start(), folder(), folder());
    let lock = repository.path().join("tools.lock");
    let file_of = |path: &str| ProviderSource::File(repository.path().join(path));
    let bytes = archive(&[Member::File("pulumi-resource-other", b"x")]);
    let other = ProviderSource::Url(server.serve("/other", file(&bytes)));
    let absent = ProviderSource::Url(server.url("/absent"));
    std::fs::write(repository.path().join("built"), program("x")).unwrap();
    std::fs::create_dir(repository.path().join("folder")).unwrap();
    std::fs::write(&lock, "version: 1\nproviders: []\n").unwrap();
    for (text, source, because) in [
        ("echo", file_of("built"), "is not NAME@VERSION"),
        ("../echo@1.0.0", file_of("built"), "package name"),
        ("echo@", file_of("built"), "not a version"),
        ("echo@1.0.0", file_of("absent"), "No such file"),
        ("echo@1.0.0", file_of("folder"), "not a regular file"),
        ("echo@1.0.0", other, "has no member"),
        ("echo@1.0.0", absent, "answered 404"),
        (
            "echo@1.0.0",
            ProviderSource::Url("http://example.com/x".to_owned()),
            "not an https URL",
        ),
        (
            "echo@1.0.0",
            file_of("built"),
            "let `providers:` be its last key",
        ),
    ] {
        let error = add(home.path(), text, source, &lock)
            .await
            .unwrap_err()
            .to_string();
        assert!(error.contains(because), "{because}: {error}");
        assert_eq!(
            std::fs::read_to_string(&lock).unwrap(),
            "version: 1\nproviders: []\n"
        );
    }
    std::fs::write(&lock, "version: 1\n").unwrap();
    add(home.path(), "echo@1.0.0", file_of("built"), &lock)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_real_provider_is_added_by_its_file_and_says_its_port() {
    let (home, repository) = (folder(), folder());
    let lock = repository.path().join("tools.lock");
    let built = support::provider::file_provider().await;
    let added = add(
        home.path(),
        "local@0.1.0",
        ProviderSource::File(built),
        &lock,
    )
    .await
    .unwrap();
    assert_eq!(added.tool.name(), support::provider::NAME);
    let service = spawn(Invocation {
        program: (&added.tool).into(),
        args: vec!["127.0.0.1:1".into()],
        env: vec![],
        cwd: repository.path().to_path_buf(),
        stdin: vec![],
        deadline: std::time::Duration::from_secs(60),
        output_bytes_max: 4096,
    })
    .await
    .unwrap();
    let port: u16 = service.first_line().parse().unwrap();
    assert!(
        tokio::net::TcpStream::connect(("127.0.0.1", port))
            .await
            .is_ok()
    );
    service.stop().await;
    assert!(
        tokio::net::TcpStream::connect(("127.0.0.1", port))
            .await
            .is_err()
    );
}
