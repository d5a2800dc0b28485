//! Rules that would not see what they judge: each sees it, or does not load; beside it stands the honest one.

use lightsout::pipeline::policy::{Error, Pack, Subject, Verdict, evaluate};
use serde_json::{Value, json};

use super::things::{MANIFEST, METADATA, pack, request, rule, rule_with, thing};

/// A rule of the package `a.b`, to which a file of the package `a` adds.
fn extended(head: &str) -> Pack {
    let own = METADATA.replace("test.thing", "a.b");
    let own =
        format!("{own}deny contains {{\"path\": [\"acl\"]}} if input.inputs.acl == \"public\"\n");
    let more = format!("package a\n\nhelper := 1\n\n{head} if input.inputs.other == \"bad\"\n");
    // Another rule uses the file, so that it is not found unused.
    let user = METADATA
        .replace("test.thing", "c")
        .replace("TEST-001", "TEST-002");
    let user = format!("{user}deny contains {{}} if input.inputs.level == data.a.helper\n");
    pack(&[
        MANIFEST,
        ("rule.rego", &own),
        ("more.rego", &more),
        ("user.rego", &user),
    ])
    .unwrap()
}

fn with_unknown(inputs: Value, path: &str) -> Subject {
    let mut subject = thing(inputs);
    subject.unknown_paths = serde_json::from_value(json!([[path]])).unwrap();
    subject
}

#[track_caller]
fn check(pack: &Pack, subject: Subject, expect: Verdict) {
    let report = evaluate(&request(vec![subject]), std::slice::from_ref(pack)).unwrap();
    assert_eq!(report.verdict(), expect, "{report:?}");
}

/// Were its reads not the rule's, the value would be cut away, and an unknown one would pass.
#[test]
fn what_another_package_adds_to_a_rule_is_seen() {
    for head in [
        "b.deny contains {\"path\": [\"other\"]}",
        "b[\"deny\"] contains {\"path\": [\"other\"]}",
    ] {
        let pack = extended(head);
        check(
            &pack,
            thing(json!({"acl": "private", "other": "bad"})),
            Verdict::Denied,
        );
        check(
            &pack,
            thing(json!({"acl": "public", "other": "good"})),
            Verdict::Denied,
        );
        let unknown = with_unknown(json!({"acl": "private", "other": null}), "other");
        check(&pack, unknown, Verdict::Undetermined);
        let elsewhere = with_unknown(json!({"acl": "private", "other": "good"}), "size");
        check(&pack, elsewhere, Verdict::Clean);
        check(
            &pack,
            thing(json!({"acl": "private", "other": "good"})),
            Verdict::Clean,
        );
    }
}

/// The same for a helper: one file defines it, another adds to it.
#[test]
fn what_another_package_adds_to_a_helper_is_seen() {
    let rule = format!("{METADATA}deny contains {{}} if data.lib.tools.bad[_] == input.name\n");
    let files = [
        MANIFEST,
        ("rule.rego", &*rule),
        (
            "tools.rego",
            "package lib.tools\n\nbad contains input.name if input.inputs.acl == \"public\"\n",
        ),
        (
            "more.rego",
            "package lib\n\ntools.bad contains input.name if input.inputs.other == \"bad\"\n",
        ),
    ];
    let pack = pack(&files).unwrap();
    check(&pack, thing(json!({"other": "bad"})), Verdict::Denied);
    check(
        &pack,
        with_unknown(json!({"other": null}), "other"),
        Verdict::Undetermined,
    );
    check(&pack, thing(json!({"other": "good"})), Verdict::Clean);
}

/// Rules are asked together through a package of ours.
#[test]
fn no_file_of_a_pack_adds_to_our_package() {
    let rule =
        format!("{METADATA}deny contains {{}} if {{\n\tinput.inputs.bad\n\tdata.PACKAGE.x\n}}\n");
    let with = |package: &str| {
        let helper = format!("package {package}\n\nx := true\n");
        let rule = rule.replace("PACKAGE", package);
        pack(&[MANIFEST, ("rule.rego", &rule), ("helper.rego", &helper)])
    };
    for package in ["lightsout", "lightsout.more"] {
        let error = with(package).unwrap_err();
        assert!(matches!(error, Error::Metadata { .. }), "{error:?}");
        assert!(
            error.to_string().contains("cannot begin with `lightsout`"),
            "{error}"
        );
    }
    check(
        &with("lights").unwrap(),
        thing(json!({"bad": true})),
        Verdict::Denied,
    );
}

#[track_caller]
fn check_absent(loaded: Result<Pack, Error>, place: &str, words: &str) {
    let error = loaded.expect_err("the pack loads");
    assert!(matches!(error, Error::Absent { .. }), "{error:?}");
    let text = error.to_string();
    assert!(text.contains("rule `TEST-001` reads"), "{text}");
    assert!(text.contains(place), "{text}");
    assert!(text.contains(words), "{text}");
}

/// Undefined is no error in Rego: a misspelt rule would pass everything.
#[test]
fn a_rule_that_reads_what_never_is_there_does_not_load() {
    for (body, place, words) in [
        (
            "input.input.acl == \"public\"",
            "`input.input.acl` (`thing.rego`, line 14)",
            "did you mean `input.inputs`?",
        ),
        (
            "input.acl == \"public\"",
            "`input.acl`",
            "`input` has `urn`",
        ),
        (
            "not input.options.protected",
            "`input.options.protected`",
            "did you mean `input.options.protect`?",
        ),
        (
            "input.params.n > 1",
            "`input.params.n`",
            "`input.params` is empty",
        ),
        (
            "input.resources[_].inputs.acl",
            "`input.resources[_].inputs.acl`",
            "which no document has",
        ),
        (
            "data.libs.nope.bad",
            "`data.libs.nope.bad`",
            "no file of the pack defines",
        ),
        (
            "data.test.thing.denny",
            "`data.test.thing.denny`",
            "did you mean `data.test.thing.deny`?",
        ),
    ] {
        let rego = format!("deny contains {{}} if {{\n\t{body}\n}}\n");
        check_absent(rule_with(METADATA, &rego), place, words);
    }
    let stack = METADATA.replace("scope: resource", "scope: stack");
    for (body, words) in [
        ("input.resource[_].urn", "did you mean `input.resources`?"),
        (
            "input.resources[_].old_inputs.acl",
            "`input.resources[_]` has `urn`",
        ),
        ("input.inputs.acl", "`input` has `resources`"),
        ("input.resources.inputs.acl", "is a list"),
    ] {
        let rego = format!("deny contains {{}} if {body}\n");
        check_absent(rule_with(&stack, &rego), "(`thing.rego`, line ", words);
    }
    let imported = "import data.lib.tools\n\ndeny contains {} if tools.bda\n";
    let lib = (
        "lib.rego",
        "package lib.tools\n\nbad if input.inputs.acl == \"public\"\n",
    );
    let files = |rego: &str| pack(&[MANIFEST, ("thing.rego", &format!("{METADATA}{rego}")), lib]);
    check_absent(
        files(imported),
        "`data.lib.tools.bda`",
        "did you mean `data.lib.tools.bad`?",
    );
    let pack = files(&imported.replace("bda", "bad")).unwrap();
    check(&pack, thing(json!({"acl": "public"})), Verdict::Denied);
    check(&pack, thing(json!({"acl": "private"})), Verdict::Clean);
}

/// What a rule puts there itself is there, and a helper may serve rules about resources and about the stack.
#[test]
fn what_is_there_by_other_means_may_be_read() {
    let put = "deny contains {} if bad with input.marker as input.inputs.acl\n\nbad if input.marker == \"public\"\n";
    check(&rule(put), thing(json!({"acl": "public"})), Verdict::Denied);
    check(&rule(put), thing(json!({"acl": "private"})), Verdict::Clean);
    let one = format!("{METADATA}deny contains {{}} if data.lib.one\n");
    let all = METADATA
        .replace("scope: resource", "scope: stack")
        .replace("TEST-001", "TEST-002");
    let all = all.replace("test.thing", "test.all");
    let all = format!("{all}deny contains {{}} if data.lib.whole\n");
    let lib = "package lib\n\none if input.inputs.acl == \"public\"\n\nwhole if count(input.resources) > 1\n";
    let pack = pack(&[
        MANIFEST,
        ("one.rego", &one),
        ("all.rego", &all),
        ("lib.rego", lib),
    ])
    .unwrap();
    check(&pack, thing(json!({"acl": "public"})), Verdict::Denied);
    check(&pack, thing(json!({"acl": "private"})), Verdict::Clean);
}
