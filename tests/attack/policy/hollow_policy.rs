//! Packs that would judge nothing, or never end: each is a named error, and beside it stands the honest pack that works.

use std::os::unix::fs::PermissionsExt as _;

use lightsout::pipeline::policy::{
    Compiler, Error, Pack, PolicyReport, RuleFault, Verdict, evaluate,
};
use serde_json::json;

use super::things::{
    MANIFEST, METADATA, compiler, judge, load, pack, request, rule, rule_with, thing,
};

const HONEST: &str = "deny contains {\"path\": [\"bad\"]} if input.inputs.bad == true\n";

#[track_caller]
fn check_load(result: Result<Pack, Error>, expect: impl Fn(&Error) -> bool, words: &str) {
    let error = result.expect_err("the pack loads");
    assert!(expect(&error), "{error:?}");
    assert!(error.to_string().contains(words), "{error}");
}

#[test]
fn the_honest_pack_denies_and_allows() {
    let report = judge(rule(HONEST), thing(json!({"bad": true}))).unwrap();
    assert_eq!(report.verdict(), Verdict::Denied);
    let report = judge(rule(HONEST), thing(json!({"bad": false}))).unwrap();
    assert_eq!(report.verdict(), Verdict::Clean);
}

#[test]
fn no_pack_is_no_verdict() {
    assert!(matches!(
        evaluate(&request(vec![]), &[]),
        Err(Error::NoPacks)
    ));
}

#[test]
fn a_pack_without_rules_does_not_load() {
    check_load(
        pack(&[MANIFEST]),
        |error| matches!(error, Error::NoRules { .. }),
        "has no rule",
    );
    let library = "package lib\nf(x) if x == 1\n";
    check_load(
        pack(&[MANIFEST, ("lib.rego", library)]),
        |error| matches!(error, Error::NoRules { .. }),
        "has no rule",
    );
}

#[test]
fn a_folder_without_a_manifest_or_with_strangers_is_no_pack() {
    let rego = format!("{METADATA}{HONEST}");
    let content = |error: &Error| matches!(error, Error::Content { .. });
    check_load(
        pack(&[("a.rego", &rego)]),
        content,
        "`pack.yaml` is missing",
    );
    check_load(
        pack(&[MANIFEST, ("a.rego", &rego), ("b.rgo", "x")]),
        content,
        "`b.rgo`",
    );
    check_load(
        pack(&[
            (
                "pack.yaml",
                "name: a\nversion: '1'\ndescription: b\nrule: 1\n",
            ),
            ("a.rego", &rego),
        ]),
        content,
        "rule",
    );
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("pack.yaml"), MANIFEST.1).unwrap();
    std::fs::create_dir(folder.path().join("more")).unwrap();
    check_load(
        load(folder.path(), &compiler()),
        content,
        "`more` is not a plain file",
    );
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink("/etc/passwd", folder.path().join("pack.yaml")).unwrap();
    check_load(
        load(folder.path(), &compiler()),
        content,
        "not a plain file",
    );
    check_load(
        load(&folder.path().join("nowhere"), &compiler()),
        |error| matches!(error, Error::Io { .. }),
        "nowhere",
    );
}

#[test]
fn a_rule_without_metadata_does_not_load() {
    let none = |error: &Error| matches!(error, Error::NoMetadata { .. });
    check_load(
        rule_with("package test.thing\n", HONEST),
        none,
        "`thing.rego` defines `deny` without",
    );
    let metadata = "# METADATA\n# title: x\npackage test.thing\n";
    check_load(
        rule_with(metadata, HONEST),
        none,
        "without a METADATA block with `custom`",
    );
}

#[test]
fn metadata_that_is_not_understood_does_not_load() {
    let metadata = |error: &Error| matches!(error, Error::Metadata { .. });
    for (from, to, words) in [
        ("severity:", "severty:", "unknown field `severty`"),
        ("#   level: mandatory\n", "", "missing field `level`"),
        ("mandatory", "mandatry", "unknown variant `mandatry`"),
        ("# title: Things are good\n", "", "no `title`"),
        ("[\"test:index:Thing\"]", "[]", "`types` is empty"),
        ("{expected}", "{expcted}", "`{expcted}` in `remediation`"),
        (
            "unknown: undetermined",
            "unknown: irrelevant",
            "reads values that can be unknown",
        ),
        (
            "unknown: undetermined",
            "unknown: allow",
            "unknown variant `allow`",
        ),
        (
            "#   unknown:",
            "#   ops: [destroy]\n#   unknown:",
            "`destroy` in `ops`",
        ),
        (
            "#   unknown:",
            "#   parameters: {n: {type: integer, default: x}}\n#   unknown:",
            "parameter `n`",
        ),
    ] {
        let changed = METADATA.replace(from, to);
        assert_ne!(changed, METADATA);
        check_load(rule_with(&changed, HONEST), metadata, words);
    }
    check_load(
        rule_with(METADATA, "denny contains 1 if input.op\n"),
        metadata,
        "defines no `deny`",
    );
    let stranger = ("b.rego", "package b\nwarn contains 1 if input.op\n");
    let honest = format!("{METADATA}{HONEST}");
    check_load(
        pack(&[MANIFEST, ("a.rego", &honest), stranger]),
        metadata,
        "no rule uses it",
    );
    let twin = honest.replace("test.thing", "test.other");
    let twice = pack(&[MANIFEST, ("a.rego", &honest), ("b.rego", &twin)]);
    check_load(
        twice,
        |error| matches!(error, Error::DuplicateRule { .. }),
        "`TEST-001` is used twice",
    );
}

#[test]
fn rego_that_does_not_compile_shows_what_opa_says() {
    let opa = |error: &Error| matches!(error, Error::Opa { .. });
    check_load(
        rule_with(METADATA, "deny contains {\n"),
        opa,
        "thing.rego:14:0: unexpected eof token",
    );
    check_load(
        rule_with(METADATA, "deny contains {} if input.op == nothing\n"),
        opa,
        "var nothing is unsafe",
    );
}

/// The time is the request's, the same for all rules; without one nobody makes one up.
#[test]
fn the_clock_stands_still() {
    let rego = "deny contains {\"msg\": sprintf(\"%d\", [time.now_ns()])} if input.inputs.bad\n";
    let mut request = request(vec![thing(json!({"bad": true}))]);
    request.now_ns = Some(1_234_567_890_123_456_789);
    let report = evaluate(&request, &[rule(rego)]).unwrap();
    let message = &report.denials().next().unwrap().message;
    assert!(message.starts_with("1234567890123456789: "), "{message}");
    request.now_ns = None;
    assert!(evaluate(&request, &[rule(rego)]).is_err());
}

#[test]
fn builtins_that_reach_outside_do_not_compile() {
    for call in [
        "http.send({\"method\": \"get\", \"url\": \"http://127.0.0.1\"})",
        "opa.runtime()",
        "net.lookup_ip_addr(\"localhost\")",
        "rand.intn(\"x\", 2)",
        "uuid.rfc4122(\"x\")",
        "trace(\"x\")",
    ] {
        let name = call.split('(').next().unwrap();
        let loaded = rule_with(METADATA, &format!("deny contains {{}} if {call}\n"));
        check_load(
            loaded,
            |error| matches!(error, Error::Opa { .. }),
            &format!("undefined function {name}"),
        );
        let loaded = rule_with(METADATA, &format!("deny contains {{}} if {call}\n"));
        check_load(
            loaded,
            |error| matches!(error, Error::Opa { .. }),
            &format!("`{name}` is not offered to policies: "),
        );
    }
    let honest =
        rule("deny contains {\"msg\": sprintf(\"%v is %d\", [input.op, 3])} if input.inputs.bad\n");
    let report = judge(honest, thing(json!({"bad": 1}))).unwrap();
    assert!(
        report
            .denials()
            .next()
            .unwrap()
            .message
            .starts_with("create is 3: ")
    );
}

#[track_caller]
fn check_fault(rego: &str, expect: impl Fn(&RuleFault) -> bool) {
    let pack = rule(rego);
    match evaluate(
        &request(vec![thing(json!({"bad": true}))]),
        std::slice::from_ref(&pack),
    ) {
        Err(Error::Rule {
            rule, urn, fault, ..
        }) => {
            assert_eq!(rule.as_str(), "TEST-001");
            assert!(urn.is_some());
            assert!(expect(&fault), "{fault:?}");
        }
        other => panic!("{other:?}"),
    }
    // The pack is as good as before on a resource that does not bring it down.
    let report = judge(pack, thing(json!({}))).unwrap();
    assert_eq!(report.verdict(), Verdict::Clean);
}

#[test]
fn a_rule_that_does_not_end_is_stopped() {
    // Members of a set are compared without taking memory.
    let rego = "deny contains {} if {\n\tinput.inputs.bad\n\txs := {x | some x in numbers.range(1, 5000)}\n\txs[_]\n\txs[_]\n\txs[_] == input.inputs.bad\n}\n";
    check_fault(rego, |fault| matches!(fault, RuleFault::Deadline { .. }));
}

#[test]
fn a_rule_that_wants_all_memory_is_stopped() {
    // Each text is twice as long as the one before.
    let doubled: String = (1..32)
        .map(|n| format!("\ts{n} := concat(\"\", [s{0}, s{0}])\n", n - 1))
        .collect();
    let rego = format!(
        "deny contains {{}} if {{\n\tinput.inputs.bad\n\ts0 := concat(\"\", [input.op, input.name])\n{doubled}\tcount(s31) == 0\n}}\n"
    );
    check_fault(&rego, |fault| matches!(fault, RuleFault::Memory { .. }));
}

#[test]
fn a_rule_that_contradicts_itself_aborts() {
    let rego = "deny contains {} if input.inputs.bad == f(1)\nf(x) := 1 if input.inputs.bad\nf(x) := 2 if input.inputs.bad\n";
    check_fault(rego, |fault| matches!(fault, RuleFault::Abort(_)));
}

#[test]
fn a_builtin_used_in_a_way_that_is_not_offered_stops() {
    let rego = "deny contains {} if {\n\tinput.inputs.bad\n\tcount(net.cidr_expand(\"10.0.0.0/1\")) == 1\n}\n";
    check_fault(rego, |fault| {
        matches!(
            fault,
            RuleFault::Builtin {
                name: "net.cidr_expand",
                ..
            }
        )
    });
}

#[test]
fn a_result_that_is_no_set_of_findings_is_a_fault() {
    for rego in [
        "deny contains \"text\" if input.inputs.bad\n",
        "deny contains {\"mgs\": \"x\"} if input.inputs.bad\n",
        "deny contains {\"urn\": \"urn:pulumi:a::b::c::d\"} if input.inputs.bad\n",
        "deny contains {\"path\": [-1]} if input.inputs.bad\n",
        "deny contains {\"path\": [x]} if {\n\tinput.inputs.bad\n\tsome x in numbers.range(1, 2000)\n}\n",
    ] {
        check_fault(rego, |fault| matches!(fault, RuleFault::Result(_)));
    }
    for rego in [
        "deny := true if input.inputs.bad\n",
        "deny := {} if input.inputs.bad\n",
    ] {
        let error = judge(rule(rego), thing(json!({}))).unwrap_err();
        assert!(
            matches!(
                error,
                Error::Rule {
                    fault: RuleFault::Result(_),
                    ..
                }
            ),
            "{error:?}"
        );
    }
}

#[test]
fn a_rule_that_an_error_of_a_builtin_makes_undefined_is_as_opa_has_it() {
    let report = judge(
        rule("deny contains {} if hex.decode(input.inputs.text) == \"a\"\n"),
        thing(json!({"text": "zz"})),
    )
    .unwrap();
    assert_eq!(report.verdict(), Verdict::Clean);
    let report = judge(
        rule("deny contains {} if hex.decode(input.inputs.text) == \"a\"\n"),
        thing(json!({"text": "61"})),
    )
    .unwrap();
    assert_eq!(report.verdict(), Verdict::Denied);
}

#[test]
fn two_packs_of_one_name_or_with_one_rule_do_not_judge() {
    let packs = [rule(HONEST), rule(HONEST)];
    assert!(matches!(
        evaluate(&request(vec![]), &packs),
        Err(Error::DuplicatePack { .. })
    ));
    let other = pack(&[
        ("pack.yaml", "name: other\nversion: '1'\ndescription: x\n"),
        ("a.rego", &format!("{METADATA}{HONEST}")),
    ]);
    let packs = [rule(HONEST), other.unwrap()];
    assert!(matches!(
        evaluate(&request(vec![]), &packs),
        Err(Error::DuplicateRule { .. })
    ));
}

#[test]
fn an_operation_that_nobody_knows_is_not_judged() {
    let mut subject = thing(json!({}));
    subject.op = "vanish".to_owned();
    assert!(matches!(
        judge(rule(HONEST), subject),
        Err(Error::Subject { .. })
    ));
    let mut subject = thing(json!({}));
    subject.resource_type = "test:index:Other".to_owned();
    assert!(matches!(
        judge(rule(HONEST), subject),
        Err(Error::Subject { .. })
    ));
}

#[test]
fn a_cache_that_others_can_write_is_not_used() {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("cache");
    std::fs::create_dir(&cache).unwrap();
    let compiler = Compiler {
        cache: cache.clone(),
        ..compiler()
    };
    let pack = tempfile::tempdir().unwrap();
    std::fs::write(pack.path().join("pack.yaml"), MANIFEST.1).unwrap();
    std::fs::write(pack.path().join("a.rego"), format!("{METADATA}{HONEST}")).unwrap();
    std::fs::set_permissions(&cache, std::fs::Permissions::from_mode(0o777)).unwrap();
    check_load(
        load(pack.path(), &compiler),
        |error| matches!(error, Error::Cache { .. }),
        "others can write it",
    );
    std::fs::set_permissions(&cache, std::fs::Permissions::from_mode(0o700)).unwrap();
    assert!(load(pack.path(), &compiler).is_ok());
}

#[test]
fn a_report_that_was_emptied_has_no_verdict() {
    let report = judge(rule(HONEST), thing(json!({}))).unwrap();
    assert_eq!(report.verdict(), Verdict::Clean);
    let emptied = PolicyReport {
        rules: vec![],
        ..report.clone()
    };
    assert_eq!(emptied.verdict(), Verdict::Hollow);
    assert_eq!(
        PolicyReport {
            packs: vec![],
            ..report
        }
        .verdict(),
        Verdict::Hollow
    );
}
