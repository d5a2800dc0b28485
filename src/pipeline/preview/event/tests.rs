use super::*;

const STEP: &str = r#"{"sequence":1,"timestamp":1,"resourcePreEvent":{"metadata":{"op":"create","urn":"urn:pulumi:dev::site::a:b:C::n","type":"a:b:C","old":null,"new":{"type":"a:b:C","urn":"urn:pulumi:dev::site::a:b:C::n","custom":true,"id":"","parent":"","inputs":{"x":1},"outputs":null,"provider":""},"detailedDiff":null,"logical":true,"provider":""},"planning":true}}"#;
const END: &str = r#"{"sequence":2,"timestamp":1,"summaryEvent":{"maybeCorrupt":false,"durationSeconds":1,"resourceChanges":{"create":1},"PolicyPacks":{},"isPreview":true,"result":"succeeded"}}
{"sequence":3,"timestamp":1,"cancelEvent":{}}
"#;

fn log() -> String {
    format!(
        "{{\"sequence\":0,\"timestamp\":1,\"preludeEvent\":{{\"config\":{{}}}}}}\n{STEP}\n{END}"
    )
}

#[track_caller]
fn check_error(from: &str, to: &str, expect: &str) {
    let text = log().replacen(from, to, 1);
    assert_ne!(text, log(), "the replacement must hit");
    let message = parse(text.as_bytes()).unwrap_err().to_string();
    assert!(message.contains(expect), "{message}");
}

#[test]
fn a_whole_log_is_read() {
    let log = parse(log().as_bytes()).unwrap();
    assert_eq!(log.steps.len(), 1);
    assert_eq!(log.summary.result, ResultKind::Succeeded);
}

#[test]
fn a_log_that_cannot_be_trusted_is_an_error() {
    check_error(
        "\"op\":\"create\"",
        "\"op\":\"conjure\"",
        "unknown variant `conjure`",
    );
    check_error(
        "\"sequence\":1",
        "\"sequence\":2",
        "event 1 is missing, line 2 has 2",
    );
    check_error(
        "{\"sequence\":3,\"timestamp\":1,\"cancelEvent\":{}}\n",
        "",
        "its last event is missing",
    );
    check_error(
        "\"cancelEvent\":{}}\n",
        "\"cancelEvent\":{}}",
        "its last line does not end",
    );
    check_error(
        "\"maybeCorrupt\":false",
        "\"maybeCorrupt\":true",
        "may be corrupt",
    );
    check_error(
        "preludeEvent",
        "surpriseEvent",
        "not an event this version knows",
    );
    check_error(
        "\"logical\":true",
        "\"newKey\":true",
        "unknown field `newKey`",
    );
    assert!(parse(b"").is_err());
}

#[test]
fn what_a_policy_says_is_a_diagnostic() {
    const SAID: &str = r#""policyEvent":{"resourceUrn":"urn:pulumi:dev::site::a:b:C::n","message":"what it wants\nwhat is wrong\n","color":"never","policyName":"P-1","policyPackName":"p","policyPackVersion":"1","policyPackVersionTag":"1","enforcementLevel":"mandatory"}"#;
    let with = |said: &str| {
        let text = log().replacen("\"preludeEvent\":{\"config\":{}}", said, 1);
        assert_ne!(text, log(), "the replacement must hit");
        parse(text.as_bytes())
    };
    let log = with(SAID).unwrap();
    let [said] = log.diagnostics.as_slice() else {
        panic!("one: {:?}", log.diagnostics);
    };
    assert_eq!(said.severity, "error");
    assert_eq!(
        said.message,
        "policy `P-1` of `p`: what it wants: what is wrong"
    );
    assert!(said.urn.is_some());
    let milder = with(&SAID.replace("\"mandatory\"", "\"advisory\"")).unwrap();
    assert_eq!(milder.diagnostics[0].severity, "warning");
    let strange = with(&SAID.replace("\"mandatory\"", "\"whatever\"")).unwrap_err();
    assert!(strange.to_string().contains("unknown variant"), "{strange}");
    let asked = r#""policyAnalyzeStackSummaryEvent":{"policyPackName":"p","policyPackVersion":"1","policyPackVersionTag":"1","passed":["few"]}"#;
    assert!(with(asked).unwrap().diagnostics.is_empty());
}

proptest::proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes: Vec<u8>) {
        assert!(parse(&bytes).is_err());
    }

    #[test]
    fn no_cut_of_a_log_is_a_log(cut in 0_usize..1000) {
        let log = log();
        let cut = cut % log.len();
        assert!(parse(&log.as_bytes()[..cut]).is_err());
    }
}
