//! What writers and users of packs do wrong is told with its place, and what to do.

use std::path::Path;

use serde_json::{Value, json};

use super::commands::{new_pack, policy, preview};

const RULE: &str = "pack_tag_001.rego";

/// What `eval` says on standard error of the new pack after a change to a line of its rule.
#[track_caller]
fn said(from: &str, to: &str) -> String {
    let (held, folder) = new_pack();
    change(&folder, from, to);
    let ran = policy(held.path(), &["eval", "--pack", "pack"], &preview("update")).expect(1);
    assert!(ran.stdout.is_empty(), "{}", ran.stdout);
    ran.stderr
}

#[track_caller]
fn change(pack: &Path, from: &str, to: &str) {
    let path = pack.join(RULE);
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{text}");
    std::fs::write(path, text.replacen(from, to, 1)).unwrap();
}

#[track_caller]
fn holds(text: &str, part: &str) {
    assert!(text.contains(part), "{part}: {text}");
}

/// Where the rule of a new pack is defined.
fn at(pack: &Path) -> String {
    let text = std::fs::read_to_string(pack.join(RULE)).unwrap();
    let line = text.lines().position(|line| line.starts_with("deny "));
    format!("{RULE}:{}", line.unwrap() + 1)
}

#[test]
fn what_opa_cannot_parse_is_told_by_file_row_and_column() {
    let text = said("deny contains", "deny contains } contains");
    holds(&text, &format!("with `opa`: {RULE}:"));
    holds(&text, ": unexpected } token");
    assert!(!text.contains("rego_parse_error"), "{text}");
    let text = said("severity: low", "severity: [low");
    holds(&text, &format!("with `opa`: {RULE}:"));
    holds(&text, ": METADATA: did not find expected");
    assert_eq!(text.trim_end().lines().count(), 1, "{text}");
}

#[test]
fn a_rule_that_fails_is_told_by_file_and_line() {
    let (held, folder) = new_pack();
    let eval = || {
        policy(held.path(), &["eval", "--pack", "pack"], &preview("update"))
            .expect(1)
            .stderr
    };
    let rest = |text: &str| text.replace("\n", " ");
    change(
        &folder,
        "deny contains",
        "deny contains \"bad\"\n\ndeny contains",
    );
    let text = rest(&eval());
    holds(
        &text,
        "invalid type: string …, expected an object; `deny` must be a set of objects",
    );
    holds(&text, &format!("the rule is in `{}`", at(&folder)));
    assert!(!text.contains("line 1") && !text.contains("Raw"), "{text}");
    change(
        &folder,
        "deny contains \"bad\"",
        "xs := numbers.range(1, 1000)\n\ndeny contains {} if {\n\tsome a in xs\n\tsome b in xs\n\tsome c in xs\n\tsome d in xs\n\ta + b + c + d == -1\n}",
    );
    let text = rest(&eval());
    // On a busy machine its time ends before its memory.
    holds(&text, " (a loop over too many combinations");
    holds(&text, &format!("the rule is in `{}`", at(&folder)));
}

#[test]
fn a_pack_that_is_none_is_told_what_to_give() {
    let (held, folder) = new_pack();
    let told = |arguments: &[&str], code: i32, part: &str| {
        let ran = policy(held.path(), arguments, &preview("update")).expect(code);
        holds(&ran.stderr, part);
    };
    for command in [
        &["list", "--pack", "nowhere"][..],
        &["eval", "--pack", "nowhere"],
        &["build", "nowhere"],
        &["test", "nowhere"],
    ] {
        told(
            command,
            2,
            "there is no policy pack `nowhere`: no such folder; the built-in ones are lightsout:",
        );
    }
    told(
        &["build", "aws-baselin"],
        2,
        "did you mean `lightsout:aws-baseline`?",
    );
    policy(
        held.path(),
        &["build", "pack", "--out", "bundle.tar.gz"],
        "",
    )
    .expect(0);
    told(
        &["eval", "--pack", "bundle.tar.gz"],
        2,
        "if it is a compiled bundle, give the folder with its sources",
    );
    std::fs::write(folder.join("bundle.tar.gz"), "").unwrap();
    told(
        &["eval", "--pack", "pack"],
        1,
        "is an archive; keep bundles outside",
    );
    std::fs::write(folder.join(".manifest"), "{}").unwrap();
    told(
        &["eval", "--pack", "pack"],
        1,
        "`.manifest` is of a compiled bundle; give the folder with its sources",
    );
}

#[test]
fn packs_of_the_binary_are_built_and_tested() {
    let held = tempfile::tempdir().unwrap();
    let name = "lightsout:pulumi-hygiene";
    let built = policy(held.path(), &["build", name], "").expect(0);
    holds(&built.stdout, "pulumi-hygiene ");
    let tested = policy(held.path(), &["test", name, "--format", "json"], "").expect(0);
    assert_eq!(tested.json()[0]["folder"], json!(name));
}

/// The reader of a pipeline such as `… | head -c 20` has seen enough.
#[test]
#[expect(clippy::disallowed_methods, reason = "a test runs the binary")]
fn a_reader_that_stops_changes_no_exit_code() {
    use std::io::Write as _;
    use std::process::{Command, Stdio};
    let (held, _) = new_pack();
    let closed = |arguments: &[&str], input: &str| {
        let mut child = Command::new(env!("CARGO_BIN_EXE_lightsout"))
            .arg("policy")
            .args(arguments)
            .current_dir(held.path())
            .env_clear()
            .env("PATH", crate::support::machine().path)
            .env("LIGHTSOUT_HOME", crate::support::home())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        drop(child.stdin.take().unwrap().write_all(input.as_bytes()));
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!said.contains("error"), "{said}");
        output.status.code()
    };
    let eval = ["eval", "--pack", "pack", "--format", "sarif"];
    assert_eq!(closed(&eval, &preview("update")), Some(10));
    assert_eq!(closed(&eval, &preview("read")), Some(14));
    assert_eq!(closed(&["list"], ""), Some(0));
}

#[test]
fn findings_at_one_path_are_several_for_code_scanning() {
    let (held, folder) = new_pack();
    let more: String = (0..4)
        .map(|n| format!("deny contains {{\"path\": [\"tags\"], \"actual\": {}, \"msg\": \"it is {}\"}} if input.op\n\n", n / 2, n % 2))
        .collect();
    change(&folder, "deny contains", &format!("{more}deny contains"));
    let arguments = ["eval", "--pack", "pack", "--format", "sarif"];
    let sarif = policy(held.path(), &arguments, &preview("update"))
        .expect(10)
        .json();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let mut prints: Vec<&Value> = results
        .iter()
        .map(|it| &it["partialFingerprints"]["lightsout/v2"])
        .collect();
    assert!(prints.len() >= 5, "{results:#?}");
    assert!(prints.iter().all(|print| print.is_string()));
    prints.sort_by_key(|print| print.to_string());
    let all = prints.len();
    prints.dedup();
    assert_eq!(prints.len(), all);
}
