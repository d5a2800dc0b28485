use serde_json::{Value, json};

use super::*;

fn terms(values: &Value) -> Vec<Term> {
    let Term::Array(terms) = Term::parse(values.to_string().as_bytes()).unwrap() else {
        panic!("{values} is no array");
    };
    terms
}

#[track_caller]
fn check(text: &str, values: &Value, expect: &str) {
    assert_eq!(format(text, &terms(values)).unwrap(), expect, "{text}");
}

/// What `opa eval` 1.20.2 says to the same calls.
#[test]
fn it_writes_what_opa_writes() {
    check("%v|%s|%d", &json!(["a", "b", 3]), "a|b|3");
    check("%v %v %v", &json!([true, null, 1.5]), "true null 1.5");
    check(
        "%v",
        &json!([["a", 1, {"b": [true]}]]),
        r#"["a", 1, {"b": [true]}]"#,
    );
    check("%s", &json!([{"b": 1, "a": "x"}]), r#"{"a": "x", "b": 1}"#);
    check("%q %q", &json!(["a\"b\n", 97]), r#""a\"b\n" 'a'"#);
    check(
        "%5d|%-5d|%05d|%+d|% d",
        &json!([42, 42, -42, 42, 42]),
        "   42|42   |-0042|+42| 42",
    );
    check(
        "%x %X %#x %o %b %c %U",
        &json!([255, 255, 255, 8, 5, 65, 65]),
        "ff FF 0xff 10 101 A U+0041",
    );
    check(
        "%f %.2f %e %g %8.3f|",
        &json!([1.5, 1.005, 1.5, 0.1, 2.5]),
        "1.500000 1.00 1.500000e+00 0.1    2.500|",
    );
    check("%x", &json!(["hi"]), "6869");
    check(
        "%5s|%-5s|%.2s",
        &json!(["ab", "ab", "abc"]),
        "   ab|ab   |ab",
    );
    check("100%% %d", &json!(["a"]), "100% %!d(string=a)");
    check("%t %s", &json!([true, 1]), "%!t(string=true) %!s(int64=1)");
    check("%d %d", &json!([1]), "1 %!d(MISSING)");
    check("%d", &json!([1, "x"]), "1%!(EXTRA string=x)");
    check("%", &json!([]), "%!(NOVERB)");
    check("%z", &json!([1]), "%!z(int64=1)");
    check(
        "%v %v",
        &json!([0.00001, 123456789.5]),
        "1e-05 1.234567895e+08",
    );
    check(
        "%.3g %#q %#v %O",
        &json!([1234.5678, "ab", "x", 8]),
        "1.23e+03 `ab` \"x\" 0o10",
    );
    check(
        "%v",
        &json!([18446744073709551615u64]),
        "18446744073709551615",
    );
}

#[test]
fn indexes_and_sizes_from_the_arguments() {
    check("%[2]d %[1]d", &json!([1, 2]), "2 1");
    check("%[3]d|%[x]d", &json!([1]), "%!d(BADINDEX)|%!d(BADINDEX)");
    check(
        "%*d|%-*d|%.*f",
        &json!([5, 1, 5, 1, 2, 1.25]),
        "    1|1    |1.25",
    );
    check(
        "%*d|%[1]*d",
        &json!(["a", 1]),
        "%!(BADWIDTH)1|%!(BADWIDTH)1",
    );
    check("%.*d", &json!([-1, 1]), "%!(BADPREC)1");
    check("%[1", &json!([1]), "%!(NOVERB)");
}

#[test]
fn a_large_size_is_not_offered() {
    for text in ["%99999d", "%.99999f", "%[1]*d"] {
        let values = terms(&json!([99999, 1]));
        let refused = matches!(format(text, &values), Err(Failure::NotOffered(_)));
        assert!(refused, "{text}");
    }
}

#[test]
fn a_text_without_end_is_not_offered() {
    let values = terms(&json!(["a".repeat(1 << 12)]));
    let refused = matches!(
        format(&"%[1]s".repeat(1 << 12), &values),
        Err(Failure::NotOffered(_))
    );
    assert!(refused);
}
