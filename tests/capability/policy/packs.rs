//! Every pack that ships passes its own tests, and says of itself what its README.md says.

use std::path::PathBuf;
use std::time::Instant;

use lightsout::pipeline::policy::example::{self, Example};
use lightsout::pipeline::policy::metadata::PackDoc;
use lightsout::pipeline::policy::selftest;
use lightsout::pipeline::policy::{PolicyReport, Subject, Verdict, builtin, evaluate};
use lightsout::report::rules::{MARKER, markdown};

use super::things::{baseline, compiler, load, request, root, wait};

/// The folders of the packs that ship.
pub(crate) fn shipped() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root().join("policy-packs")).unwrap();
    let folders = entries.map(|entry| entry.unwrap().path());
    let mut packs: Vec<PathBuf> = folders
        .filter(|path| path.join("pack.yaml").exists())
        .collect();
    packs.sort();
    assert!(!packs.is_empty());
    packs
}

/// The examples of the first pack.
fn examples() -> Vec<Example> {
    example::read(&root().join("policy-packs/aws-baseline")).unwrap()
}

#[test]
fn every_pack_passes_its_own_tests() {
    for folder in shipped() {
        let report = wait(selftest::run(&folder, &compiler())).unwrap();
        eprintln!(
            "{}: {} rules, {} tests, {} examples, {} answers of two hosts, skipped: {:?}",
            report.pack.name,
            report.rules,
            report.opa_tests,
            report.examples,
            report.compared,
            report.skipped
        );
        assert!(report.is_well(), "{:#?}", report.problems);
        assert!(report.rules > 0 && report.opa_tests >= report.rules);
        assert!(report.examples >= 3 * report.rules);
        assert!(report.compared > 0);
    }
}

#[test]
fn every_readme_is_current_and_every_pack_is_in_the_binary() {
    for folder in shipped() {
        let doc = PackDoc::of_folder(&folder).unwrap();
        let path = folder.join("README.md");
        let text = std::fs::read_to_string(&path).unwrap();
        let expect = markdown(&doc);
        let from = text.find(MARKER).and_then(|start| text.get(start..));
        let from = from.unwrap_or("");
        assert!(
            from == expect,
            "{}: replace what follows its introduction by the output of `lightsout policy list --markdown --pack {}`",
            path.display(),
            folder.display()
        );
        for rule in &doc.rules {
            assert!(text.contains(&format!("\n## {}\n", rule.id)), "{}", rule.id);
        }
        let name = format!("{}{}", builtin::PREFIX, doc.name);
        assert!(builtin::names().any(|known| known == name), "{name}");
    }
}

#[test]
fn a_finding_tells_what_to_do() {
    let example = examples()
        .into_iter()
        .find(|example| example.name == "ssh-to-the-world-beside-an-unknown")
        .unwrap();
    let report = evaluate(&request(example.subjects), std::slice::from_ref(baseline())).unwrap();
    let denials = report.denials();
    let denials: Vec<_> = denials
        .filter(|finding| finding.rule.as_str() == "AWS-EC2-001")
        .collect();
    assert_eq!(denials.len(), 1);
    assert_eq!(denials[0].path.to_string(), "ingress[1].cidrBlocks[0]");
    assert_eq!(
        denials[0].message,
        "remote access is open to the world: Narrow the addresses at `ingress[1].cidrBlocks[0]` of \
         urn:pulumi:dev::site::aws:ec2/securityGroup:SecurityGroup::it to the networks that need them, or use Session Manager \
         instead of an open port."
    );
    assert_eq!(report.verdict(), Verdict::Denied);
}

#[test]
fn a_report_survives_being_written_down() {
    for example in examples() {
        let report =
            evaluate(&request(example.subjects), std::slice::from_ref(baseline())).unwrap();
        let text = serde_json::to_string(&report).unwrap();
        assert_eq!(serde_json::from_str::<PolicyReport>(&text).unwrap(), report);
    }
}

/// The same pack twice gives the same hash, and a changed rule another.
#[test]
fn the_hash_is_of_what_decides() {
    use super::things::{MANIFEST, METADATA, pack};
    let one = format!("{METADATA}deny contains {{}} if input.op == \"x\"\n");
    let hash = |rego: &str, extra: &[(&str, &str)]| {
        let files = [&[MANIFEST, ("a.rego", rego)], extra].concat();
        pack(&files).unwrap().hash()
    };
    assert_eq!(
        hash(&one, &[]),
        hash(
            &one,
            &[("README.md", "x"), ("a_test.rego", "package a_test\n")]
        )
    );
    assert_ne!(hash(&one, &[]), hash(&one.replace("\"x\"", "\"y\""), &[]));
}

/// Not a goal, only a ceiling that shows when something becomes absurd.
#[test]
fn a_hundred_resources_are_judged_quickly() {
    let each: Vec<Subject> = examples()
        .into_iter()
        .flat_map(|example| example.subjects)
        .collect();
    let subjects = each.iter().cloned().cycle().take(100).collect();
    let request = request(subjects);
    let pack = baseline();
    let start = Instant::now();
    let report = evaluate(&request, std::slice::from_ref(pack)).unwrap();
    let took = start.elapsed();
    eprintln!(
        "{} rules, 100 resources, {} judgements: {took:?}",
        report.rules.len(),
        report.rules.iter().map(|rule| rule.evaluated).sum::<u64>()
    );
    assert!(took.as_secs() < 10, "{took:?}");
}

/// Damage in the cache costs time, never an answer.
#[test]
fn a_damaged_cache_is_written_anew() {
    let cache = tempfile::tempdir().unwrap();
    let compiler = lightsout::pipeline::policy::Compiler {
        cache: cache.path().to_owned(),
        ..compiler()
    };
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("pack.yaml"), super::things::MANIFEST.1).unwrap();
    std::fs::write(
        folder.path().join("a.rego"),
        format!(
            "{}deny contains {{}} if input.op == \"x\"\n",
            super::things::METADATA
        ),
    )
    .unwrap();
    let loaded = || {
        let start = Instant::now();
        let pack = load(folder.path(), &compiler).unwrap();
        (pack.record(), start.elapsed())
    };
    let (first, cold) = loaded();
    let (again, warm) = loaded();
    eprintln!("cold {cold:?}, warm {warm:?}");
    assert_eq!(first, again);
    let files: Vec<PathBuf> = std::fs::read_dir(cache.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert_eq!(files.len(), 1);
    let whole = std::fs::read(&files[0]).unwrap();
    for damage in [0, 70, whole.len() / 2, whole.len() - 1] {
        let mut bytes = whole.clone();
        bytes[damage] ^= 1;
        std::fs::write(&files[0], bytes).unwrap();
        assert_eq!(loaded().0, first);
        assert_eq!(std::fs::read(&files[0]).unwrap().len(), whole.len());
    }
    std::fs::write(&files[0], &whole[..100]).unwrap();
    assert_eq!(loaded().0, first);
}
