use jiff::ToSpan as _;
use serde_json::{Value, json};

use super::*;
use crate::pipeline::policy::{PolicyReport, Stack, Verdict};

const URN: &str = "urn:pulumi:prod::site::aws:s3/bucket:Bucket::logs";
const ROOT: &str = "urn:pulumi:prod::site::pulumi:pulumi:Stack::site-prod";

fn day(number: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + (number * 24).hours()
}

/// A waiver of R-1 from day 0 on, with other values for some of its members.
fn waiver(other: Value) -> Waiver {
    let mut json = json!({
        "rule": "R-1", "urn": URN, "reason": "the auditors' own bucket", "owner": "Ada",
        "issued": day(0), "expires": day(30),
    });
    for (key, value) in other.as_object().unwrap() {
        json[key] = value.clone();
    }
    serde_json::from_value(json).unwrap()
}

fn key() -> Key {
    Key::generate("security").unwrap()
}

fn file(key: &Key, waivers: &[Waiver]) -> String {
    let mut file = Waivers::default();
    for waiver in waivers {
        file.list.push(Signed::new(waiver.clone(), key).unwrap());
    }
    file.text()
}

fn read(text: &str, key: &Key) -> Result<Waivers, Error> {
    Waivers::read("waivers.prod", text.as_bytes(), &[key.verifier()])
}

#[track_caller]
fn check_refused(text: &str, key: &Key, said: &str) {
    let error = read(text, key).unwrap_err().to_string();
    assert!(error.contains(said), "{error}");
    assert!(error.contains("`waivers.prod`"), "{error}");
}

#[test]
fn what_was_signed_is_read() {
    let key = key();
    let waivers = [
        waiver(json!({})),
        waiver(json!({ "rule": "R-2", "approved_by": "Bo" })),
    ];
    let text = file(&key, &waivers);
    let read = read(&text, &key).unwrap();
    let found: Vec<&Waiver> = read.iter().map(|signed| &signed.waiver).collect();
    assert_eq!(found, [&waivers[0], &waivers[1]]);
    assert_eq!(read.text(), text);
    assert_eq!(read.hash(), Some(Sha256::of(text.as_bytes())));
    // An empty file has no waivers, and is not no file.
    assert_eq!(
        super::Waivers::read("w", b"", &[]).unwrap().iter().count(),
        0
    );
}

#[test]
fn one_of_the_keys_must_have_signed() {
    let (ours, others) = (key(), Key::generate("security").unwrap());
    let text = file(&others, &[waiver(json!({}))]);
    check_refused(&text, &ours, "no key of `waivers.keys` has signed it");
    let keys = [ours.verifier(), others.verifier()];
    assert!(Waivers::read("waivers.prod", text.as_bytes(), &keys).is_ok());
}

#[test]
fn every_changed_byte_is_found() {
    let key = key();
    let text = file(&key, &[waiver(json!({})), waiver(json!({ "rule": "R-2" }))]);
    let second = text.rfind(HEADER).unwrap();
    for at in second..text.len() - 1 {
        let mut bytes = text.clone().into_bytes();
        bytes[at] ^= 1;
        let error = Waivers::read("waivers.prod", &bytes, &[key.verifier()]).unwrap_err();
        let named = error.to_string();
        assert!(
            named.contains("waiver 2") || matches!(error, Error::File { .. }),
            "byte {at}: {named}"
        );
    }
}

#[test]
fn what_is_malformed_is_an_error_that_names_it() {
    let key = key();
    let sign = |body: &str, header: &str| {
        let text = format!("{header}\n{body}\n");
        let mut note = Note::new(text.as_bytes(), &[]).unwrap();
        note.add_sigs(&[&key]).unwrap();
        String::from_utf8(note.to_bytes()).unwrap()
    };
    let good = file(&key, &[waiver(json!({}))]);
    let body = good.lines().nth(1).unwrap().to_owned();
    assert!(read(&sign(&body, HEADER), &key).is_ok());
    let cases = [
        (sign(&body, "lightsout waiver 2"), "its first line must be"),
        (sign(&format!(" {body}"), HEADER), "not canonical"),
        (
            sign(&body.replace("\"rule\"", "\"rul\""), HEADER),
            "it is no waiver",
        ),
        (sign("{}", HEADER), "it is no waiver"),
        ("nonsense\n".to_owned(), "its first line must be"),
        (body.clone(), "its first line must be"),
        (
            format!("{good}\n{good}"),
            "waiver 2, which begins in line 6: it is there twice",
        ),
        (good.replace("\n\n", "\n"), "it must be four lines"),
        (
            good.lines().take(3).collect::<Vec<_>>().join("\n"),
            "it must be four lines",
        ),
        (
            format!("{good}{}", good.lines().last().unwrap()),
            "waiver 2",
        ),
    ];
    for (text, said) in cases {
        check_refused(&text, &key, said);
    }
    let expires = format!("\"expires\":\"{}\",", day(30));
    let ends = |time: &str| body.replace(&expires, time);
    let at = |time: Timestamp| ends(&format!("\"expires\":\"{time}\","));
    assert_ne!(ends(""), body);
    for (body, said) in [
        (ends(""), "missing field `expires`"),
        (ends("\"expires\":\"never\","), "it is no waiver"),
        (at(day(91)), "at most 90 days"),
        (at(day(0)), "after `issued`"),
        (
            body.replace("auditors", "audi\u{202e}tors"),
            "`reason` must be one line",
        ),
        (
            body.replace("the auditors' own bucket", " "),
            "`reason` must say why",
        ),
        (
            body.replace("urn:pulumi:prod", "urn:pulumi:*"),
            "must name its stack",
        ),
        (body.replace("\"Ada\"", "\"\""), "it is no waiver"),
    ] {
        check_refused(&sign(&body, HEADER), &key, said);
    }
    let large = vec![b'\n'; usize::try_from(WAIVERS_BYTES_MAX).unwrap() + 1];
    assert!(Waivers::read("w", &large, &[key.verifier()]).is_err());
}

#[test]
fn a_checkpoint_of_the_same_key_is_no_waiver() {
    let key = key();
    let checkpoint = crate::ledger::checkpoint::Checkpoint {
        size: 1,
        root: [0; 32],
    };
    let note = crate::ledger::checkpoint::sign(&key, checkpoint).unwrap();
    check_refused(
        &String::from_utf8(note).unwrap(),
        &key,
        "its first line must be",
    );
}

fn stack() -> Stack {
    serde_json::from_value(json!({ "project": "site", "name": "prod" })).unwrap()
}

/// A report of one rule that finds this.
fn report(severity: &str, level: &str, urns: &[Option<&str>]) -> PolicyReport {
    let finding = |urn: &Option<&str>| {
        json!({
            "rule": "R-1", "severity": severity, "level": level, "urn": urn, "path": [], "actual": null,
            "expected": null, "message": "do not",
        })
    };
    let hash = Sha256::of(b"p");
    serde_json::from_value(json!({
        "packs": [{ "name": "p", "version": "1", "hash": hash, "wasm": hash }],
        "rules": [{
            "rule": "R-1", "pack": "p", "title": "t", "severity": severity, "level": level, "evaluated": 1,
            "findings": urns.iter().map(finding).collect::<Vec<_>>(), "undetermined": [],
        }],
        "subjects": 1,
    }))
    .unwrap()
}

/// The verdict after waivers were applied, and the rules about waivers that found something.
fn apply(waivers: &[Waiver], mut report: PolicyReport, at: i64) -> (PolicyReport, Vec<String>) {
    let key = key();
    let waivers = read(&file(&key, waivers), &key).unwrap();
    waivers.mark(&mut report, &stack(), day(at));
    waivers.audit(&mut report, &stack(), day(at)).unwrap();
    let found = report
        .rules
        .iter()
        .filter(|rule| rule.pack == PACK && !rule.findings.is_empty())
        .map(|rule| rule.rule.to_string())
        .collect();
    (report, found)
}

#[track_caller]
fn check(given: &[Waiver], severity: &str, at: i64, verdict: Verdict, troubles: &[&str]) {
    let (report, found) = apply(given, report(severity, "mandatory", &[Some(URN)]), at);
    assert_eq!(report.verdict(), verdict);
    assert_eq!(found, troubles);
}

#[test]
fn a_waived_finding_stays_and_does_not_refuse() {
    let (after, found) = apply(
        &[waiver(json!({}))],
        report("high", "mandatory", &[Some(URN)]),
        3,
    );
    assert_eq!(after.verdict(), Verdict::Clean);
    assert_eq!(found, [""; 0]);
    let (finding, waived) = after.waived().next().unwrap();
    assert_eq!(finding.rule.as_str(), "R-1");
    assert_eq!((waived.owner.as_str(), waived.days_left), ("Ada", 27));
    assert!(!after.rests_on_the_past(day(29)) && after.rests_on_the_past(day(30)));
    // Evidence is read back as it was recorded.
    let json = serde_json::to_vec(&after).unwrap();
    assert_eq!(
        serde_json::from_slice::<PolicyReport>(&json).unwrap(),
        after
    );
}

#[test]
fn what_is_not_waived_refuses() {
    let other = format!("{URN}-2");
    let twice = report("high", "mandatory", &[Some(URN), Some(&other)]);
    let (after, _) = apply(&[waiver(json!({}))], twice, 3);
    assert_eq!(after.verdict(), Verdict::Denied);
    assert_eq!(after.denials().count(), 1);
    let all = waiver(json!({ "urn": "urn:pulumi:prod::site::aws:s3/bucket:Bucket::*" }));
    let twice = report("high", "mandatory", &[Some(URN), Some(&other)]);
    assert_eq!(apply(&[all], twice, 3).0.verdict(), Verdict::Clean);
}

#[test]
fn a_waiver_that_does_not_help_says_so() {
    let none = waiver(json!({}));
    check(&[], "high", 3, Verdict::Denied, &[]);
    check(std::slice::from_ref(&none), "high", 0, Verdict::Clean, &[]);
    check(std::slice::from_ref(&none), "high", 29, Verdict::Clean, &[]);
    check(
        std::slice::from_ref(&none),
        "high",
        30,
        Verdict::Denied,
        &["LIGHTSOUT-WAIVER-001"],
    );
    check(
        std::slice::from_ref(&none),
        "high",
        -1,
        Verdict::Denied,
        &["LIGHTSOUT-WAIVER-001"],
    );
    for other in [
        json!({ "rule": "R-2" }),
        json!({ "urn": format!("{URN}-2") }),
        json!({ "urn": URN.replace("prod", "dev") }),
    ] {
        let other = waiver(other);
        check(
            &[other],
            "high",
            3,
            Verdict::Denied,
            &["LIGHTSOUT-WAIVER-003"],
        );
    }
    // An old one beside its successor.
    let next = waiver(json!({ "issued": day(30), "expires": day(60) }));
    check(
        &[none, next],
        "high",
        30,
        Verdict::Clean,
        &["LIGHTSOUT-WAIVER-001"],
    );
}

#[test]
fn a_critical_rule_needs_a_second_person() {
    let by = |name: &str| waiver(json!({ "approved_by": name }));
    let alone = ["LIGHTSOUT-WAIVER-002"];
    check(&[waiver(json!({}))], "critical", 3, Verdict::Denied, &alone);
    check(&[by("Ada")], "critical", 3, Verdict::Denied, &alone);
    for same in ["ada", "A. da", "Ada."] {
        check(&[by(same)], "critical", 3, Verdict::Denied, &alone);
    }
    check(&[by("Bo")], "critical", 3, Verdict::Clean, &[]);
}

#[test]
fn a_waiver_of_a_serious_rule_is_for_one_type() {
    let of = |urn: &str| waiver(json!({ "urn": urn, "approved_by": "Bo" }));
    let one = of("urn:pulumi:prod::site::aws:s3/bucket:Bucket::*");
    for wide in [
        "urn:pulumi:prod::*",
        "urn:pulumi:prod::site::*",
        "urn:pulumi:prod::site::aws:*::logs",
        "urn:pulumi:prod::*::aws:s3/bucket:Bucket::logs",
    ] {
        for severity in ["critical", "high"] {
            let found = ["LIGHTSOUT-WAIVER-004"];
            check(&[of(wide)], severity, 3, Verdict::Denied, &found);
            check(std::slice::from_ref(&one), severity, 3, Verdict::Clean, &[]);
        }
        check(&[of(wide)], "medium", 3, Verdict::Clean, &[]);
    }
}

#[test]
fn where_a_rule_could_not_know_its_waiver_is_not_unused() {
    let mut undetermined = report("high", "mandatory", &[]);
    undetermined.rules[0].undetermined =
        serde_json::from_value(json!([{ "urn": URN, "paths": [["acl"]] }])).unwrap();
    let (after, found) = apply(&[waiver(json!({}))], undetermined, 3);
    // It is no finding, and is not waived either.
    assert_eq!(after.verdict(), Verdict::Undetermined);
    assert_eq!(found, [""; 0]);
}

#[test]
fn the_stack_as_a_whole_is_waived_by_its_own_urn_alone() {
    let about = |urn: &str| {
        let waivers = [waiver(json!({ "urn": urn }))];
        apply(&waivers, report("high", "mandatory", &[None]), 3)
            .0
            .verdict()
    };
    assert_eq!(about(ROOT), Verdict::Clean);
    assert_eq!(about("urn:pulumi:prod::*"), Verdict::Denied);
}

#[test]
fn waivers_do_not_make_a_hollow_report_solid() {
    let mut hollow = report("high", "mandatory", &[]);
    hollow.rules.clear();
    let (after, _) = apply(&[waiver(json!({}))], hollow, 3);
    assert_eq!(after.verdict(), Verdict::Hollow);
}
