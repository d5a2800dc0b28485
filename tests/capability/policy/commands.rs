//! `lightsout policy …` as a writer of packs uses it, outside of any repository.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use lightsout::pipeline::policy::example::{self, Kind};
use lightsout::pipeline::policy::{Verdict, evaluate};
use serde_json::{Value, json};

use super::things::{MANIFEST, compiler, pack, root};
use crate::support;
use crate::support::factory::Ran;

const DB: &str = "urn:pulumi:dev::site::aws:rds/instance:Instance::db";

/// The binary, in a folder that is no repository.
#[expect(clippy::disallowed_methods, reason = "a test runs the binary")]
pub(super) fn policy(folder: &Path, arguments: &[&str], input: &str) -> Ran {
    use std::io::Write as _;
    drop(compiler());
    let mut child = Command::new(env!("CARGO_BIN_EXE_lightsout"))
        .arg("policy")
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("PATH", support::machine().path)
        .env("LIGHTSOUT_HOME", support::home())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that does not read its input closes it.
    drop(child.stdin.take().unwrap().write_all(input.as_bytes()));
    let output = child.wait_with_output().unwrap();
    Ran {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A new pack named `pack`, as `policy new` writes it.
pub(super) fn new_pack() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    policy(folder.path(), &["new", "pack"], "").expect(0);
    let pack = folder.path().join("pack");
    (folder, pack)
}

/// A bucket without an owner, and one whose owner is not known.
pub(super) fn preview(op: &str) -> String {
    let urn = |name: &str| format!("urn:pulumi:dev::site::aws:s3/bucket:Bucket::{name}");
    let unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
    json!({
        "steps": [
            {"op": op, "urn": urn("bare"), "newState": {"inputs": {}}},
            {"op": "create", "urn": urn("later"), "newState": {"inputs": {"tags": {"owner": unknown}}}},
        ],
        "changeSummary": {"create": 1, "same": 2},
    })
    .to_string()
}

#[test]
fn a_new_pack_passes_its_tests_and_builds() {
    let (held, folder) = new_pack();
    let ran = policy(held.path(), &["test", "pack/"], "").expect(0);
    assert!(
        ran.stdout.contains("everything is as it should be"),
        "{}",
        ran.stdout
    );
    let ran = policy(&folder, &["test", "--format", "json"], "")
        .expect(0)
        .json();
    assert_eq!(ran[0]["problems"], json!([]));
    let ran = policy(
        held.path(),
        &["build", "pack", "--out", "bundle.tar.gz"],
        "",
    )
    .expect(0);
    assert!(
        ran.stdout.contains("rule  PACK-TAG-001: no builtin"),
        "{}",
        ran.stdout
    );
    let bundle = std::fs::read(held.path().join("bundle.tar.gz")).unwrap();
    assert_eq!(bundle[..2], [0x1f, 0x8b]);
    let again = policy(held.path(), &["new", "pack"], "").expect(2);
    assert!(
        again.stderr.contains("it is there already"),
        "{}",
        again.stderr
    );
    policy(held.path(), &["new", "a b"], "").expect(2);
}

#[test]
fn a_pack_with_a_problem_fails_its_tests() {
    let (held, folder) = new_pack();
    std::fs::remove_file(folder.join("pack_tag_001_test.rego")).unwrap();
    let ran = policy(held.path(), &["test", "pack"], "").expect(1);
    assert!(ran.stdout.contains("FAILED  layout"), "{}", ran.stdout);
    assert!(ran.stdout.contains("1 problems"), "{}", ran.stdout);
}

#[test]
fn a_preview_is_judged_from_a_file_and_from_standard_input() {
    let (held, _) = new_pack();
    let eval = |arguments: &[&str], input: &str| {
        policy(
            held.path(),
            &[&["eval", "--pack", "pack"], arguments].concat(),
            input,
        )
    };
    let ran = eval(&["--preview", "-"], &preview("update")).expect(10);
    assert!(
        ran.stdout
            .contains("DENIED  PACK-TAG-001 (low) the bucket has no owner"),
        "{}",
        ran.stdout
    );
    assert!(
        ran.stdout
            .contains("PACK-TAG-001 (low) cannot know: `tags.owner`"),
        "{}",
        ran.stdout
    );
    assert!(
        ran.stdout
            .contains("1 rules on 2 steps: 1 denials, 0 warnings, 1 undetermined"),
        "{}",
        ran.stdout
    );
    assert!(
        ran.stdout.trim_end().ends_with("denied (exit 10)"),
        "{}",
        ran.stdout
    );
    assert!(
        ran.stderr
            .contains("2 unchanged resources are not in the preview"),
        "{}",
        ran.stderr
    );
    // What is only read is not ours.
    std::fs::write(held.path().join("p.json"), preview("read")).unwrap();
    let ran = eval(&["--preview", "p.json", "--format", "json"], "")
        .expect(14)
        .json();
    assert_eq!(
        (&ran["verdict"], &ran["exit"]),
        (&json!("undetermined"), &json!(14))
    );
    assert_eq!(ran["rules"][0]["undetermined"].as_array().unwrap().len(), 1);
    let request = json!({"stack": {"project": "p", "name": "s"}, "subjects": []});
    let ran = eval(&[], &request.to_string()).expect(0);
    assert!(ran.stdout.contains("clean (exit 0)"), "{}", ran.stdout);
}

#[test]
fn a_preview_that_is_none_is_named_with_its_place() {
    let (held, _) = new_pack();
    let eval = |input: &str| {
        policy(held.path(), &["eval", "--pack", "pack"], input)
            .expect(2)
            .stderr
    };
    for (input, expect) in [
        ("", "reading the preview `-`: line 1"),
        ("{\n \"steps\": [\n  {]", "line 3, column"),
        ("{\"resources\": []}", "neither"),
        (
            &json!({"steps": [{"op": "create", "urn": DB}], "changeSummary": {}}).to_string(),
            "step 1 of",
        ),
        (
            &json!({"steps": [], "changeSummary": {"create": 2}}).to_string(),
            "counts 2 of `create`",
        ),
    ] {
        let said = eval(input);
        assert!(said.contains(expect), "{input}: {said}");
    }
    policy(
        held.path(),
        &["eval", "--pack", "pack", "--preview", "nowhere"],
        "",
    )
    .expect(1);
    policy(
        held.path(),
        &["eval", "--pack", "lightsout:nothing"],
        &preview("create"),
    )
    .expect(2);
    policy(held.path(), &["eval"], "").expect(2);
}

#[test]
fn code_scanning_and_ci_systems_get_their_formats() {
    let (held, _) = new_pack();
    let eval = |format: &str| {
        let arguments = ["eval", "--pack", "pack", "--format", format];
        policy(
            held.path(),
            &arguments,
            &preview("create").replace("\"create\":1", "\"create\":2"),
        )
    };
    let sarif = eval("sarif").expect(10).json();
    let run = &sarif["runs"][0];
    let rule = &run["tool"]["driver"]["rules"][0];
    assert_eq!(rule["properties"]["security-severity"], json!("3.0"));
    assert_eq!(rule["defaultConfiguration"]["level"], json!("error"));
    assert!(
        rule["help"]["markdown"]
            .as_str()
            .unwrap()
            .contains("To do: Add the tag")
    );
    let results = run["results"].as_array().unwrap();
    let of = |at: usize| (&results[at]["kind"], &results[at]["level"]);
    assert_eq!(of(0), (&json!("fail"), &json!("error")));
    // SARIF 2.1.0, 3.27.10: a result that is no failure has the level none.
    assert_eq!(of(1), (&json!("review"), &json!("none")));
    let prints: Vec<&Value> = results
        .iter()
        .map(|it| &it["partialFingerprints"])
        .collect();
    assert_ne!(prints[0], prints[1]);
    let junit = eval("junit").expect(10).stdout;
    assert!(
        junit.contains(
            "<testsuite name=\"pack\" tests=\"2\" skipped=\"1\" errors=\"0\" failures=\"1\""
        ),
        "{junit}"
    );
    assert!(
        junit.contains("<failure message=\"the bucket has no owner"),
        "{junit}"
    );
    assert!(
        junit.contains("<skipped message=\"undetermined: not known at preview: tags.owner\""),
        "{junit}"
    );
    let ran = policy(held.path(), &["test", "pack", "--format", "sarif"], "").expect(2);
    assert!(
        ran.stderr
            .contains("`--format sarif` is for `lightsout policy eval`"),
        "{}",
        ran.stderr
    );
}

/// Such a pack documents nothing, which keeps nobody from using it.
#[test]
fn a_pack_for_pulumis_runtime_is_built_and_evaluated() {
    let held = tempfile::tempdir().unwrap();
    let folder = held.path().join("theirs");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(
        folder.join("PulumiPolicy.yaml"),
        "runtime: opa\nversion: 1.0.0\n",
    )
    .unwrap();
    let rule = "package theirs\n\nimport rego.v1\n\ndeny_bare contains msg if {\n\tnot input.tags\n\tmsg := \"bare\"\n}\n";
    std::fs::write(folder.join("rules.rego"), rule).unwrap();
    policy(held.path(), &["build", "theirs"], "").expect(0);
    let arguments = ["eval", "--pack", "theirs", "--format", "sarif"];
    let sarif = policy(held.path(), &arguments, &preview("update"))
        .expect(10)
        .json();
    let run = &sarif["runs"][0];
    assert_eq!(
        run["tool"]["driver"]["rules"][0]["id"],
        json!("theirs-deny_bare")
    );
    assert!(
        run["results"][0]["message"]["text"]
            .as_str()
            .unwrap()
            .contains("bare")
    );
    let ran = policy(held.path(), &["test", "theirs"], "").expect(1);
    assert!(
        ran.stderr.contains("can be built and evaluated"),
        "{}",
        ran.stderr
    );
}

#[test]
fn rules_are_listed_and_explained() {
    let (held, folder) = new_pack();
    let list = |arguments: &[&str]| {
        policy(held.path(), &[&["list"], arguments].concat(), "")
            .expect(0)
            .stdout
    };
    assert!(list(&[]).contains("AWS-S3-001"));
    assert!(
        list(&["--pack", "pack"])
            .contains("PACK-TAG-001  low       mandatory  A bucket says who owns it")
    );
    let readme = std::fs::read_to_string(folder.join("README.md")).unwrap();
    assert!(readme.ends_with(&list(&["--pack", "pack", "--markdown"])));
    let explain = |arguments: &[&str]| policy(held.path(), &[&["explain"], arguments].concat(), "");
    let ran = explain(&["PACK-TAG-001", "--pack", "pack"])
        .expect(0)
        .stdout;
    for expect in [
        "looks at  aws:s3/bucket:Bucket",
        "reads  inputs.tags[*], params.tag",
        "parameter  tag (string), by default \"owner\"",
        "unknown  owner not known; decided without the name",
    ] {
        assert!(ran.contains(expect), "{expect}: {ran}");
    }
    let ran = explain(&["AWS-S3-001", "--format", "json"])
        .expect(0)
        .json();
    assert_eq!(ran["pack"], json!("aws-baseline"));
    let ran = explain(&["aws-s3-O01"]).expect(2);
    assert!(
        ran.stderr.contains("did you mean `AWS-S3-001`?"),
        "{}",
        ran.stderr
    );
    let ran = explain(&["nonsense"]).expect(2);
    assert!(
        ran.stderr.contains("lightsout policy list"),
        "{}",
        ran.stderr
    );
}

/// The blocks of one language in policy-packs/README.md.
fn blocks(language: &str) -> Vec<String> {
    let text = std::fs::read_to_string(root().join("policy-packs/README.md")).unwrap();
    let parts = text.split("\n```").skip(1).step_by(2);
    let found = parts.filter_map(|part| part.strip_prefix(language)?.strip_prefix('\n'));
    found.map(|block| format!("{block}\n")).collect()
}

#[test]
fn the_guide_for_writers_of_packs_is_true() {
    let [rule] = blocks("rego").try_into().unwrap();
    let pack = pack(&[MANIFEST, ("ours_tag_001.rego", &rule)]).unwrap();
    let id = pack.rules().next().unwrap();
    let [text] = blocks("json").try_into().unwrap();
    let read = example::parse("README.md".as_ref(), text.as_bytes(), id, Kind::Allow).unwrap();
    for example in read {
        let report = evaluate(&example.request().unwrap(), std::slice::from_ref(&pack)).unwrap();
        assert_eq!(report.verdict(), Verdict::Clean, "{example}");
    }
}

#[test]
fn the_schema_is_the_one_that_ships() {
    let printed = policy(Path::new("/"), &["schema"], "").expect(0).stdout;
    let file = std::fs::read_to_string(root().join("policy-packs/input.schema.json")).unwrap();
    assert!(
        file == printed,
        "write the output of `lightsout policy schema` to policy-packs/input.schema.json"
    );
}
