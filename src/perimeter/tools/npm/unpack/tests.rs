//! Archives that are not what npm packs, and one that is.

use super::*;
use crate::perimeter::tools::lock::Integrity;

struct Member<'a> {
    path: &'a str,
    kind: tar::EntryType,
    link: &'a str,
    mode: u32,
    bytes: &'a [u8],
}

const fn file<'a>(path: &'a str, bytes: &'a [u8]) -> Member<'a> {
    Member {
        path,
        kind: tar::EntryType::Regular,
        link: "",
        mode: 0o644,
        bytes,
    }
}

const fn special<'a>(path: &'a str, kind: tar::EntryType, link: &'a str) -> Member<'a> {
    Member {
        path,
        kind,
        link,
        mode: 0o777,
        bytes: b"",
    }
}

fn archive<'a>(members: impl IntoIterator<Item = Member<'a>>) -> Vec<u8> {
    let gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut tar = tar::Builder::new(gzip);
    for member in members {
        let mut header = tar::Header::new_gnu();
        // Written as they are, `..` and all.
        let raw = header.as_gnu_mut().unwrap();
        raw.name[..member.path.len()].copy_from_slice(member.path.as_bytes());
        raw.linkname[..member.link.len()].copy_from_slice(member.link.as_bytes());
        header.set_entry_type(member.kind);
        header.set_mode(member.mode);
        header.set_size(member.bytes.len() as u64);
        header.set_cksum();
        tar.append(&header, member.bytes).unwrap();
    }
    tar.into_inner().unwrap().finish().unwrap()
}

fn package(files: Option<&[&str]>) -> NpmPackage {
    NpmPackage {
        package: "bot".to_owned(),
        version: "1.2.3".to_owned(),
        integrity: Integrity::from_bytes([0; 64]),
        folder: "package/v".to_owned(),
        files: files.map(|files| files.iter().map(ToString::to_string).collect()),
        program: "bin/bot".to_owned(),
    }
}

fn unpacked(bytes: &[u8], files: Option<&[&str]>) -> (Result<(), Error>, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let (path, target) = (folder.path().join("a.tgz"), folder.path().join("content"));
    std::fs::write(&path, bytes).unwrap();
    make_folder(&target).unwrap();
    let archive = File::open(&path).unwrap();
    (unpack(archive, &path, &package(files), &target), folder)
}

/// What was written: path, mode, text.
fn content(folder: &tempfile::TempDir) -> Vec<(String, u32, String)> {
    fn walk(folder: &Path, prefix: &str, found: &mut Vec<(String, u32, String)>) {
        for item in std::fs::read_dir(folder).unwrap() {
            let item = item.unwrap();
            let name = format!("{prefix}{}", item.file_name().to_str().unwrap());
            let meta = item.metadata().unwrap();
            if meta.is_dir() {
                walk(&item.path(), &format!("{name}/"), found);
            } else {
                let text = std::fs::read_to_string(item.path()).unwrap();
                found.push((name, meta.permissions().mode() & 0o7777, text));
            }
        }
    }
    let mut found = vec![];
    walk(&folder.path().join("content"), "", &mut found);
    found.sort();
    found
}

fn row(path: &str, mode: u32, text: &str) -> (String, u32, String) {
    (path.to_owned(), mode, text.to_owned())
}

fn honest() -> Vec<Member<'static>> {
    vec![
        file("package/package.json", b"{}"),
        special("package/v/", tar::EntryType::Directory, ""),
        file("package/v/bin/bot", b"bot"),
        Member {
            mode: 0o4755,
            ..file("package/v/rg", b"rg")
        },
        file("package/v/data/empty", b""),
        file("package/vile", b"beside the folder"),
    ]
}

#[test]
fn what_is_named_is_written_with_one_of_two_modes() {
    let bytes = archive(honest());
    let (result, folder) = unpacked(&bytes, None);
    result.unwrap();
    let all = [
        row("bin/bot", 0o555, "bot"),
        row("data/empty", 0o444, ""),
        row("rg", 0o555, "rg"),
    ];
    assert_eq!(content(&folder), all);
    let (result, folder) = unpacked(&bytes, Some(&["bin/bot", "data/empty"]));
    result.unwrap();
    assert_eq!(content(&folder), [all[0].clone(), all[1].clone()]);
}

#[test]
fn anything_else_in_an_archive_refuses_all_of_it() {
    use tar::EntryType::{Block, Char, Fifo, Link, Symlink};
    for (member, because) in [
        (
            special("package/v/l", Symlink, "/etc"),
            "not a regular file",
        ),
        (special("package/l", Symlink, "v"), "not a regular file"),
        (
            special("package/v/l", Link, "package/v/rg"),
            "not a regular file",
        ),
        (special("package/v/l", Fifo, ""), "not a regular file"),
        (special("package/v/l", Char, ""), "not a regular file"),
        (special("package/v/l", Block, ""), "not a regular file"),
        (file("/tmp/lightsout-escaped", b"x"), "leaves it"),
        (file("../lightsout-escaped", b"x"), "leaves it"),
        (file("package/v/../../../x", b"x"), "leaves it"),
        (file("package/v/./x", b"x"), "leaves it"),
        (file("package//v/x", b"x"), "leaves it"),
        (file("package/v/a b", b"x"), "leaves it"),
        (file("package/v/x\\y", b"x"), "leaves it"),
        (file("package/v/bin/bot", b"other"), "twice"),
        (file("package/v/manifest.json", b"{}"), "our manifest"),
    ] {
        // At the end, where the program has been written already: what comes of it is thrown away by the caller.
        let path = member.path.to_owned();
        let mut members = honest();
        members.push(member);
        let (result, folder) = unpacked(&archive(members), None);
        let error = result.unwrap_err().to_string();
        assert!(error.contains(because), "{path}: {error}");
        let names: Vec<_> = std::fs::read_dir(folder.path())
            .unwrap()
            .map(|item| item.unwrap().file_name())
            .collect();
        assert_eq!(names.len(), 2, "nothing beside the content: {names:?}");
        assert!(!Path::new("/tmp/lightsout-escaped").exists());
    }
}

#[test]
fn an_archive_without_the_program_or_too_large_or_cut_short_is_refused() {
    let whole = archive(honest());
    let many: Vec<String> = (0..=MEMBERS_MAX).map(|n| format!("package/{n}")).collect();
    let many = archive(many.iter().map(|path| file(path, b"")));
    for (bytes, files, because) in [
        (
            whole.clone(),
            Some(&["bin/bot", "gone"][..]),
            "has no member",
        ),
        (archive([file("package/v/x", b"x")]), None, "has no member"),
        (archive([]), None, "has no member"),
        (many, None, "more than 10000 members"),
        (whole[..whole.len() / 2].to_vec(), None, "cannot be read"),
        (b"not an archive".to_vec(), None, "cannot be read"),
    ] {
        let error = unpacked(&bytes, files).0.unwrap_err().to_string();
        assert!(error.contains(because), "{error}");
    }
    // A header that promises more than fits.
    let mut header = tar::Header::new_gnu();
    header.set_path("package/v/bin/bot").unwrap();
    header.set_entry_type(tar::EntryType::Regular);
    header.set_mode(0o755);
    header.set_size(MEMBER_BYTES_MAX + 1);
    header.set_cksum();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut gzip, header.as_bytes()).unwrap();
    let error = unpacked(&gzip.finish().unwrap(), None).0.unwrap_err();
    assert!(error.to_string().contains("bytes"), "{error}");
}
