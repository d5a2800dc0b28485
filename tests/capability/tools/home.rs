//! An installed tool that is no longer what was installed.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use lightsout::names::Sha256;
use lightsout::perimeter::tools::{Error, Tool, Tools};

use super::bench::{NAME, Release, Server, file, folder, install, lock_text, open, program, said};

async fn fresh(home: &Path) -> (Tools, Tool, Server) {
    let server = Server::start();
    let bytes = program("honest");
    let url = server.serve("/x", file(&bytes));
    let lock = lock_text(&[Release(&url, Sha256::of(&bytes), None)]);
    let tool = install(home, &lock).await.0.unwrap();
    (open(home, &lock), tool, server)
}

/// `locate`, `install` and `verify` all refuse it.
async fn refused(tools: &Tools, because: &str) {
    let located = tools.locate(NAME).await.unwrap_err();
    let installed = tools.install(&[NAME], None, &|_| {}).await.unwrap_err();
    let verified = tools
        .verify()
        .await
        .into_iter()
        .find(|line| line.name == NAME);
    let verified = verified.unwrap().installed.unwrap_err();
    for error in [located, installed, verified] {
        assert!(
            matches!(error, Error::Tampered { .. }),
            "{because}: {error}"
        );
        assert!(error.to_string().contains(because), "{because}: {error}");
    }
}

fn overwrite(path: &Path, bytes: &[u8]) {
    std::fs::set_permissions(path, Permissions::from_mode(0o755)).unwrap();
    std::fs::write(path, bytes).unwrap();
    std::fs::set_permissions(path, Permissions::from_mode(0o555)).unwrap();
}

#[tokio::test]
async fn another_program_of_the_same_size_and_time_is_found_out() {
    let home = folder();
    let (tools, tool, _server) = fresh(home.path()).await;
    // Asked often enough that a record of the hash is used.
    for _ in 0..3 {
        assert_eq!(said(&tools.locate(NAME).await.unwrap()).await, "honest");
    }
    let before = std::fs::metadata(tool.path()).unwrap().modified().unwrap();
    overwrite(tool.path(), &program("evilly"));
    std::fs::File::open(tool.path())
        .unwrap()
        .set_modified(before)
        .unwrap();
    refused(&tools, "its hash is").await;
    overwrite(tool.path(), &program("honest"));
    assert_eq!(said(&tools.locate(NAME).await.unwrap()).await, "honest");
}

#[tokio::test]
async fn a_program_put_in_place_by_renaming_is_found_out() {
    let home = folder();
    let (tools, tool, _server) = fresh(home.path()).await;
    let other = home.path().join("other");
    std::fs::write(&other, program("evilly")).unwrap();
    std::fs::set_permissions(&other, Permissions::from_mode(0o555)).unwrap();
    std::fs::rename(&other, tool.path()).unwrap();
    refused(&tools, "its hash is").await;
}

#[tokio::test]
async fn every_other_change_of_the_folder_is_found_out() {
    type Change = fn(&Path);
    let changes: [(&str, Change); 10] = [
        ("size or mode", |path| overwrite(path, b"#!/bin/sh\n")),
        ("size or mode", |path| {
            std::fs::set_permissions(path, Permissions::from_mode(0o4555)).unwrap()
        }),
        ("cannot be looked at", |path| {
            std::fs::remove_file(path).unwrap()
        }),
        ("not a regular file", |path| {
            std::fs::remove_file(path).unwrap();
            std::os::unix::fs::symlink("/bin/sh", path).unwrap();
        }),
        ("not installed by us", |path| {
            std::fs::write(path.with_file_name("pulumi-resource-pulumi-nodejs"), "x").unwrap();
        }),
        ("not installed by us", |path| {
            std::fs::create_dir(path.with_file_name("plugins")).unwrap();
        }),
        ("names more than a program", |path| {
            let beside = path.with_file_name("pulumi-resource-other");
            std::fs::copy(path, &beside).unwrap();
            let manifest = path.with_file_name("manifest.json");
            let text = std::fs::read_to_string(&manifest).unwrap();
            let mut manifest_json: serde_json::Value = serde_json::from_str(&text).unwrap();
            let files = manifest_json["files"].as_object_mut().unwrap();
            let program = files[NAME].clone();
            files.insert("pulumi-resource-other".to_owned(), program);
            overwrite(&manifest, manifest_json.to_string().as_bytes());
        }),
        ("manifest is missing", |path| {
            std::fs::remove_file(path.with_file_name("manifest.json")).unwrap()
        }),
        ("manifest cannot be read", |path| {
            overwrite(&path.with_file_name("manifest.json"), b"{}")
        }),
        ("manifest is of another tool", |path| {
            let manifest = path.with_file_name("manifest.json");
            let text = std::fs::read_to_string(&manifest).unwrap();
            overwrite(&manifest, text.replace("1.0.0", "1.0.1").as_bytes());
        }),
    ];
    for (because, change) in changes {
        let home = folder();
        let (tools, tool, _server) = fresh(home.path()).await;
        tools.locate(NAME).await.unwrap();
        change(tool.path());
        refused(&tools, because).await;
    }
}

#[tokio::test]
async fn a_folder_that_others_can_write_is_read_in_full() {
    let home = folder();
    let (tools, tool, _server) = fresh(home.path()).await;
    tools.locate(NAME).await.unwrap();
    std::fs::set_permissions(home.path(), Permissions::from_mode(0o777)).unwrap();
    assert_eq!(said(&tools.locate(NAME).await.unwrap()).await, "honest");
    overwrite(tool.path(), &program("evilly"));
    refused(&tools, "its hash is").await;
}

#[tokio::test]
async fn two_installations_at_once_are_one() {
    let home = folder();
    let server = Server::start();
    let bytes = program("honest");
    let url = server.serve("/x", file(&bytes));
    let lock = lock_text(&[Release(&url, Sha256::of(&bytes), None)]);
    let (a, b, c) = tokio::join!(
        install(home.path(), &lock),
        install(home.path(), &lock),
        install(home.path(), &lock)
    );
    for (tool, _) in [&a, &b, &c] {
        assert_eq!(said(tool.as_ref().unwrap()).await, "honest");
    }
    assert_eq!(server.asked(), ["/x"]);
    let waited = [&a, &b, &c].map(|(_, told)| {
        told.iter()
            .filter(|line| line.starts_with("waiting for"))
            .count()
    });
    assert_eq!(
        waited.iter().sum::<usize>(),
        2,
        "the others wait, and say so once"
    );
}

#[tokio::test]
async fn what_a_killed_installation_left_is_removed_and_never_used() {
    let home = folder();
    let (tools, tool, _server) = fresh(home.path()).await;
    std::fs::remove_dir_all(tool.path().parent().unwrap()).unwrap();
    let left = home.path().join("tmp/half/entry");
    std::fs::create_dir_all(&left).unwrap();
    std::fs::write(left.join(NAME), program("half")).unwrap();
    assert!(matches!(
        tools.locate(NAME).await,
        Err(Error::Missing { .. })
    ));
    let tool = tools
        .install(&[NAME], None, &|_| {})
        .await
        .unwrap()
        .remove(0);
    assert_eq!(said(&tool).await, "honest");
    assert!(!left.exists());
}

#[tokio::test]
async fn dropping_an_installation_lets_the_next_one_in() {
    let home = folder();
    let (tools, tool, server) = fresh(home.path()).await;
    std::fs::remove_dir_all(tool.path().parent().unwrap()).unwrap();
    {
        let mut first = Box::pin(tools.install(&[NAME], None, &|_| {}));
        // One step: it has the lock, or the server's answer, or nothing yet.
        std::future::poll_fn(|context| {
            let _pending = first.as_mut().poll(context).is_pending();
            std::task::Poll::Ready(())
        })
        .await;
    }
    let tool = tools
        .install(&[NAME], None, &|_| {})
        .await
        .unwrap()
        .remove(0);
    assert_eq!(said(&tool).await, "honest");
    drop(server);
}
