//! What a crash leaves: whatever was handed out is there, whatever is there verifies, and the writer goes on.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use lightsout::ledger::{Finding, Kind, Ledger, verify};

use super::support::{APPLIED, Fixture, ORIGIN, open, record};

/// Tells a child which folder it works in; without it the child's tests have nothing to do.
const FOLDER: &str = "LEDGER_TEST_FOLDER";

#[expect(
    clippy::disallowed_methods,
    reason = "a test's own child is told its folder this way"
)]
fn folder_of_child() -> Option<PathBuf> {
    std::env::var_os(FOLDER).map(PathBuf::from)
}

#[expect(clippy::disallowed_methods, reason = "the child is this test itself")]
fn command(program: &Path) -> Command {
    Command::new(program)
}

/// Opens what a crash left, checks that it verifies before and after, and that it takes more.
#[track_caller]
fn check_goes_on(folder: &Path, key_file: &Path, size_min: u64, what: &str) -> Option<u64> {
    let key = || lightsout::ledger::Key::load_or_create(key_file, ORIGIN).unwrap();
    let before =
        verify(folder, &key().verifier()).unwrap_or_else(|error| panic!("{what}: {error}"));
    assert!(
        before.view().size() >= size_min,
        "{what}: evidence was lost"
    );
    let mut ledger = open(folder, key()).unwrap_or_else(|error| panic!("{what}: {error}"));
    let torn = ledger.torn().map(|torn| torn.bytes);
    let run = format!("after-{}", ledger.view().size());
    record(&mut ledger, &run, &[Kind::RunOpened, Kind::RunClosed]).unwrap();
    drop(ledger);
    let after = verify(folder, &key().verifier()).unwrap_or_else(|error| panic!("{what}: {error}"));
    assert_eq!(after.view().size(), before.view().size() + 2, "{what}");
    torn
}

/// The writer's steps for one entry, with every length that a file can have while it is written.
#[test]
fn stop_after_any_byte_of_a_record() {
    let fixture = Fixture::new();
    let mut ledger = fixture.open();
    record(&mut ledger, "run-1", &APPLIED[..8]).unwrap();
    let before = fixture.path().with_file_name("before");
    fixture.copy_to(&before);
    let known = fixture.files();
    let old_length = fs::metadata(fixture.file("entries")).unwrap().len() as usize;
    let size = ledger.view().size();
    // A decision writes two objects, its line and a checkpoint.
    record_decision(&mut ledger);
    drop(ledger);
    let new_objects: Vec<PathBuf> = fixture
        .files()
        .into_iter()
        .filter(|file| !known.contains(file))
        .collect();
    assert_eq!(new_objects.len(), 2);
    let entries = fs::read(fixture.file("entries")).unwrap();
    let note = fs::read(fixture.file("checkpoint")).unwrap();

    let at = fixture.path().with_file_name("at");
    let mut torn = 0;
    let mut stop = |prepare: &dyn Fn(&Path), what: &str| {
        super::support::copy(&before, &at);
        prepare(&at);
        torn += usize::from(check_goes_on(&at, &fixture.key_file(), size, what).is_some());
        fs::remove_dir_all(&at).unwrap();
    };
    let put_objects = |at: &Path, count: usize| {
        for object in &new_objects[..count] {
            let target = at.join(object.strip_prefix(fixture.path()).unwrap());
            fs::create_dir_all(target.parent().unwrap()).unwrap();
            fs::copy(object, target).unwrap();
        }
    };
    for count in 0..=2 {
        stop(&|at| put_objects(at, count), "objects");
        stop(
            &|at| {
                put_objects(at, count);
                fs::write(at.join("scratch-object"), b"{\"half").unwrap();
            },
            "an object half-way",
        );
    }
    for length in old_length..=entries.len() {
        stop(
            &|at| {
                put_objects(at, 2);
                fs::write(at.join("entries"), &entries[..length]).unwrap();
            },
            "the line",
        );
    }
    for length in 0..=note.len() {
        stop(
            &|at| {
                put_objects(at, 2);
                fs::write(at.join("entries"), &entries).unwrap();
                fs::write(at.join("scratch-checkpoint"), &note[..length]).unwrap();
            },
            "the checkpoint",
        );
    }
    assert_eq!(torn, entries.len() - old_length + note.len() + 1);
    // And after the last step.
    let verified = fixture.verify().unwrap();
    assert_eq!(verified.view().size(), size + 1);
}

fn record_decision(ledger: &mut Ledger) {
    let run = super::support::id("run-1");
    let decision = super::support::Decision {
        text: "yes".to_owned(),
    };
    let actor = super::support::actor(Kind::Decision);
    let claim = super::support::claim();
    ledger
        .record_stated(&run, actor, decision, &[], &claim)
        .unwrap();
}

#[test]
fn an_interrupted_write_is_put_aside_and_shown() {
    let fixture = Fixture::new();
    record(&mut fixture.open(), "run-1", &[Kind::RunOpened]).unwrap();
    let good = fs::read(fixture.file("entries")).unwrap();
    for n in 0..3 {
        let good = fs::read(fixture.file("entries")).unwrap();
        fs::write(
            fixture.file("entries"),
            [&good[..], b"{\"actor\":"].concat(),
        )
        .unwrap();
        assert!(
            fixture
                .verify()
                .unwrap()
                .findings()
                .contains(&Finding::Torn { bytes: 9 })
        );
        let ledger = fixture.open();
        let torn = ledger.torn().unwrap();
        assert_eq!(
            (torn.bytes, &torn.file),
            (9, &fixture.file(&format!("torn-{n}")))
        );
        assert_eq!(fs::read(&torn.file).unwrap(), b"{\"actor\":");
        assert_eq!(fs::read(fixture.file("entries")).unwrap(), good);
    }
    assert!(fixture.open().torn().is_none());
    assert_eq!(fs::read(fixture.file("entries")).unwrap(), good);
    let findings = fixture.verify().unwrap();
    assert_eq!(
        findings
            .findings()
            .iter()
            .filter(|f| matches!(f, Finding::TornFile(_)))
            .count(),
        3
    );
}

#[test]
fn stop_while_a_ledger_begins() {
    let fixture = Fixture::new();
    fs::create_dir_all(fixture.path()).unwrap();
    for left in [&[][..], &["lock"], &["lock", "scratch-checkpoint"]] {
        for name in left {
            fs::write(fixture.file(name), "half").unwrap();
        }
        record(&mut fixture.open(), "run-1", &[Kind::RunOpened]).unwrap();
        fixture.verify().unwrap();
        fs::remove_dir_all(fixture.path()).unwrap();
        fs::create_dir_all(fixture.path()).unwrap();
    }
    // Without a checkpoint, entries or objects are not a beginning but a loss.
    record(&mut fixture.open(), "run-1", &[Kind::RunOpened]).unwrap();
    fs::remove_file(fixture.file("checkpoint")).unwrap();
    assert!(open(&fixture.path(), fixture.key()).is_err());
    fs::remove_file(fixture.file("entries")).unwrap();
    assert!(open(&fixture.path(), fixture.key()).is_err());
}

/// The child of [`kill_the_writer_at_any_moment`]: records until it is killed, and says what it was handed out.
#[test]
fn child_that_is_killed() {
    let Some(folder) = folder_of_child() else {
        return;
    };
    let key = lightsout::ledger::Key::load_or_create(&folder.join("key"), ORIGIN).unwrap();
    let mut ledger = open(&folder.join("ledger"), key).unwrap();
    println!("size {}", ledger.view().size());
    loop {
        let run = format!("run-{}", ledger.view().size());
        for kinds in 1..=APPLIED.len() {
            let run = format!("{run}-{kinds}");
            record(&mut ledger, &run, &APPLIED[..kinds]).unwrap();
            println!("size {}", ledger.view().size());
        }
    }
}

#[test]
fn kill_the_writer_at_any_moment() {
    let fixture = Fixture::new();
    fixture.key();
    let folder = fixture.path().parent().unwrap().to_owned();
    for round in 0..40_usize {
        let mut child = command(&std::env::current_exe().unwrap())
            .args([
                "--exact",
                "ledger::crash::child_that_is_killed",
                "--nocapture",
            ])
            .env(FOLDER, &folder)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut acknowledged = 0;
        let sizes = BufReader::new(child.stdout.take().unwrap())
            .lines()
            .map(Result::unwrap)
            .filter_map(|line| {
                line.strip_prefix("size ")
                    .map(|size| size.parse::<u64>().unwrap())
            });
        for size in sizes.take(1 + round % 7) {
            acknowledged = size;
        }
        // Its pipe is closed by now, and it is killed wherever it is.
        child.kill().unwrap();
        child.wait().unwrap();
        check_goes_on(
            &fixture.path(),
            &fixture.key_file(),
            acknowledged,
            &format!("round {round}"),
        );
    }
}

/// The child of [`fill_the_disk`], on a disk of its own.
#[test]
fn child_on_a_small_disk() {
    let Some(folder) = folder_of_child() else {
        return;
    };
    let key = || lightsout::ledger::Key::load_or_create(&folder.join("key"), ORIGIN).unwrap();
    let filler = folder.join("filler");
    fs::write(&filler, vec![0; 64 * 1024]).unwrap();
    let mut ledger = open(&folder.join("ledger"), key()).unwrap();
    let mut runs = 0;
    let error = loop {
        match record(&mut ledger, &format!("run-{runs}"), &APPLIED) {
            Ok(()) => runs += 1,
            Err(error) => break error,
        }
    };
    assert!(
        error.to_string().contains("No space left on device"),
        "{error}"
    );
    assert!(runs > 0);
    drop(ledger);
    verify(&folder.join("ledger"), &key().verifier()).unwrap();
    fs::remove_file(filler).unwrap();
    check_goes_on(
        &folder.join("ledger"),
        &folder.join("key"),
        runs * APPLIED.len() as u64,
        "full",
    );
    println!("went on after {runs} runs");
}

#[test]
fn fill_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let script = r#"mount -t tmpfs -o size=1m none "$LEDGER_TEST_FOLDER" && exec "$@""#;
    let output = command(Path::new("unshare"))
        .args([
            "--user",
            "--map-root-user",
            "--mount",
            "sh",
            "-c",
            script,
            "sh",
        ])
        .arg(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "ledger::crash::child_on_a_small_disk",
            "--nocapture",
        ])
        .env(FOLDER, folder.path())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && text.contains("went on after"),
        "{text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn a_second_writer_is_told_who_writes() {
    let fixture = Fixture::new();
    fixture.key();
    let folder = fixture.path().parent().unwrap().to_owned();
    let mut child = command(&std::env::current_exe().unwrap())
        .args([
            "--exact",
            "ledger::crash::child_that_is_killed",
            "--nocapture",
        ])
        .env(FOLDER, &folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    while !lines.next().unwrap().unwrap().starts_with("size ") {}
    let error = open(&fixture.path(), fixture.key()).unwrap_err();
    // A reader is not in the way and sees a whole ledger, whatever is being written.
    for _ in 0..20 {
        fixture.verify().unwrap();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let said = format!("is being written by process {}", child.id());
    assert!(error.to_string().contains(&said), "{error}");
    fixture.open();
}
