//! A folder with a key and a ledger in it.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;
use lightsout::ledger::statement::{
    Claim, Digest, Resource, Subject, VSA_TYPE, Verifier, Vsa, VsaResult,
};
use lightsout::ledger::{
    Actor, Error, Evidence, Invalid, Key, Kind, Ledger, PersonName, Verified, VerifierKey, verify,
};
use lightsout::names::{RunId, Sha256};
use serde::{Deserialize, Serialize};

/// The name of every test ledger's key.
pub(crate) const ORIGIN: &str = "example.com/owner/repository";

/// A run that applies.
pub(crate) const APPLIED: [Kind; 15] = [
    Kind::RunOpened,
    Kind::WorkOrder,
    Kind::Wall,
    Kind::AgentReport,
    Kind::Proposal,
    Kind::Preview,
    Kind::PolicyReport,
    Kind::HoldoutReport,
    Kind::Decision,
    Kind::Approval,
    Kind::Decision,
    Kind::Clearance,
    Kind::Landing,
    Kind::ApplyStarted,
    Kind::Receipt,
];

macro_rules! evidence {
    ($($name:ident),*) => {
        $(
            #[derive(Debug, PartialEq, Serialize, Deserialize)]
            pub(crate) struct $name {
                pub(crate) text: String,
            }

            impl Evidence for $name {
                const KIND: Kind = Kind::$name;
            }
        )*

        fn record_kind(
            ledger: &mut Ledger, run: &RunId, kind: Kind, text: &str, parents: &[Sha256],
        ) -> Result<Sha256, Error> {
            let text = text.to_owned();
            match kind {
                $(Kind::$name if !kind.must_be_stated() => ledger
                    .record(run, actor(kind), $name { text }, parents)
                    .map(|recorded| recorded.hash()),)*
                $(Kind::$name => ledger
                    .record_stated(run, actor(kind), $name { text }, parents, &claim())
                    .map(|recorded| recorded.hash()),)*
            }
        }
    };
}

evidence!(
    RunOpened,
    WorkOrder,
    Wall,
    Check,
    AgentReport,
    Proposal,
    Preview,
    PolicyReport,
    HoldoutReport,
    Decision,
    Approval,
    Clearance,
    Landing,
    ApplyStarted,
    Receipt,
    Acknowledgement,
    Fault,
    RunClosed
);

pub(crate) fn actor(kind: Kind) -> Actor {
    match kind {
        Kind::RunOpened
        | Kind::WorkOrder
        | Kind::Wall
        | Kind::Check
        | Kind::AgentReport
        | Kind::Landing
        | Kind::Fault
        | Kind::RunClosed => Actor::Supervisor,
        Kind::Proposal => Actor::Builder,
        Kind::Preview => Actor::Previewer,
        Kind::PolicyReport | Kind::HoldoutReport | Kind::Decision | Kind::Clearance => {
            Actor::Validator
        }
        Kind::Approval | Kind::Acknowledgement => Actor::Person {
            name: PersonName::new("ada").unwrap(),
        },
        Kind::ApplyStarted | Kind::Receipt => Actor::Applier,
    }
}

pub(crate) fn claim() -> Claim<Vsa> {
    let digest = Digest {
        sha256: Sha256::of(b"policy"),
    };
    Claim {
        subjects: vec![Subject::new("preview", Sha256::of(b"preview"))],
        predicate_type: VSA_TYPE,
        predicate: Vsa {
            verifier: Verifier {
                id: "https://example.com/lightsout".to_owned(),
            },
            time_verified: Timestamp::UNIX_EPOCH,
            resource_uri: "pulumi:dev/site".to_owned(),
            policy: Resource {
                uri: "policy-packs/aws-baseline".to_owned(),
                digest,
            },
            input_attestations: vec![],
            verification_result: VsaResult::Passed,
            verified_levels: vec![],
        },
    }
}

pub(crate) fn id(text: &str) -> RunId {
    RunId::new(text).unwrap()
}

/// A temporary folder with a key, and a ledger that is made by opening it.
pub(crate) struct Fixture {
    folder: tempfile::TempDir,
}

impl Fixture {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("ledger")
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    pub(crate) fn key_file(&self) -> PathBuf {
        self.folder.path().join("key")
    }

    pub(crate) fn key(&self) -> Key {
        Key::load_or_create(&self.key_file(), ORIGIN).unwrap()
    }

    pub(crate) fn vkey(&self) -> VerifierKey {
        self.key().verifier()
    }

    pub(crate) fn open(&self) -> Ledger {
        open(&self.path(), self.key()).unwrap()
    }

    pub(crate) fn verify(&self) -> Result<Verified, Invalid> {
        verify(&self.path(), &self.vkey())
    }

    /// Every file that the signature is to protect.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        let mut files = vec![self.file("checkpoint"), self.file("entries")];
        for shelf in std::fs::read_dir(self.file("objects")).unwrap() {
            for object in std::fs::read_dir(shelf.unwrap().path()).unwrap() {
                files.push(object.unwrap().path());
            }
        }
        files.sort();
        files
    }

    /// Copies the ledger's folder.
    pub(crate) fn copy_to(&self, target: &Path) {
        copy(&self.path(), target);
    }
}

pub(crate) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for item in std::fs::read_dir(from).unwrap() {
        let item = item.unwrap();
        let target = to.join(item.file_name());
        if item.file_type().unwrap().is_dir() {
            copy(&item.path(), &target);
        } else {
            std::fs::copy(item.path(), target).unwrap();
        }
    }
}

pub(crate) fn open(folder: &Path, key: Key) -> Result<Ledger, Error> {
    let ticks = AtomicI64::new(1_700_000_000);
    let clock = move || Timestamp::from_second(ticks.fetch_add(1, Ordering::Relaxed)).unwrap();
    Ledger::open(folder, key, clock)
}

/// Records evidence of these kinds, each resting on the one before.
pub(crate) fn record(ledger: &mut Ledger, run: &str, kinds: &[Kind]) -> Result<(), Error> {
    let run = id(run);
    let mut parents: Vec<Sha256> = Vec::new();
    for (n, kind) in kinds.iter().enumerate() {
        let text = format!("{run} {kind} {n}");
        let hash = record_kind(ledger, &run, *kind, &text, &parents)?;
        parents = vec![hash];
    }
    Ok(())
}
