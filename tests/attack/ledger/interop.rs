//! Other people's verifiers: openssl, Go's transparency log packages, securesystemslib.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use lightsout::ledger::{Kind, checkpoint};

use super::support::{APPLIED, Fixture, id, record};

#[expect(
    clippy::disallowed_methods,
    reason = "the verifiers are other people's programs"
)]
fn command(program: &str) -> Command {
    Command::new(program)
}

fn run(command: &mut Command) -> Output {
    command
        .output()
        .unwrap_or_else(|error| panic!("{command:?} is needed for this test: {error}"))
}

#[track_caller]
fn check(command: &mut Command) -> String {
    let output = run(command);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

#[track_caller]
fn check_fails(command: &mut Command, reason: &str) {
    let output = run(command);
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(
        !output.status.success() && said.contains(reason),
        "{command:?}: {said}"
    );
}

fn fixtures(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(name)
}

fn two_runs() -> Fixture {
    let fixture = Fixture::new();
    let mut ledger = fixture.open();
    record(&mut ledger, "run-1", &APPLIED).unwrap();
    record(&mut ledger, "run-2", &APPLIED).unwrap();
    fixture
}

/// An auditor with nothing but openssl can check the head.
#[test]
fn openssl_accepts_the_checkpoint() {
    let fixture = two_runs();
    let note = fs::read_to_string(fixture.file("checkpoint")).unwrap();
    let (text, signatures) = note.split_once("\n\n").unwrap();
    let line = signatures.trim_end().rsplit(' ').next().unwrap();
    let signature = &BASE64_STANDARD.decode(line).unwrap()[4..];
    // The SubjectPublicKeyInfo of Ed25519 is this prefix and the key (RFC 8410).
    let prefix = hex::decode("302a300506032b6570032100").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("key"), [&prefix[..], fixture.vkey().public()].concat()).unwrap();
    fs::write(at("signature"), signature).unwrap();
    let openssl = |text: &str| {
        fs::write(at("text"), text).unwrap();
        let mut command = command("openssl");
        command
            .current_dir(folder.path())
            .args([
                "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", "key", "-rawin",
            ])
            .args(["-in", "text", "-sigfile", "signature"]);
        command
    };
    check(&mut openssl(&format!("{text}\n")));
    check_fails(
        &mut openssl(&format!("{}\n", text.replacen("30", "31", 1))),
        "Verification Failure",
    );
}

fn go(arguments: &[&Path]) -> Command {
    let mut command = command("go");
    command
        .current_dir(fixtures("ledger-go"))
        .env("GOFLAGS", "-mod=readonly")
        .env("GOTOOLCHAIN", "local")
        .args(["run", "."])
        .args(arguments);
    command
}

/// Go's packages find the same root from the same lines, and prove every entry to be under it.
#[test]
fn go_accepts_the_ledger() {
    let fixture = two_runs();
    let vkey = PathBuf::from(fixture.vkey().to_string());
    let verify = || go(&[Path::new("verify"), &fixture.path(), &vkey]);
    let said = check(&mut verify());
    assert!(said.starts_with("30 "), "{said}");

    let good = fs::read_to_string(fixture.file("entries")).unwrap();
    fs::write(fixture.file("entries"), good.replacen("run-2", "run-3", 1)).unwrap();
    check_fails(&mut verify(), "the root is");
    assert!(fixture.verify().is_err());
    fs::write(fixture.file("entries"), good).unwrap();

    let other = PathBuf::from(Fixture::new().vkey().to_string());
    check_fails(
        &mut go(&[Path::new("verify"), &fixture.path(), &other]),
        "the checkpoint: note has no verifiable signatures",
    );
}

/// Go signs with our key file, and we accept its note.
#[test]
fn go_reads_the_private_key() {
    let fixture = two_runs();
    let note = fs::read_to_string(fixture.file("checkpoint")).unwrap();
    let (text, _) = note.split_once("\n\n").unwrap();
    let mut child = go(&[Path::new("sign"), &fixture.key_file()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    writeln!(child.stdin.take().unwrap(), "{text}").unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    let head = checkpoint::open(&output.stdout, &fixture.vkey()).unwrap();
    assert_eq!(head.size, 30);
    // Ed25519 signatures are deterministic.
    assert_eq!(output.stdout, note.as_bytes());
}

/// securesystemslib accepts the envelope of a decision, and no other payload in it.
#[test]
fn securesystemslib_accepts_the_statement() {
    let library = Path::new(env!("CARGO_TARGET_TMPDIR")).join("securesystemslib-1.6.0");
    let requirements = fixtures("ledger-python").join("requirements.txt");
    if !library.is_dir() {
        let scratch = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let mut pip = command("python3");
        pip.args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-deps",
            "--require-hashes",
            "--target",
        ])
        .arg(scratch.path())
        .arg("--requirement")
        .arg(&requirements);
        check(&mut pip);
        fs::rename(scratch.keep(), &library).unwrap();
    }
    let fixture = two_runs();
    let verified = fixture.verify().unwrap();
    let run = verified.view().run(&id("run-1")).unwrap();
    let decision = run
        .entries()
        .iter()
        .find(|entry| entry.kind == Kind::Decision)
        .unwrap();
    let envelope = verified.view().statement(decision).unwrap().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("envelope.json");
    let python = |envelope: &[u8]| {
        fs::write(&path, envelope).unwrap();
        let mut command = command("python3");
        command
            .env("PYTHONPATH", &library)
            .arg(fixtures("ledger-python").join("verify.py"))
            .arg(&path)
            .arg(fixture.vkey().key_name())
            .arg(hex::encode(fixture.vkey().public()));
        command
    };
    let said = check(&mut python(&envelope));
    assert_eq!(
        said.trim_end(),
        "application/vnd.in-toto+json https://in-toto.io/Statement/v1 https://slsa.dev/verification_summary/v1 PASSED"
    );

    let mut value: serde_json::Value = serde_json::from_slice(&envelope).unwrap();
    let payload = BASE64_STANDARD
        .decode(value["payload"].as_str().unwrap())
        .unwrap();
    let changed = String::from_utf8(payload)
        .unwrap()
        .replacen("run-1/", "run-2/", 1);
    value["payload"] = BASE64_STANDARD.encode(changed).into();
    check_fails(
        &mut python(value.to_string().as_bytes()),
        "VerificationError",
    );
}
