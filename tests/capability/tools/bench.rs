//! A lock, a home folder and a server of a test's own.

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use flate2::write::GzEncoder;
use lightsout::names::Sha256;
use lightsout::perimeter::tools::{Error, Invocation, Lock, Origin, Platform, Tool, Tools, run};

use crate::support;

/// What the provider of these tests is called.
pub(crate) const NAME: &str = "pulumi-resource-echo";

/// A program that says who it is.
pub(crate) fn program(word: &str) -> Vec<u8> {
    format!("#!/bin/sh\necho {word}\n").into_bytes()
}

/// What a program says.
pub(crate) async fn said(tool: &Tool) -> String {
    let invocation = Invocation {
        program: tool.into(),
        args: vec![],
        env: vec![],
        cwd: PathBuf::from("/"),
        stdin: vec![],
        deadline: std::time::Duration::from_secs(60),
        output_bytes_max: 1000,
    };
    let output = run(invocation).await.unwrap().success().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// One member of an archive.
pub(crate) enum Member<'a> {
    File(&'a str, &'a [u8]),
    Link(&'a str, &'a str),
    HardLink(&'a str, &'a str),
}

/// A `.tar.gz`; names are written as they are, `..` and all.
pub(crate) fn archive(members: &[Member<'_>]) -> Vec<u8> {
    let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), flate2::Compression::fast()));
    for member in members {
        let mut header = tar::Header::new_gnu();
        let (name, kind, target, bytes): (_, _, _, &[u8]) = match member {
            Member::File(name, bytes) => (name, tar::EntryType::Regular, "", bytes),
            Member::Link(name, target) => (name, tar::EntryType::Symlink, *target, &[]),
            Member::HardLink(name, target) => (name, tar::EntryType::Link, *target, &[]),
        };
        header.as_gnu_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
        header.as_gnu_mut().unwrap().linkname[..target.len()].copy_from_slice(target.as_bytes());
        header.set_entry_type(kind);
        header.set_mode(0o4777);
        header.set_size(bytes.len() as u64);
        header.set_cksum();
        tar.append(&header, bytes).unwrap();
    }
    tar.into_inner().unwrap().finish().unwrap()
}

/// An HTTP answer. It says that the connection ends with it, as it does: a client that kept it would find it gone.
pub(crate) fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let close = if headers.contains("Connection: ") {
        ""
    } else {
        "Connection: close\r\n"
    };
    let mut bytes = format!("HTTP/1.1 {status}\r\n{headers}{close}\r\n").into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// A whole, honest answer.
pub(crate) fn file(body: &[u8]) -> Vec<u8> {
    answer(
        "200 OK",
        &format!("Content-Length: {}\r\nConnection: close\r\n", body.len()),
        body,
    )
}

/// What is answered, by path.
type Answers = Arc<Mutex<Vec<(String, Vec<u8>)>>>;

/// A server on loopback that gives one answer for each path, and remembers what it was asked.
pub(crate) struct Server {
    address: String,
    asked: Arc<Mutex<Vec<String>>>,
    answers: Answers,
}

impl Server {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (asked, answers) = (Arc::default(), Arc::default());
        let server = Self {
            address,
            asked: Arc::clone(&asked),
            answers: Arc::clone(&answers),
        };
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut head = Vec::new();
                let mut byte = [0];
                while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) == 1 {
                    head.push(byte[0]);
                }
                let head = String::from_utf8(head).unwrap();
                let path = head.split(' ').nth(1).unwrap_or("").to_owned();
                let answers: Vec<(String, Vec<u8>)> = answers.lock().unwrap().clone();
                let found = answers.into_iter().rev().find(|(known, _)| *known == path);
                asked.lock().unwrap().push(path);
                let bytes = found.map_or_else(
                    || answer("404 Not Found", "Content-Length: 0\r\n", b""),
                    |(_, bytes)| bytes,
                );
                // A client that refuses what comes goes away; that is its right.
                drop(stream.write_all(&bytes));
            }
        });
        server
    }

    /// Serves an answer from now on, in place of an earlier one.
    pub(crate) fn serve(&self, path: &str, answer: Vec<u8>) -> String {
        self.answers.lock().unwrap().push((path.to_owned(), answer));
        self.url(path)
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

/// A release source: URL, hash, member.
pub(crate) struct Release<'a>(
    pub(crate) &'a str,
    pub(crate) Sha256,
    pub(crate) Option<&'a str>,
);

/// A repository's lock with one provider.
pub(crate) fn lock_text(releases: &[Release<'_>]) -> String {
    let here = Platform::here().unwrap().name();
    let mut text =
        "version: 1\nproviders:\n  - name: echo\n    version: 1.0.0\n    sources:\n".to_owned();
    for Release(url, sha256, member) in releases {
        write!(text, "      - release:\n          {here}:\n            url: {url}\n            sha256: {sha256}\n").unwrap();
        if let Some(member) = member {
            writeln!(text, "            member: {member}").unwrap();
        }
    }
    text
}

/// A folder that nobody else can write, as the home folder of most users.
pub(crate) fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap()
}

pub(crate) fn open(home: &Path, lock: &str) -> Tools {
    let lock = Lock::built_in().unwrap().with_repository(lock).unwrap();
    Tools::open(home, lock, support::machine(), Origin::Home).unwrap()
}

/// A fresh installation of the one provider, and what was told meanwhile.
pub(crate) async fn install(home: &Path, lock: &str) -> (Result<Tool, Error>, Vec<String>) {
    let told = Mutex::new(Vec::new());
    let tools = open(home, lock);
    let installed = tools
        .install(&[NAME], None, &|event| {
            told.lock().unwrap().push(event.to_string())
        })
        .await;
    (
        installed.map(|mut tools| tools.remove(0)),
        told.into_inner().unwrap(),
    )
}

/// What lies in a home folder's `tools`.
pub(crate) fn installed(home: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(home.join("tools"))
        .unwrap()
        .map(|item| item.unwrap().path())
        .collect()
}

/// Every file below a folder.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = vec![];
    for item in std::fs::read_dir(folder).unwrap() {
        let item = item.unwrap();
        if item.file_type().unwrap().is_dir() {
            found.extend(files(&item.path()));
        } else {
            found.push(item.path());
        }
    }
    found
}
