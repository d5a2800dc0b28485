use std::os::unix::fs::{PermissionsExt as _, symlink};

use super::*;

fn compiled() -> Compiled {
    Compiled {
        rules: vec![],
        batches: vec![],
        wasm_hash: Sha256::of(b"wasm"),
        code: Code::new(b"wasm".to_vec(), b"code"),
    }
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// A folder with a cache file, and the file.
fn cached() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.pack");
    write(folder.path(), &file, &compiled()).unwrap();
    (folder, file)
}

#[track_caller]
fn is_read(file: &Path) -> bool {
    read(file).unwrap().is_some()
}

#[test]
fn what_was_written_is_read() {
    let (_folder, file) = cached();
    let found = read(&file).unwrap().unwrap();
    assert_eq!(found.code.wasm(), b"wasm");
    assert_eq!(found.code.machine(), b"code");
    assert!(!is_read(&file.with_file_name("b.pack")));
}

#[test]
fn a_file_that_others_could_have_written_is_none() {
    let (_folder, file) = cached();
    for mode in [0o620, 0o602, 0o666] {
        set_mode(&file, mode);
        assert!(!is_read(&file), "{mode:o}");
    }
    set_mode(&file, 0o644);
    assert!(is_read(&file));
}

#[test]
fn a_file_of_another_pack_is_none() {
    let (folder, file) = cached();
    let other = folder.path().join("b.pack");
    std::fs::hard_link(&file, &other).unwrap();
    assert!(!is_read(&other));
    std::fs::remove_file(&other).unwrap();
    symlink(&file, &other).unwrap();
    assert!(!is_read(&other));
    assert!(is_read(&file));
}

#[test]
fn a_damaged_file_is_none() {
    let (_folder, file) = cached();
    let good = std::fs::read(&file).unwrap();
    for at in [0, 70, good.len() - 1] {
        let mut bad = good.clone();
        bad[at] ^= 1;
        std::fs::write(&file, bad).unwrap();
        assert!(!is_read(&file), "{at}");
    }
    std::fs::write(&file, &good[..good.len() - 1]).unwrap();
    assert!(!is_read(&file));
    std::fs::write(&file, good).unwrap();
    assert!(is_read(&file));
}

/// What is said of the cache below a folder with this mode.
fn prepared(mode: u32) -> Result<(), String> {
    let home = tempfile::tempdir().unwrap();
    set_mode(home.path(), mode);
    let cache = home.path().join("policies");
    prepare(&cache).map_err(|error| error.to_string())
}

#[test]
fn a_cache_that_others_could_replace_is_refused() {
    for mode in [0o777, 0o770, 0o702] {
        let error = prepared(mode).unwrap_err();
        assert!(error.contains("others could replace it through"), "{error}");
        assert!(error.contains("`chmod go-w`"), "{error}");
    }
    for mode in [0o700, 0o755, 0o1777] {
        assert_eq!(prepared(mode), Ok(()), "{mode:o}");
    }
}

#[test]
fn a_link_to_a_cache_is_judged_by_where_it_leads() {
    let home = tempfile::tempdir().unwrap();
    let (ours, shared) = (home.path().join("ours"), home.path().join("shared"));
    for (folder, mode) in [(&ours, 0o700), (&shared, 0o777)] {
        std::fs::create_dir(folder).unwrap();
        set_mode(folder, mode);
        symlink(folder, folder.with_extension("link")).unwrap();
    }
    assert!(prepare(&ours.with_extension("link").join("policies")).is_ok());
    assert!(prepare(&shared.with_extension("link").join("policies")).is_err());
}
