use super::*;

fn value(text: &str) -> Value {
    Value::parse(text.as_bytes()).unwrap()
}

#[track_caller]
fn check(path: &str, json: &str, expect: &[Found<'_>]) {
    assert_eq!(Path::parse(path).unwrap().resolve(&value(json)), expect);
}

#[test]
fn a_path_leads_to_what_is_there() {
    let text = Value::Text("x".to_owned());
    check("a.b", r#"{"a":{"b":"x"}}"#, &[Found::Value(&text)]);
    check("a[1]", r#"{"a":[0,"x"]}"#, &[Found::Value(&text)]);
    check("a['b.c']", r#"{"a":{"b.c":"x"}}"#, &[Found::Value(&text)]);
    check(
        "a[*].b",
        r#"{"a":[{"b":"x"},{}]}"#,
        &[Found::Value(&text), Found::Absent],
    );
}

#[test]
fn a_way_that_ends_early_says_how() {
    check("a.b", r#"{"a":{}}"#, &[Found::Absent]);
    check("a.b", r#"{"a":null}"#, &[Found::Absent]);
    check("a", r#"{"a":null}"#, &[Found::Absent]);
    check("a[*]", r#"{"a":[]}"#, &[Found::Absent]);
    check("a.b", r#"{"a":"x"}"#, &[Found::WrongShape]);
    check("a.b", r#"{"a":["x"]}"#, &[Found::WrongShape]);
    check("a[0]", r#"{"a":{"0":"x"}}"#, &[Found::WrongShape]);
    let secret = format!(r#"{{"a":{{"{SIGNATURE}":"{SECRET}","plaintext":"hush"}}}}"#);
    check("a.plaintext", &secret, &[Found::Opaque(Opaque::Secret)]);
    let unknown = format!(r#"{{"a":"{}"}}"#, UNKNOWNS[0]);
    check("a", &unknown, &[Found::Opaque(Opaque::Unknown)]);
    let foreign = format!(r#"{{"a":{{"{SIGNATURE}":"new","b":1}}}}"#);
    check("a.b", &foreign, &[Found::Opaque(Opaque::Foreign)]);
}

#[test]
fn what_is_not_a_path_is_refused() {
    for bad in [
        "", ".a", "a..b", "a.", "a[", "a[x]", "a[-1]", "a[+1]", "a[]", "a]b", "a['']", "a[0]b",
    ] {
        assert!(Path::parse(bad).is_none(), "{bad}");
    }
    assert!(Path::parse(&"a.".repeat(SEGMENTS_MAX)).is_none());
}

#[test]
fn hostile_documents_are_errors() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let many = format!("[{}0]", "0,".repeat(NODES_MAX));
    for bad in ["", "{", r#"{"a":1,"a":2}"#, "1 2", "1e999", &deep, &many] {
        assert!(Value::parse(bad.as_bytes()).is_err());
    }
}
