//! Keys on disk and as text.

use std::os::unix::fs::{PermissionsExt as _, symlink};

use super::*;

const NAME: &str = "example.com/ledger";

#[test]
fn a_key_is_made_once_and_read_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/key");
    let first = Key::load_or_create(&path, NAME).unwrap();
    let again = Key::load_or_create(&path, NAME).unwrap();
    assert_eq!(first.verifier(), again.verifier());
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o600);
    assert_eq!(
        std::fs::read_dir(path.parent().unwrap()).unwrap().count(),
        1
    );
    let other = Key::load_or_create(&folder.path().join("other"), NAME).unwrap();
    assert_ne!(first.verifier(), other.verifier());
}

#[test]
fn other_libraries_read_both_halves() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    let key = Key::load_or_create(&path, NAME).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    let signer = signed_note::StandardSigner::new(text.trim_end()).unwrap();
    let verifier = StandardVerifier::new(&key.verifier().to_string()).unwrap();
    assert!(verifier.verify(b"text", &key.signature(b"text")));
    assert!(!verifier.verify(b"texT", &key.signature(b"text")));
    assert!(
        key.verifier()
            .accepts(b"text", &signer.sign(b"text").unwrap())
    );
}

#[test]
fn an_exposed_key_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    Key::load_or_create(&path, NAME).unwrap();
    for mode in [0o640, 0o604, 0o622, 0o601] {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        let error = Key::load_or_create(&path, NAME).unwrap_err();
        assert!(
            matches!(error, Error::File(store::Error::Exposed(_))),
            "{mode:o}: {error}"
        );
    }
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o400)).unwrap();
    Key::load_or_create(&path, NAME).unwrap();
    let link = folder.path().join("link");
    symlink(&path, &link).unwrap();
    let error = Key::load_or_create(&link, NAME).unwrap_err();
    assert!(
        matches!(error, Error::File(store::Error::NotRegular(_))),
        "{error}"
    );
    let error = Key::load_or_create(folder.path(), NAME).unwrap_err();
    assert!(
        matches!(error, Error::File(store::Error::NotRegular(_))),
        "{error}"
    );
}

#[test]
fn a_broken_or_foreign_key_file_is_refused_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    Key::load_or_create(&path, NAME).unwrap();
    let good = std::fs::read_to_string(&path).unwrap();
    let error = Key::load_or_create(&path, "example.com/other").unwrap_err();
    assert!(matches!(error, Error::OtherName { .. }), "{error}");
    let broken = [
        String::new(),
        "PRIVATE+KEY+".to_owned(),
        good.replace("PRIVATE", "PUBLIC"),
        good.replace("example.com/ledger", "example.com/ledgers"),
        good.replace("+A", "+B"),
        format!("{good}{good}"),
        good.replace('=', ""),
    ];
    for text in broken.into_iter().filter(|text| *text != good) {
        std::fs::write(&path, &text).unwrap();
        let error = Key::load_or_create(&path, NAME).unwrap_err();
        assert!(matches!(error, Error::Format(_)), "{error}");
        let secret = good.splitn(5, '+').nth(4).unwrap().trim_end();
        assert!(!error.to_string().contains(secret) && !format!("{error:?}").contains(secret));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    }
    std::fs::write(&path, "x".repeat(2000)).unwrap();
    let error = Key::load_or_create(&path, NAME).unwrap_err();
    assert!(
        matches!(error, Error::File(store::Error::TooLarge { .. })),
        "{error}"
    );
}

#[test]
fn a_key_prints_no_secret() {
    let key = Key::generate(NAME).unwrap();
    let printed = format!("{key:?}");
    assert!(printed.ends_with("+[redacted])"), "{printed}");
    let secret = key.encode();
    assert!(!printed.contains(secret.rsplit('+').next().unwrap().trim_end()));
}

#[test]
fn names_follow_the_notes_grammar() {
    for bad in ["", "a b", "a+b", "a\nb", "é", &"a".repeat(201)] {
        assert!(matches!(Key::generate(bad), Err(Error::Name(_))), "{bad:?}");
    }
    Key::generate("a").unwrap();
}

#[test]
fn a_verifier_key_has_one_spelling() {
    let text = Key::generate(NAME).unwrap().verifier().to_string();
    assert_eq!(text.parse::<VerifierKey>().unwrap().to_string(), text);
    let (head, data) = text.rsplit_once('+').unwrap();
    for bad in [
        String::new(),
        format!("{text}\n"),
        format!("{head}+"),
        format!("{head}+AA=="),
        format!("x{text}"),
        format!("{}+{data}", head.to_uppercase()),
        text.replacen("ledger", "ledgex", 1),
    ] {
        assert!(bad.parse::<VerifierKey>().is_err(), "{bad}");
    }
}
