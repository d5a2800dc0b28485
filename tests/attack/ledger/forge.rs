//! What somebody *with* the key might write past the writer's rules: the verifier has the same rules, and the signature does not help.

use std::fs;
use std::path::Path;

use lightsout::ledger::checkpoint::{self, Checkpoint};
use lightsout::ledger::log::Tree;
use lightsout::ledger::statement::{STATEMENT_TYPE, Statement, Subject, VSA_TYPE};
use lightsout::ledger::{
    Actor, Entry, Flaw, Invalid, Key, Kind, canonical, entry, statement, verify,
};
use lightsout::names::Sha256;

use super::support::{ORIGIN, actor, id};

/// One entry to be forged, well-formed until it is changed.
struct Draft {
    entry: Entry,
    body: Vec<u8>,
    envelope: Option<Vec<u8>>,
}

/// A whole run up to this many entries, signed by the key.
fn drafts(key: &Key, kinds: &[Kind]) -> Vec<Draft> {
    kinds
        .iter()
        .map(|kind| draft(key, "run-1", *kind))
        .collect()
}

fn draft(key: &Key, run: &str, kind: Kind) -> Draft {
    let body = canonical::to_bytes(&kind.as_str()).unwrap();
    let hash = Sha256::of(&body);
    let envelope = kind
        .must_be_stated()
        .then(|| envelope(key, &format!("{run}/{kind}"), hash));
    Draft {
        entry: Entry {
            v: entry::VERSION,
            seq: 0,
            time: jiff::Timestamp::UNIX_EPOCH,
            run: id(run),
            kind,
            actor: actor(kind),
            body: hash,
            size: body.len() as u64,
            parents: vec![],
            prev: hash,
            statement: envelope.as_deref().map(Sha256::of),
        },
        body,
        envelope,
    }
}

fn envelope(key: &Key, subject: &str, hash: Sha256) -> Vec<u8> {
    let statement = Statement {
        statement_type: STATEMENT_TYPE.to_owned(),
        subject: vec![Subject::new(subject, hash)],
        predicate_type: VSA_TYPE.to_owned(),
        predicate: "passed",
    };
    statement::sign(key, &statement).unwrap()
}

fn put(folder: &Path, bytes: &[u8]) {
    let name = Sha256::of(bytes).to_string();
    let shelf = folder.join("objects").join(name.split_at(2).0);
    fs::create_dir_all(&shelf).unwrap();
    fs::write(shelf.join(name), bytes).unwrap();
}

/// Numbers and chains the entries, signs the head, and verifies.
fn forge(key: &Key, drafts: Vec<Draft>) -> Result<(), Invalid> {
    let folder = tempfile::tempdir().unwrap();
    let mut tree = Tree::default();
    let mut prev = Sha256::of(ORIGIN.as_bytes());
    let mut entries = Vec::new();
    for (n, mut draft) in drafts.into_iter().enumerate() {
        draft.entry.seq = n as u64;
        draft.entry.prev = prev;
        put(folder.path(), &draft.body);
        if let Some(envelope) = &draft.envelope {
            put(folder.path(), envelope);
        }
        let line = draft.entry.to_line().unwrap();
        tree.push(&line).unwrap();
        prev = Sha256::of(&line);
        entries.extend_from_slice(&line);
        entries.push(b'\n');
    }
    let size = tree.size();
    let root = tree.root(size).unwrap();
    let note = checkpoint::sign(key, Checkpoint { size, root }).unwrap();
    fs::write(folder.path().join("entries"), entries).unwrap();
    fs::write(folder.path().join("checkpoint"), note).unwrap();
    verify(folder.path(), &key.verifier()).map(|_| ())
}

const DECIDED: [Kind; 7] = [
    Kind::RunOpened,
    Kind::WorkOrder,
    Kind::Proposal,
    Kind::Preview,
    Kind::PolicyReport,
    Kind::HoldoutReport,
    Kind::Decision,
];

fn key() -> Key {
    Key::generate(ORIGIN).unwrap()
}

#[track_caller]
fn check(change: impl FnOnce(&Key, &mut Vec<Draft>), expect: impl FnOnce(&Flaw) -> bool) {
    let key = key();
    let mut drafts = drafts(&key, &DECIDED);
    change(&key, &mut drafts);
    let invalid = forge(&key, drafts).unwrap_err();
    assert!(expect(&invalid.flaw), "{invalid}");
}

#[test]
fn the_honest_twin_verifies() {
    let key = key();
    forge(&key, drafts(&key, &DECIDED)).unwrap();
    let mut with_parents = drafts(&key, &DECIDED);
    with_parents[3].entry.parents = vec![with_parents[2].entry.body];
    forge(&key, with_parents).unwrap();
    let mut approved = drafts(&key, &DECIDED);
    approved.push(draft(&key, "run-1", Kind::Approval));
    forge(&key, approved).unwrap();
}

#[test]
fn skip_a_stage() {
    for skipped in 0..DECIDED.len() - 1 {
        check(
            |_, drafts| drop(drafts.remove(skipped)),
            |flaw| matches!(flaw, Flaw::Order { .. }),
        );
    }
}

#[test]
fn use_the_evidence_of_another_run() {
    check(
        |key, drafts| {
            drafts.insert(0, draft(key, "run-2", Kind::RunOpened));
            drafts.insert(1, draft(key, "run-2", Kind::WorkOrder));
            drafts[1].body = b"\"other\"".to_vec();
            drafts[1].entry.body = Sha256::of(b"\"other\"");
            drafts[1].entry.size = 7;
            drafts[4].entry.parents = vec![drafts[1].entry.body];
        },
        |flaw| matches!(flaw, Flaw::Parent(_)),
    );
}

#[test]
fn rest_on_later_evidence() {
    check(
        |_, drafts| drafts[2].entry.parents = vec![drafts[3].entry.body],
        |flaw| matches!(flaw, Flaw::Parent(_)),
    );
}

#[test]
fn approve_without_a_person() {
    check(
        |key, drafts| {
            drafts.push(draft(key, "run-1", Kind::Approval));
            drafts[7].entry.actor = Actor::Builder;
        },
        |flaw| {
            matches!(
                flaw,
                Flaw::NotAPerson {
                    kind: Kind::Approval,
                    actor: Actor::Builder
                }
            )
        },
    );
}

#[test]
fn decide_without_a_statement() {
    check(
        |_, drafts| drafts[6].entry.statement = None,
        |flaw| matches!(flaw, Flaw::Unstated(Kind::Decision)),
    );
}

#[test]
fn carry_the_statement_of_another_run_or_another_key() {
    for (run, hash) in [
        ("run-2/decision", None),
        ("run-1/clearance", None),
        ("run-1/decision", Some(Sha256::of(b"other"))),
    ] {
        check(
            |key, drafts| {
                let hash = hash.unwrap_or(drafts[6].entry.body);
                let envelope = envelope(key, run, hash);
                drafts[6].entry.statement = Some(Sha256::of(&envelope));
                drafts[6].envelope = Some(envelope);
            },
            |flaw| matches!(flaw, Flaw::Subject),
        );
    }
    check(
        |_, drafts| {
            let envelope = envelope(&key(), "run-1/decision", drafts[6].entry.body);
            drafts[6].entry.statement = Some(Sha256::of(&envelope));
            drafts[6].envelope = Some(envelope);
        },
        |flaw| matches!(flaw, Flaw::Statement(_)),
    );
}

#[test]
fn name_a_body_by_another_size_or_spelling() {
    check(
        |_, drafts| drafts[4].entry.size += 1,
        |flaw| matches!(flaw, Flaw::Size { .. }),
    );
    for body in ["{ }", "{\"a\":1,\"a\":2}", "not json"] {
        check(
            |_, drafts| {
                drafts[4].body = body.as_bytes().to_vec();
                drafts[4].entry.body = Sha256::of(body.as_bytes());
                drafts[4].entry.size = body.len() as u64;
            },
            |flaw| matches!(flaw, Flaw::Body(_)),
        );
    }
}

#[test]
fn begin_with_the_chain_of_another_log() {
    let other = Key::generate("example.com/other").unwrap();
    let mut entries = drafts(&other, &DECIDED);
    // The chain begins at this origin, and the other key signs.
    entries.truncate(2);
    let invalid = forge(&other, entries).unwrap_err();
    assert!(matches!(*invalid.flaw, Flaw::OtherLog), "{invalid}");
}
