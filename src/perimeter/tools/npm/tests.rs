//! The real npm, against a registry of our own on the loopback.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::{Arc, Mutex};

use super::*;
use crate::names::Sha256;
use crate::perimeter::tools::{Lock, Origin, Source, Tool, Tools};

/// Paths and what they answer.
type Pages = Arc<Mutex<BTreeMap<String, (String, Vec<u8>)>>>;

struct Place {
    folder: tempfile::TempDir,
    address: String,
    pages: Pages,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Place {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let place = Self {
            folder: tempfile::tempdir().unwrap(),
            address: format!("127.0.0.1:{}", listener.local_addr().unwrap().port()),
            pages: Arc::default(),
            asked: Arc::default(),
        };
        let (pages, asked) = (Arc::clone(&place.pages), Arc::clone(&place.asked));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let (mut head, mut byte) = (Vec::new(), [0]);
                while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap() == 1 {
                    head.push(byte[0]);
                }
                let head = String::from_utf8(head).unwrap();
                let path = head.split(' ').nth(1).unwrap_or("").to_owned();
                let page = pages.lock().unwrap().get(&path).cloned();
                asked.lock().unwrap().push(path);
                let (status, body) =
                    page.unwrap_or_else(|| ("404 Not Found".to_owned(), Vec::new()));
                let head = format!(
                    "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                    body.len()
                );
                // A client that hangs up early is the client's affair.
                drop(
                    stream
                        .write_all(head.as_bytes())
                        .and_then(|()| stream.write_all(&body)),
                );
            }
        });
        place
    }

    fn put(&self, path: &str, status: &str, body: &[u8]) {
        let page = (status.to_owned(), body.to_vec());
        self.pages.lock().unwrap().insert(path.to_owned(), page);
    }

    /// Publishes an archive; `said` is the integrity that the registry gives for it.
    fn publish(&self, archive: &[u8], said: &str) {
        let url = format!("http://{}/@a/bot/-/bot-1.2.3-x64.tgz", self.address);
        let packument = format!(
            r#"{{"name":"@a/bot","dist-tags":{{"latest":"1.2.3-x64"}},"versions":{{"1.2.3-x64":{{"name":"@a/bot","version":"1.2.3-x64","hasInstallScript":true,"dist":{{"tarball":"{url}","integrity":"{said}"}}}}}}}}"#
        );
        self.put("/@a%2fbot", "200 OK", packument.as_bytes());
        self.put("/@a/bot/-/bot-1.2.3-x64.tgz", "200 OK", archive);
    }

    fn tools(&self, path: &std::ffi::OsStr, registry: &str, lock: &str) -> Tools {
        let forwarded = [
            ("NPM_CONFIG_REGISTRY", registry),
            ("npm_config_fetch_retries", "0"),
            // Traps: the first would end npm, the second is nobody's business.
            ("NODE_OPTIONS", "--require /nonexistent/evil.js"),
            ("AWS_SECRET_ACCESS_KEY", "CANARY"),
        ];
        let machine = Machine {
            path: path.to_owned(),
            home: self.folder.path().to_path_buf(),
            forwarded: forwarded
                .map(|(name, value)| (name.into(), value.into()))
                .to_vec(),
            proxy: None,
        };
        let lock = Lock::ours(lock).unwrap();
        Tools::open(
            &self.folder.path().join("a/home"),
            lock,
            machine,
            Origin::Home,
        )
        .unwrap()
    }

    fn here(&self, lock: &str) -> Tools {
        self.tools(&search_path(), &format!("http://{}/", self.address), lock)
    }

    /// Whether anything is, or was left, installed.
    fn is_empty(&self) -> bool {
        let home = self.folder.path().join("a/home");
        ["tools", "tmp"]
            .iter()
            .all(|name| std::fs::read_dir(home.join(name)).unwrap().next().is_none())
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the tests find the machine's own npm on its search path"
)]
fn search_path() -> OsString {
    std::env::var_os("PATH").unwrap()
}

/// An archive as `npm pack` makes it, and one member more.
fn archive(marker: &Path, link: bool) -> Vec<u8> {
    let touch = format!("touch {}", marker.display());
    let json = serde_json::json!({"name": "@a/bot", "version": "1.2.3-x64", "scripts": {
        "prepack": touch, "prepare": touch, "postpack": touch, "install": touch, "postinstall": touch}});
    let gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut tar = tar::Builder::new(gzip);
    for (path, mode, text) in [
        ("package/package.json", 0o644, &*json.to_string()),
        (
            "package/v/bin/bot",
            0o644,
            "#!/bin/sh\ncat \"${0%/*}/../data/word\"\n",
        ),
        ("package/v/data/word", 0o644, "honest\n"),
    ] {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(mode);
        tar.append_data(&mut header, path, text.as_bytes()).unwrap();
    }
    if link {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::Symlink);
        header.set_size(0);
        tar.append_link(&mut header, "package/v/data/passwd", "/etc/passwd")
            .unwrap();
    }
    tar.into_inner().unwrap().finish().unwrap()
}

fn integrity(bytes: &[u8]) -> String {
    Integrity::from_bytes(sha2::Sha512::digest(bytes).into()).to_string()
}

fn lock(integrity: &str, files: &str) -> String {
    let package = format!(
        "{{package: '@a/bot', version: 1.2.3-x64, integrity: '{integrity}', folder: package/v, {files}program: bin/bot}}"
    );
    format!(
        "version: 1\nagents:\n  - name: bot\n    version: 1.2.3\n    sources: [{{npm: {{linux-amd64: {package}, linux-arm64: {package}}}}}]\n"
    )
}

async fn install(tools: &Tools) -> Result<Tool, Error> {
    let mut found = tools.install(&["bot"], None, &|_| {}).await?;
    Ok(found.remove(0))
}

async fn said(tool: &Tool) -> String {
    let invocation = Invocation {
        program: tool.into(),
        args: vec![],
        env: vec![("PATH".into(), "/usr/bin:/bin".into())],
        cwd: "/".into(),
        stdin: vec![],
        deadline: Duration::from_secs(60),
        output_bytes_max: 1000,
    };
    let output = run(invocation).await.unwrap().success().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[tokio::test]
async fn a_package_is_installed_whole_once_and_no_script_runs() {
    let place = Place::new();
    let marker = place.folder.path().join("marker");
    let bytes = archive(&marker, false);
    let sum = integrity(&bytes);
    place.publish(&bytes, &sum);
    // A project around the home folder, whose configuration is not the user's.
    std::fs::create_dir(place.folder.path().join("a")).unwrap();
    std::fs::write(place.folder.path().join("a/package.json"), "{}").unwrap();
    std::fs::write(place.folder.path().join("a/.npmrc"), "offline=true\n").unwrap();
    let tools = place.here(&lock(&sum, ""));
    let told = Mutex::new(vec![]);
    let told_of = |event: &crate::perimeter::tools::Event<'_>| {
        told.lock().unwrap().push(event.to_string());
    };
    assert!(tools.list().await[0].installed.as_ref().unwrap().is_none());
    let tool = tools
        .install(&["bot"], None, &told_of)
        .await
        .unwrap()
        .remove(0);
    assert_eq!(said(&tool).await, "honest");
    assert!(!marker.exists(), "a script of the package ran");
    let told = told.into_inner().unwrap();
    assert!(told[0].starts_with("downloading and unpacking `bot` 1.2.3 with npm"));
    assert_eq!(told[1..], ["installed `bot` 1.2.3 from `npm`"]);
    assert_eq!(tool.source(), Source::Npm);
    assert_eq!(tool.path(), tool.folder().join("bin/bot"));
    let hash = |path: &str| Sha256::of(&std::fs::read(tool.folder().join(path)).unwrap());
    let list = format!(
        "{} 555 bin/bot\n{} 444 data/word\n",
        hash("bin/bot"),
        hash("data/word")
    );
    assert_eq!(tool.sha256(), Sha256::of(list.as_bytes()));
    // Once installed, nobody is asked again.
    let asked = place.asked.lock().unwrap().len();
    assert_eq!(install(&tools).await.unwrap().sha256(), tool.sha256());
    assert_eq!(tools.locate("bot").await.unwrap().path(), tool.path());
    assert_eq!(place.asked.lock().unwrap().len(), asked);
    let lines = tools.verify().await;
    assert!(lines[0].is_agent && lines[0].installed.as_ref().unwrap().is_some());
    changes_are_found_out(&tools, &tool).await;
}

async fn changes_are_found_out(tools: &Tools, tool: &Tool) {
    type Change = fn(&Path);
    let changes: [(&str, Change); 5] = [
        ("size or mode", |folder| {
            let file = folder.join("data/word");
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
        }),
        ("not installed by us", |folder| {
            std::fs::write(folder.join("data/other"), "x").unwrap();
        }),
        ("not installed by us", |folder| {
            std::fs::create_dir(folder.join("data/empty")).unwrap();
        }),
        ("not installed by us", |folder| {
            std::fs::rename(folder.join("data"), folder.join("../moved")).unwrap();
            std::os::unix::fs::symlink("../moved", folder.join("data")).unwrap();
        }),
        ("cannot be looked at", |folder| {
            std::fs::remove_file(folder.join("data/word")).unwrap();
        }),
    ];
    for (because, change) in changes {
        change(tool.folder());
        let located = tools.locate("bot").await.unwrap_err();
        let verified = tools.verify().await.remove(0).installed.unwrap_err();
        for error in [located, verified] {
            assert!(matches!(error, Error::Tampered { .. }), "{error}");
            assert!(error.to_string().contains(because), "{because}: {error}");
        }
        std::fs::remove_dir_all(tool.folder()).unwrap();
        install(tools).await.unwrap();
    }
}

#[tokio::test]
async fn of_a_list_of_files_nothing_else_is_installed() {
    let place = Place::new();
    let bytes = archive(&place.folder.path().join("marker"), false);
    let sum = integrity(&bytes);
    place.publish(&bytes, &sum);
    let tools = place.here(&lock(&sum, "files: [bin/bot], "));
    let tool = install(&tools).await.unwrap();
    let program = std::fs::read(tool.path()).unwrap();
    assert_eq!(tool.sha256(), Sha256::of(&program), "the only file's hash");
    assert!(!tool.folder().join("data").exists());
}

#[tokio::test]
async fn another_archive_than_the_locks_is_not_even_opened() {
    let place = Place::new();
    // One that would be refused for what is in it: that it is not says that nobody looked.
    let bytes = archive(&place.folder.path().join("marker"), true);
    let sum = integrity(&bytes);
    place.publish(&bytes, &sum);
    let other = integrity(b"other");
    let error = install(&place.here(&lock(&other, ""))).await.unwrap_err();
    assert!(matches!(error, Error::WrongIntegrity { .. }), "{error}");
    let text = error.to_string();
    assert!(text.contains(&sum) && text.contains(&other), "{text}");
    assert!(place.is_empty());
    // By its own integrity it is opened, and refused.
    let error = install(&place.here(&lock(&sum, ""))).await.unwrap_err();
    assert!(matches!(error, Error::Archive { .. }), "{error}");
    assert!(error.to_string().contains("not a regular file"), "{error}");
    assert!(place.is_empty());
    // What the registry itself says is not so.
    let place = Place::new();
    place.publish(&bytes, &other);
    let error = install(&place.here(&lock(&other, ""))).await.unwrap_err();
    assert!(matches!(error, Error::Archive { .. }), "{error}");
    assert!(error.to_string().contains("damaged"), "{error}");
    assert!(place.is_empty());
}

#[tokio::test]
async fn what_cannot_be_had_says_what_to_do_and_no_password() {
    let place = Place::new();
    let lock = lock(&integrity(b""), "");
    let with_password = format!("http://user:CANARY@{}/", place.address);
    let none = place.folder.path().join("none");
    let closed = TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = format!("http://user:CANARY@{}/", closed.local_addr().unwrap());
    drop(closed);
    let mut said = vec![];
    for (path, registry) in [
        (search_path(), &with_password),
        (search_path(), &nobody),
        (none.into(), &with_password),
    ] {
        let tools = place.tools(&path, registry, &lock);
        said.push(install(&tools).await.unwrap_err());
    }
    place.put("/@a%2fbot", "401 Unauthorized", b"{}");
    let tools = place.tools(&search_path(), &with_password, &lock);
    said.push(install(&tools).await.unwrap_err());
    for (error, because) in said.iter().zip([
        "(E404): the registry of your npm configuration does not have it",
        "(ECONNREFUSED): see with `npm ping` whether",
        "`node` is not on the search path: install Node.js with npm",
        "(E401): log in to the registry",
    ]) {
        assert!(matches!(error, Error::NoSource { .. }), "{error}");
        let text = error.to_string();
        assert!(text.contains(because), "{text}");
        assert!(!text.contains("CANARY") && !text.contains('\n'), "{text}");
    }
    assert!(place.is_empty());
}
