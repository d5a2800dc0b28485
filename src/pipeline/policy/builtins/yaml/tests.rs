use super::super::tests::{call, check};
use super::*;

/// What a document is; `undefined` where OPA's reader refuses it, too.
#[track_caller]
fn read(text: &str, expect: &str) {
    let arguments = Term::Array(vec![text.into()]).to_string();
    check("yaml.unmarshal", &arguments, expect);
    let valid = (expect != "undefined").to_string();
    check("yaml.is_valid", &arguments, &valid);
}

/// What is refused by name.
#[track_caller]
fn refused(text: &str, named: &str) {
    let arguments = Term::Array(vec![text.into()]).to_string();
    for builtin in ["yaml.unmarshal", "yaml.is_valid"] {
        match call(builtin, &arguments) {
            Err(Failure::NotOffered(why)) => assert!(why.contains(named), "{text}: {why}"),
            other => panic!("{text}: {other:?}"),
        }
    }
}

#[test]
fn words_are_those_of_yaml_1_1() {
    read("[y, Yes, on, TRUE]", "[true,true,true,true]");
    read("[n, NO, Off, false]", "[false,false,false,false]");
    read(
        "[~, null, Null, NULL, '', nULL]",
        r#"[null,null,null,null,"","nULL"]"#,
    );
    read(
        "- \n- yEs\n- 'yes'\n- \"no\"\n",
        r#"[null,"yEs","yes","no"]"#,
    );
}

#[test]
fn numbers_are_those_of_go() {
    read(
        "[0, -1, +5, 010, 0o17, 0x1F, 0b101, -0b11, 1_000]",
        "[0,-1,5,8,15,31,5,-3,1000]",
    );
    read("[08, 0x, 0_, 0b2, 0b-1]", r#"[8,"0x",0,"0b2",-1]"#);
    read(
        "[9223372036854775808, 18446744073709551615]",
        "[9223372036854775808,18446744073709551615]",
    );
    read(
        "[1.5, .5, 5., 1e3, -0.0, 1e21, 1e-7]",
        "[1.5,0.5,5,1000,-0,1e+21,1e-7]",
    );
    read(
        "[1e400, .1_0, ._1, 1.2.3]",
        r#"["1e400",0.1,"._1","1.2.3"]"#,
    );
    read(
        "[190:20:30, 2001-01-01, 1-2]",
        r#"["190:20:30","2001-01-01","1-2"]"#,
    );
    read("[.inf]", "undefined");
    read("a: -.INF", "undefined");
}

#[test]
fn keys_become_texts() {
    read(
        "1: a\nyes: b\n0x10: c\n'2': d\n",
        r#"{"1":"a","16":"c","2":"d","true":"b"}"#,
    );
    read("null: a", "undefined");
    read("18446744073709551615: a", "undefined");
    refused("1: a\n'1': b\n", "one name in JSON");
    refused("1.5: a", "no whole number");
    refused("[a]: b", "no scalar");
}

#[test]
fn the_last_of_a_key_counts() {
    read("a: 1\nb: 2\na: 3\n", r#"{"a":3,"b":2}"#);
    refused("a: .inf\na: 3\n", "there twice");
}

#[test]
fn the_first_document_counts() {
    read("", "null");
    read("# nothing\n", "null");
    read("---\na: 1\n---\nb: 2\n", r#"{"a":1}"#);
    refused("a: 1\n...\nb: 2\n", "`...`");
    refused("'a' b", "may be to OPA");
}

#[test]
fn aliases_stand_for_what_is_there() {
    read("a: &x [1]\nb: *x\n", r#"{"a":[1],"b":[1]}"#);
    read("a: &x {b: *x}", "undefined");
    read(
        "a: &x {b: 1, c: 2}\nd: {<<: *x, c: 3}\n",
        r#"{"a":{"b":1,"c":2},"d":{"b":1,"c":3}}"#,
    );
    // What is merged later counts, too.
    read(
        "a: &x {c: 2}\nd: {c: 3, <<: *x}\n",
        r#"{"a":{"c":2},"d":{"c":2}}"#,
    );
    read(
        "a: &x {b: 1}\nc: &y {b: 2}\nd: {<<: [*x, *y]}\n",
        r#"{"a":{"b":1},"c":{"b":2},"d":{"b":1}}"#,
    );
    read("a: {<<: 1}", "undefined");
    refused("a: &x 1\n*x : 2\nb: *x: 3", "alias");
}

#[test]
fn aliases_that_multiply_are_refused() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..9 {
        let before = level - 1;
        let items = vec![format!("*a{before}"); 9].join(", ");
        bomb.push_str(&format!("a{level}: &a{level} [{items}]\n"));
    }
    let arguments = Term::Array(vec![bomb.as_str().into()]).to_string();
    assert!(call("yaml.unmarshal", &arguments).is_err());
    read(&"[".repeat(200), "undefined");
    let deep = format!("a: {}{}", "[".repeat(120), "]".repeat(120));
    refused(&deep, "levels");
    let mut chain = "a0: &a0 [x]\n".to_owned();
    for level in 1..200 {
        chain.push_str(&format!("a{level}: &a{level} [*a{}]\n", level - 1));
    }
    refused(&chain, "levels");
}

#[test]
fn texts_are_read_as_they_are_written() {
    read(
        "a: |\n  b\n   c\n\nd: >-\n  e\n  f\n",
        r#"{"a":"b\n c\n","d":"e f"}"#,
    );
    read("a: |\n  b", r#"{"a":"b"}"#);
    read(
        "a: 'it''s'\nb: \"\\u00e9\\n\"\nc: d #e\n",
        "{\"a\":\"it's\",\"b\":\"é\\n\",\"c\":\"d\"}",
    );
    read("{\"a\": [1, {\"b\": null}]}", r#"{"a":[1,{"b":null}]}"#);
    read("{\n\t\"a\": 1\n}", r#"{"a":1}"#);
}

#[test]
fn what_is_no_yaml_is_an_error() {
    read("[1,2,3", "undefined");
    read("foo:\n - qux: bar\n - baz: {", "undefined");
    read("a: b: c", "undefined");
    read("a: `b`", "undefined");
    check("yaml.is_valid", "[1]", "false");
    check("yaml.unmarshal", "[1]", "undefined");
}

#[test]
fn what_the_readers_may_read_differently_is_not_offered() {
    for (text, named) in [
        ("a:\tb", "tabs"),
        ("a: !!str 1", "tags"),
        ("|\n a", "the whole document"),
        ("\"a\\/b\"", "`\\/`"),
        ("\"\\ud83d\\ude39\"", "half a character"),
        ("[a:, b]", "colon before"),
        ("[a, b?]", "question mark in brackets"),
        ("a: &x.y 1", "letters and digits"),
        ("a\r\nb", "control characters"),
        ("a: *b", "may be to OPA"),
        ("{a: 'b\n c'}", "over lines"),
    ] {
        refused(text, named);
    }
}
