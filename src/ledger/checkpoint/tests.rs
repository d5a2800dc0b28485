//! Heads, good and bad.

use signed_note::Signer;

use super::*;

const HEAD: Checkpoint = Checkpoint {
    size: 7,
    root: [9; 32],
};

/// A note with this text, signed by the key.
fn note(key: &Key, text: &str) -> Vec<u8> {
    let mut note = Note::new(text.as_bytes(), &[]).unwrap();
    note.add_sigs(&[key]).unwrap();
    note.to_bytes()
}

#[test]
fn a_checkpoint_is_a_note_of_three_lines() {
    let key = Key::generate("example.com/l").unwrap();
    let signed = sign(&key, HEAD).unwrap();
    let text = String::from_utf8(signed.clone()).unwrap();
    let expect =
        "example.com/l\n7\nCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk=\n\n— example.com/l ";
    assert!(text.starts_with(expect), "{text}");
    assert_eq!(open(&signed, &key.verifier()).unwrap(), HEAD);
}

#[test]
fn a_checkpoint_of_another_key_or_log_is_refused() {
    let key = Key::generate("example.com/l").unwrap();
    let same_name = Key::generate("example.com/l").unwrap();
    let signed = sign(&same_name, HEAD).unwrap();
    assert!(matches!(
        open(&signed, &key.verifier()),
        Err(Error::Signature(_))
    ));
    // The key is right, and it signed the head of another log.
    let root = "CQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk=";
    let other = note(&key, &format!("example.com/x\n7\n{root}\n"));
    assert!(matches!(
        open(&other, &key.verifier()),
        Err(Error::Origin { .. })
    ));
    let right = note(&key, &format!("example.com/l\n7\n{root}\n"));
    assert_eq!(open(&right, &key.verifier()).unwrap(), HEAD);
    for bad in [
        "hello\n".to_owned(),
        format!("example.com/l\n07\n{root}\n"),
        format!("example.com/l\n-7\n{root}\n"),
        "example.com/l\n7\nAAAA\n".to_owned(),
        format!("example.com/l\n7\n{root}\nmore\n"),
    ] {
        assert!(
            matches!(open(&note(&key, &bad), &key.verifier()), Err(Error::Text)),
            "{bad}"
        );
    }
}

/// C2SP: unknown keys' signatures are ignored, so that witnesses can add theirs; a bad one by the pinned key is not.
#[test]
fn stuffing_signatures_changes_nothing() {
    let key = Key::generate("example.com/l").unwrap();
    let witness = Key::generate("witness.example").unwrap();
    let mut note = Note::from_bytes(&sign(&key, HEAD).unwrap()).unwrap();
    note.add_sigs(&[&witness]).unwrap();
    assert_eq!(open(&note.to_bytes(), &key.verifier()).unwrap(), HEAD);
    // Somebody else's note that only claims our name and id in its signature line.
    let text = String::from_utf8(sign(&key, HEAD).unwrap()).unwrap();
    let forged = text.replacen("\n7\n", "\n8\n", 1);
    assert!(matches!(
        open(forged.as_bytes(), &key.verifier()),
        Err(Error::Signature(_))
    ));
    let mut unsigned = Note::new(text.split("\n\n").next().unwrap().as_bytes(), &[]);
    assert!(unsigned.is_err());
    unsigned = Note::new(b"example.com/l\n7\nAA==\n", &[]);
    assert!(open(&unsigned.unwrap().to_bytes(), &key.verifier()).is_err());
    assert_eq!(Signer::name(&key), key.name());
}
