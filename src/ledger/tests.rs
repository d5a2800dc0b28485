//! Recording and reading back.

use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::*;
use crate::ledger::statement::{Claim, Subject, VSA_TYPE};

macro_rules! evidence {
    ($($name:ident),*) => {$(
        #[derive(Debug, PartialEq, Serialize, Deserialize)]
        struct $name { text: String }

        impl Evidence for $name {
            const KIND: Kind = Kind::$name;
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self { text: text.to_owned() }
            }
        }
    )*};
}

evidence!(RunOpened, WorkOrder, Proposal, Decision, Fault, RunClosed);

fn id(text: &str) -> RunId {
    RunId::new(text).unwrap()
}

struct Fixture {
    folder: tempfile::TempDir,
}

impl Fixture {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn ledger(&self) -> std::path::PathBuf {
        self.folder.path().join("ledger")
    }

    fn key(&self) -> Key {
        Key::load_or_create(&self.folder.path().join("key"), "example.com/l").unwrap()
    }

    fn open(&self) -> Ledger {
        let ticks = AtomicI64::new(1_700_000_000);
        let clock = move || Timestamp::from_second(ticks.fetch_add(1, Ordering::Relaxed)).unwrap();
        Ledger::open(&self.ledger(), self.key(), clock).unwrap()
    }

    #[track_caller]
    fn verify(&self) -> Verified {
        verify(&self.ledger(), &self.key().verifier()).unwrap()
    }
}

#[test]
fn evidence_is_read_back_as_it_was_recorded() {
    let fixture = Fixture::new();
    let run = id("run-1");
    let mut ledger = fixture.open();
    let opened = ledger
        .record(&run, Actor::Supervisor, RunOpened::from("a"), &[])
        .unwrap();
    let order = ledger
        .record(
            &run,
            Actor::Supervisor,
            WorkOrder::from("b"),
            &[opened.hash()],
        )
        .unwrap();
    assert_eq!(
        (order.entry(), order.run(), order.value()),
        (1, &run, &WorkOrder::from("b"))
    );
    assert_eq!(order.hash(), Sha256::of(b"{\"text\":\"b\"}"));
    drop(ledger);

    let ledger = fixture.open();
    let again = ledger.read::<WorkOrder>(&run).unwrap().unwrap();
    assert_eq!((again.entry(), again.hash()), (order.entry(), order.hash()));
    assert_eq!(again.value(), order.value());
    assert!(ledger.read::<Proposal>(&run).unwrap().is_none());
    assert!(ledger.read::<WorkOrder>(&id("run-2")).unwrap().is_none());
    let verified = fixture.verify();
    let open = Finding::OpenRun {
        run,
        phase: protocol::Phase::Ordered,
    };
    assert_eq!(verified.findings(), [open]);
    assert_eq!(
        verified
            .view()
            .read_all::<RunOpened>(&id("run-1"))
            .unwrap()
            .len(),
        1
    );
}

#[test]
fn runs_interleave() {
    let fixture = Fixture::new();
    let mut ledger = fixture.open();
    let (one, two) = (id("run-1"), id("run-2"));
    for run in [&one, &two] {
        ledger
            .record(run, Actor::Supervisor, RunOpened::from("same"), &[])
            .unwrap();
    }
    for run in [&two, &one] {
        ledger
            .record(run, Actor::Supervisor, Fault::from("x"), &[])
            .unwrap();
        ledger
            .record(run, Actor::Supervisor, RunClosed::from(run.as_str()), &[])
            .unwrap();
    }
    let kinds: Vec<Vec<Kind>> = ledger.runs().map(|run| run.kinds().collect()).collect();
    let each = vec![Kind::RunOpened, Kind::Fault, Kind::RunClosed];
    assert_eq!(kinds, [each.clone(), each]);
    assert_eq!(
        ledger
            .read::<RunClosed>(&one)
            .unwrap()
            .unwrap()
            .value()
            .text,
        "run-1"
    );
    assert_eq!(fixture.verify().findings(), []);
}

#[test]
fn the_latest_evidence_of_a_run_counts() {
    let fixture = Fixture::new();
    let mut ledger = fixture.open();
    let run = id("r");
    ledger
        .record(&run, Actor::Supervisor, RunOpened::from("a"), &[])
        .unwrap();
    ledger
        .record(&run, Actor::Supervisor, WorkOrder::from("a"), &[])
        .unwrap();
    for text in ["first", "second"] {
        let proposal = ledger
            .record(&run, Actor::Builder, Proposal::from(text), &[])
            .unwrap();
        let claim = Claim {
            subjects: vec![],
            predicate_type: VSA_TYPE,
            predicate: "no",
        };
        let parents = [proposal.hash()];
        ledger
            .record_stated(
                &run,
                Actor::Validator,
                Decision::from("no"),
                &parents,
                &claim,
            )
            .unwrap();
    }
    assert_eq!(
        ledger.read::<Proposal>(&run).unwrap().unwrap().value().text,
        "second"
    );
    let all = ledger.view().read_all::<Proposal>(&run).unwrap();
    assert_eq!(
        all.iter()
            .map(|p| p.value().text.as_str())
            .collect::<Vec<_>>(),
        ["first", "second"]
    );
    assert_eq!(ledger.view().run(&run).unwrap().attempts(), 2);
}

#[test]
fn what_may_not_come_is_not_written() {
    let fixture = Fixture::new();
    let mut ledger = fixture.open();
    let run = id("r");
    let early = ledger
        .record(&run, Actor::Builder, Proposal::from("a"), &[])
        .unwrap_err();
    assert_eq!(
        early.to_string(),
        "the evidence is not recorded: run `r`: `proposal` may not follow here: the run was never opened"
    );
    let opened = ledger
        .record(&run, Actor::Supervisor, RunOpened::from("a"), &[])
        .unwrap();
    let twice = ledger
        .record(&run, Actor::Supervisor, RunOpened::from("a"), &[])
        .unwrap_err();
    assert!(
        matches!(twice, Error::Refused(Flaw::Order { .. })),
        "{twice}"
    );
    // Evidence of another run is no parent here.
    let other = id("other");
    let foreign = ledger
        .record(&other, Actor::Supervisor, RunOpened::from("b"), &[])
        .unwrap();
    let orphan = ledger
        .record(
            &run,
            Actor::Supervisor,
            WorkOrder::from("a"),
            &[foreign.hash()],
        )
        .unwrap_err();
    assert!(
        matches!(orphan, Error::Refused(Flaw::Parent(_))),
        "{orphan}"
    );
    let order = ledger.record(
        &run,
        Actor::Supervisor,
        WorkOrder::from("a"),
        &[opened.hash()],
    );
    let unstated = ledger
        .record(&run, Actor::Validator, Decision::from("yes"), &[])
        .unwrap_err();
    assert!(
        matches!(unstated, Error::Refused(Flaw::Unstated(_))),
        "{unstated}"
    );
    assert_eq!(order.unwrap().entry(), 2);
    assert_eq!(fixture.verify().view().size(), 3);
}

#[test]
fn what_is_too_large_is_not_written() {
    let fixture = Fixture::new();
    let mut ledger = fixture.open();
    let run = id("r");
    let over = RunOpened {
        text: "x".repeat(usize::try_from(OBJECT_BYTES_MAX).unwrap()),
    };
    let error = ledger
        .record(&run, Actor::Supervisor, over, &[])
        .unwrap_err();
    assert!(
        matches!(
            error,
            Error::Body {
                source: canonical::Error::TooLarge(_),
                ..
            }
        ),
        "{error}"
    );
    let opened = ledger
        .record(&run, Actor::Supervisor, RunOpened::from("a"), &[])
        .unwrap();
    let parents = vec![opened.hash(); entry::PARENTS_MAX + 1];
    let error = ledger
        .record(&run, Actor::Supervisor, WorkOrder::from("a"), &parents)
        .unwrap_err();
    assert!(
        matches!(error, Error::Entry(entry::Error::Parents(_))),
        "{error}"
    );
    ledger
        .record(&run, Actor::Supervisor, WorkOrder::from("a"), &parents[1..])
        .unwrap();
    fixture.verify();
}

#[test]
fn evidence_of_another_type_is_not_read() {
    #[derive(Debug, Deserialize, Serialize)]
    struct Other {
        _number: u8,
    }
    impl Evidence for Other {
        const KIND: Kind = Kind::RunOpened;
    }
    let fixture = Fixture::new();
    let mut ledger = fixture.open();
    let run = id("r");
    ledger
        .record(&run, Actor::Supervisor, RunOpened::from("a"), &[])
        .unwrap();
    assert!(matches!(
        ledger.read::<Other>(&run),
        Err(Error::Type { .. })
    ));
    assert!(ledger.read::<RunOpened>(&run).unwrap().is_some());
}

/// What the statement says about the evidence is written by the ledger, not by the caller.
#[test]
fn a_statement_is_about_the_evidence_it_comes_with() {
    let fixture = Fixture::new();
    let mut ledger = fixture.open();
    let run = id("r");
    ledger
        .record(&run, Actor::Supervisor, RunOpened::from("a"), &[])
        .unwrap();
    ledger
        .record(&run, Actor::Supervisor, WorkOrder::from("a"), &[])
        .unwrap();
    let claim = Claim {
        subjects: vec![Subject::new("plan", Sha256::of(b"plan"))],
        predicate_type: VSA_TYPE,
        predicate: "no",
    };
    let decision = ledger
        .record_stated(&run, Actor::Validator, Decision::from("no"), &[], &claim)
        .unwrap();
    let verified = fixture.verify();
    let entry = verified.view().run(&run).unwrap().entries().last().unwrap();
    let envelope = verified.view().statement(entry).unwrap().unwrap();
    let stated = statement::open::<String>(&envelope, &fixture.key().verifier()).unwrap();
    assert_eq!(
        stated.subject,
        [
            Subject::new("r/decision", decision.hash()),
            Subject::new("plan", Sha256::of(b"plan"))
        ]
    );
    assert_eq!(stated.predicate, "no");
}

#[test]
fn one_writer_at_a_time() {
    let fixture = Fixture::new();
    let ledger = fixture.open();
    let error =
        Ledger::open(&fixture.ledger(), fixture.key(), || Timestamp::UNIX_EPOCH).unwrap_err();
    let pid = std::process::id().to_string();
    assert!(
        matches!(&error, Error::Store(store::Error::Locked { pid: holder, .. }) if *holder == pid),
        "{error}"
    );
    // A reader needs no lock.
    fixture.verify();
    drop(ledger);
    fixture.open();
}

#[test]
fn a_clock_that_went_back_is_a_finding() {
    let fixture = Fixture::new();
    let ticks = AtomicI64::new(10);
    let clock = move || Timestamp::from_second(ticks.fetch_sub(1, Ordering::Relaxed)).unwrap();
    let mut ledger = Ledger::open(&fixture.ledger(), fixture.key(), clock).unwrap();
    let run = id("r");
    ledger
        .record(&run, Actor::Supervisor, RunOpened::from("a"), &[])
        .unwrap();
    ledger
        .record(&run, Actor::Supervisor, RunClosed::from("a"), &[])
        .unwrap();
    assert_eq!(
        fixture.verify().findings(),
        [Finding::ClockWentBack { seq: 1 }]
    );
}

/// Bytes that a reader could take for a line, a key or a terminal's command stay inside one JSON string.
#[test]
fn text_cannot_forge_a_line() {
    let fixture = Fixture::new();
    let mut ledger = fixture.open();
    let run = id("r");
    let hostile = "\n{\"kind\":\"clearance\"}\n\u{1b}[2J::set-output\r\u{0}\",\"v\":2";
    ledger
        .record(&run, Actor::Supervisor, RunOpened::from(hostile), &[])
        .unwrap();
    let entries = std::fs::read_to_string(fixture.ledger().join("entries")).unwrap();
    assert_eq!(entries.lines().count(), 1);
    assert!(!entries.contains("clearance"));
    let verified = fixture.verify();
    let back = verified.view().read::<RunOpened>(&run).unwrap().unwrap();
    assert_eq!(back.value().text, hostile);
    let body = verified
        .view()
        .body(&verified.view().run(&run).unwrap().entries()[0])
        .unwrap();
    assert!(body.iter().all(|byte| *byte >= 0x20));
}

#[test]
fn an_object_that_was_changed_is_not_taken_for_the_new_one() {
    let fixture = Fixture::new();
    let mut ledger = fixture.open();
    ledger
        .record(&id("a"), Actor::Supervisor, RunOpened::from("x"), &[])
        .unwrap();
    let path = view::object_path(&fixture.ledger(), Sha256::of(b"{\"text\":\"x\"}"));
    std::fs::write(&path, "changed").unwrap();
    let error = ledger
        .record(&id("b"), Actor::Supervisor, RunOpened::from("x"), &[])
        .unwrap_err();
    assert!(matches!(error, Error::Invalid(_)), "{error}");
    ledger
        .record(&id("b"), Actor::Supervisor, RunOpened::from("y"), &[])
        .unwrap();
}
