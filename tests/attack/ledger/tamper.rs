//! What somebody without the key does to the folder: every change is seen, and said where it is.

use std::fs;
use std::os::unix::fs::symlink;

use lightsout::ledger::{Finding, Flaw, Invalid, Kind, Place, statement};
use proptest::prelude::*;

use super::support::{APPLIED, Decision, Fixture, record};

/// A small ledger with a statement in it.
fn small() -> Fixture {
    let fixture = Fixture::new();
    let mut ledger = fixture.open();
    let kinds = [
        Kind::RunOpened,
        Kind::WorkOrder,
        Kind::Decision,
        Kind::RunClosed,
    ];
    record(&mut ledger, "run-1", &kinds).unwrap();
    record(&mut ledger, "run-2", &[Kind::RunOpened]).unwrap();
    fixture
}

fn lines(fixture: &Fixture) -> Vec<String> {
    let text = fs::read_to_string(fixture.file("entries")).unwrap();
    text.lines().map(str::to_owned).collect()
}

/// Writes these lines in place of the ledger's.
fn put_lines(fixture: &Fixture, lines: &[String]) {
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    fs::write(fixture.file("entries"), text).unwrap();
}

#[track_caller]
fn flaw(fixture: &Fixture) -> Invalid {
    fixture.verify().unwrap_err()
}

/// Whether the place is the one that was changed; a change of the last line, or of a link between two, names both sides.
fn is_there(place: Place, line: u64, last: u64) -> bool {
    match place {
        Place::Entry { seq, .. } => seq == line,
        Place::Between { seq } => seq == line || seq + 1 == line,
        Place::Last { seq } => seq == last && line == last,
        Place::Object { seq, .. } => seq == line,
        Place::Folder | Place::Checkpoint | Place::Entries => false,
    }
}

fn check_flip(fixture: &Fixture, file: &std::path::Path, good: &[u8], at: usize, bit: u8) {
    let mut changed = good.to_vec();
    changed[at] ^= 1 << bit;
    fs::write(file, &changed).unwrap();
    let result = fixture.verify();
    fs::write(file, good).unwrap();
    let name = file.file_name().unwrap().to_str().unwrap();
    let Err(invalid) = result else {
        panic!("bit {bit} of byte {at} of `{name}` can be flipped");
    };
    let found = match name {
        "checkpoint" => invalid.place == Place::Checkpoint,
        "entries" => {
            let newlines = good[..at].iter().filter(|byte| **byte == b'\n').count() as u64;
            let last = good.iter().filter(|byte| **byte == b'\n').count() as u64 - 1;
            is_there(invalid.place, newlines, last)
        }
        object => matches!(invalid.place, Place::Object { hash, .. } if hash.to_string() == object),
    };
    assert!(
        found,
        "byte {at} of `{name}` was changed, and it is said: {invalid}"
    );
}

#[test]
fn flip_any_byte_of_any_file() {
    let fixture = small();
    fixture.verify().unwrap();
    for file in fixture.files() {
        let good = fs::read(&file).unwrap();
        for at in 0..good.len() {
            check_flip(&fixture, &file, &good, at, u8::try_from(at % 8).unwrap());
        }
    }
    fixture.verify().unwrap();
}

#[test]
fn flip_any_bit() {
    let fixture = small();
    let files: Vec<_> = fixture
        .files()
        .into_iter()
        .map(|file| (fs::read(&file).unwrap(), file))
        .collect();
    proptest!(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1000) },
        |(file in any::<prop::sample::Index>(), at in any::<prop::sample::Index>(), bit in 0_u8..8)| {
            let (good, path) = &files[file.index(files.len())];
            check_flip(&fixture, path, good, at.index(good.len()), bit);
        }
    );
}

#[test]
fn cut_any_file_anywhere() {
    let fixture = small();
    for file in fixture.files() {
        let good = fs::read(&file).unwrap();
        for length in 0..good.len() {
            fs::write(&file, &good[..length]).unwrap();
            assert!(
                fixture.verify().is_err(),
                "{} cut to {length}",
                file.display()
            );
        }
        fs::remove_file(&file).unwrap();
        assert!(fixture.verify().is_err(), "{} removed", file.display());
        fs::write(&file, &good).unwrap();
    }
    fixture.verify().unwrap();
}

#[test]
fn append_to_any_file() {
    let fixture = small();
    for file in fixture.files() {
        let good = fs::read(&file).unwrap();
        for extra in [&b"x"[..], b"\n", b" ", b"\0"] {
            fs::write(&file, [&good, extra].concat()).unwrap();
            let is_entries = file == fixture.file("entries");
            match fixture.verify() {
                // What follows the signed entries was never in the ledger; it is shown, not believed.
                Ok(verified) => {
                    assert!(is_entries, "{}", file.display());
                    assert!(verified.findings().contains(&Finding::Torn { bytes: 1 }));
                    assert_eq!(verified.view().size(), 5);
                }
                Err(_) => assert!(!is_entries),
            }
        }
        fs::write(&file, &good).unwrap();
    }
}

#[test]
fn drop_swap_or_repeat_an_entry() {
    let fixture = small();
    let good = lines(&fixture);
    for at in 0..good.len() {
        let mut dropped = good.clone();
        dropped.remove(at);
        put_lines(&fixture, &dropped);
        let place = flaw(&fixture).place;
        assert!(
            matches!(place, Place::Entry { seq, .. } if seq == at as u64),
            "{place}"
        );

        let mut repeated = good.clone();
        repeated.insert(at, good[at].clone());
        put_lines(&fixture, &repeated);
        if at == good.len() - 1 {
            // One line beyond the signed entries is what a crash leaves, whatever it says.
            let bytes = good[at].len() as u64 + 1;
            let verified = fixture.verify().unwrap();
            assert!(verified.findings().contains(&Finding::Torn { bytes }));
            assert_eq!(verified.view().size(), good.len() as u64);
        } else {
            let place = flaw(&fixture).place;
            assert!(
                matches!(place, Place::Entry { seq, .. } if seq == at as u64 + 1),
                "{place}"
            );
        }

        let mut swapped = good.clone();
        swapped.swap(at, (at + 1) % good.len());
        put_lines(&fixture, &swapped);
        assert!(fixture.verify().is_err());
    }
    put_lines(&fixture, &good);
    fixture.verify().unwrap();
}

/// An entry may be replaced by one that is well-formed and renumbered; its neighbours and the root still tell.
#[test]
fn rewrite_an_entry() {
    let fixture = small();
    let good = lines(&fixture);
    for at in 0..good.len() {
        let mut rewritten = good.clone();
        rewritten[at] = good[at].replacen("\"time\":\"2023", "\"time\":\"2022", 1);
        assert_ne!(rewritten[at], good[at]);
        put_lines(&fixture, &rewritten);
        let invalid = flaw(&fixture);
        let last = good.len() as u64 - 1;
        assert!(is_there(invalid.place, at as u64, last), "{invalid}");
        assert!(
            matches!(*invalid.flaw, Flaw::Chain | Flaw::Root),
            "{invalid}"
        );
    }
}

/// Two ledgers of the same key: their parts do not mix.
#[test]
fn splice_from_another_ledger() {
    let (one, two) = (small(), small());
    fs::copy(one.key_file(), two.key_file()).unwrap();
    fs::remove_dir_all(two.path()).unwrap();
    let mut ledger = two.open();
    let kinds = [
        Kind::RunOpened,
        Kind::WorkOrder,
        Kind::Fault,
        Kind::RunClosed,
    ];
    record(&mut ledger, "run-0", &kinds).unwrap();
    record(&mut ledger, "run-2", &[Kind::RunOpened]).unwrap();
    one.verify().unwrap();
    two.verify().unwrap();
    let (good, foreign) = (lines(&one), lines(&two));
    for at in 0..good.len() {
        let mut spliced = good.clone();
        spliced[at] = foreign[at].clone();
        put_lines(&one, &spliced);
        assert!(one.verify().is_err(), "entry {at}");
    }
    put_lines(&one, &good);
    let checkpoint = fs::read(one.file("checkpoint")).unwrap();
    fs::copy(two.file("checkpoint"), one.file("checkpoint")).unwrap();
    assert!(matches!(*flaw(&one).flaw, Flaw::Root));
    put_lines(&one, &foreign);
    assert!(matches!(*flaw(&one).flaw, Flaw::Missing));
    fs::write(one.file("checkpoint"), checkpoint).unwrap();
    put_lines(&one, &good);
    one.verify().unwrap();
}

#[test]
fn exchange_two_objects() {
    let fixture = small();
    let objects: Vec<_> = fixture
        .files()
        .into_iter()
        .filter(|file| file.starts_with(fixture.file("objects")))
        .collect();
    let (first, second) = (
        fs::read(&objects[0]).unwrap(),
        fs::read(&objects[1]).unwrap(),
    );
    fs::write(&objects[0], second).unwrap();
    fs::write(&objects[1], first).unwrap();
    assert!(matches!(*flaw(&fixture).flaw, Flaw::Hash { .. }));
}

/// The forger makes a key of the same name and signs everything anew: only a pinned key tells.
#[test]
fn sign_everything_with_another_key() {
    let (honest, forger) = (small(), small());
    forger.verify().unwrap();
    let error = lightsout::ledger::verify(&forger.path(), &honest.vkey()).unwrap_err();
    assert!(
        matches!(*error.flaw, Flaw::Checkpoint(_)) && error.place == Place::Checkpoint,
        "{error}"
    );
    honest.verify().unwrap();
}

/// An older checkpoint is still signed. Entries that it does not cover give it away, and cutting those off too leaves a valid, shorter
/// ledger, which a checkpoint that was kept elsewhere gives away.
#[test]
fn put_an_older_checkpoint_back() {
    let fixture = small();
    let older = fs::read(fixture.file("checkpoint")).unwrap();
    let entries = fs::read(fixture.file("entries")).unwrap();
    let mut ledger = fixture.open();
    record(&mut ledger, "run-3", &APPLIED).unwrap();
    drop(ledger);
    let newer = fs::read(fixture.file("checkpoint")).unwrap();
    let verified = fixture.verify().unwrap();
    verified.extends(&older).unwrap();
    verified.extends(&newer).unwrap();

    fs::write(fixture.file("checkpoint"), &older).unwrap();
    assert!(matches!(
        *flaw(&fixture).flaw,
        Flaw::CheckpointBehind { .. }
    ));
    let error = super::support::open(&fixture.path(), fixture.key()).unwrap_err();
    assert!(error.to_string().contains("older checkpoint"), "{error}");

    fs::write(fixture.file("entries"), entries).unwrap();
    let rolled_back = fixture.verify().unwrap();
    rolled_back.extends(&older).unwrap();
    let error = rolled_back.extends(&newer).unwrap_err();
    assert!(matches!(*error.flaw, Flaw::Anchor { size: 20 }), "{error}");
}

/// The key's holder writes two histories of the same length: each is valid, and neither contains the other's head.
#[test]
fn write_two_histories() {
    let fixture = small();
    let fork = Fixture::new();
    fs::copy(fixture.key_file(), fork.key_file()).unwrap();
    fixture.copy_to(&fork.path());
    record(&mut fixture.open(), "run-3", &[Kind::RunOpened]).unwrap();
    record(&mut fork.open(), "run-4", &[Kind::RunOpened]).unwrap();
    let head = fs::read(fork.file("checkpoint")).unwrap();
    assert!(matches!(
        *fixture.verify().unwrap().extends(&head).unwrap_err().flaw,
        Flaw::Anchor { size: 6 }
    ));
    fork.verify().unwrap().extends(&head).unwrap();
}

#[test]
fn put_something_else_in_place_of_a_file() {
    let fixture = small();
    for file in fixture.files() {
        let aside = fixture.path().join("aside");
        fs::rename(&file, &aside).unwrap();
        symlink(&aside, &file).unwrap();
        assert!(
            matches!(*flaw(&fixture).flaw, Flaw::File(_)),
            "a link for {}",
            file.display()
        );
        fs::remove_file(&file).unwrap();
        fs::create_dir(&file).unwrap();
        assert!(
            matches!(*flaw(&fixture).flaw, Flaw::File(_)),
            "a folder for {}",
            file.display()
        );
        fs::remove_dir(&file).unwrap();
        rustix::fs::mknodat(
            rustix::fs::CWD,
            &file,
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR,
            0,
        )
        .unwrap();
        assert!(
            matches!(*flaw(&fixture).flaw, Flaw::File(_)),
            "a pipe for {}",
            file.display()
        );
        fs::remove_file(&file).unwrap();
        fs::rename(&aside, &file).unwrap();
    }
    fixture.verify().unwrap();
}

/// Files that are larger than any ledger's are refused before they are read.
#[test]
fn fill_the_readers_memory() {
    let fixture = small();
    for file in fixture.files() {
        let good = fs::read(&file).unwrap();
        let handle = fs::OpenOptions::new().write(true).open(&file).unwrap();
        handle.set_len(1 << 40).unwrap();
        assert!(
            matches!(*flaw(&fixture).flaw, Flaw::File(_)),
            "{}",
            file.display()
        );
        fs::write(&file, good).unwrap();
    }
    fixture.verify().unwrap();
}

#[test]
fn files_that_do_not_belong_are_findings() {
    let fixture = small();
    fs::write(fixture.file("notes.txt"), "x").unwrap();
    let shelf = fixture.file("objects/00");
    fs::create_dir_all(&shelf).unwrap();
    fs::write(shelf.join("x"), "x").unwrap();
    let verified = fixture.verify().unwrap();
    let findings = verified.findings();
    assert!(
        findings.contains(&Finding::Stranger(fixture.file("notes.txt"))),
        "{findings:?}"
    );
    assert!(
        findings.contains(&Finding::Unreferenced(shelf.join("x"))),
        "{findings:?}"
    );
}

#[test]
fn a_statement_stands_on_its_own() {
    let fixture = small();
    let verified = fixture.verify().unwrap();
    let run = super::support::id("run-1");
    let decision = verified.view().read::<Decision>(&run).unwrap().unwrap();
    let entry = &verified.view().run(&run).unwrap().entries()[2];
    let envelope = verified.view().statement(entry).unwrap().unwrap();
    let stated = statement::open::<statement::Vsa>(&envelope, &fixture.vkey()).unwrap();
    assert_eq!(stated.subject[0].digest.sha256, decision.hash());
}
