use proptest::prelude::*;
use prost_types::Struct;

use super::*;

fn text(content: &str) -> Value {
    Value::String(content.to_owned())
}

fn bag<const N: usize>(fields: [(&str, Value); N]) -> Properties {
    fields
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect()
}

/// Reads a map that was written without knowing that it is special.
#[track_caller]
fn raw<const N: usize>(fields: [(&str, Value); N]) -> Result<Value, ValueError> {
    value(&to_wire(&Value::Map(bag(fields))))
}

#[test]
fn special_objects_are_read() {
    assert_eq!(
        raw([(SIGNATURE, text(SECRET)), ("value", text("x"))]).unwrap(),
        Value::Secret(Box::new(text("x")))
    );
    assert_eq!(
        raw([
            (SIGNATURE, text(OUTPUT)),
            ("secret", Value::Bool(true)),
            ("dependencies", Value::List(vec![text("u")]))
        ])
        .unwrap(),
        Value::Output {
            value: None,
            secret: true,
            dependencies: vec!["u".to_owned()]
        }
    );
    assert_eq!(
        raw([
            (SIGNATURE, text(ASSET)),
            ("path", text("./x")),
            ("text", text("")),
            ("uri", text(""))
        ])
        .unwrap(),
        Value::Asset {
            source: Source::Path("./x".to_owned()),
            hash: String::new()
        }
    );
    assert_eq!(
        raw([(SIGNATURE, text(ASSET)), ("text", text(""))]).unwrap(),
        Value::Asset {
            source: Source::Text(String::new()),
            hash: String::new()
        }
    );
    assert_eq!(
        raw([("a", text(UNKNOWN))]).unwrap(),
        Value::Map(bag([("a", Value::Unknown)]))
    );
}

#[test]
fn a_signature_that_is_hidden_from_us_is_refused() {
    let secret = |inner: &str| Value::Secret(Box::new(text(inner)));
    // The engine looks through a secret when it compares the signature; so an asset could hide there.
    assert_eq!(
        raw([(SIGNATURE, secret(ASSET)), ("path", text("/etc/passwd"))]),
        Err(ValueError::UnknownSignature)
    );
    assert_eq!(
        raw([(SIGNATURE, text("803fd3297a5875dc03ca845dda5d2a98"))]),
        Err(ValueError::UnknownSignature)
    );
    let wrong = |r: Result<Value, ValueError>| {
        assert!(matches!(r, Err(ValueError::WrongField { .. })), "{r:?}")
    };
    wrong(raw([
        (SIGNATURE, text(ASSET)),
        ("path", secret("/etc/passwd")),
    ]));
    wrong(raw([(SIGNATURE, text(ASSET)), ("path", Value::Unknown)]));
    wrong(raw([
        (SIGNATURE, text(SECRET)),
        ("value", text("x")),
        ("path", text("/etc/passwd")),
    ]));
    wrong(raw([(SIGNATURE, text(SECRET))]));
    wrong(raw([
        (SIGNATURE, text(ARCHIVE)),
        ("assets", Value::Map(bag([("a", text("/etc/passwd"))]))),
    ]));
}

#[test]
fn an_asset_has_exactly_one_source() {
    let sources = |r: Result<Value, ValueError>| {
        assert!(matches!(r, Err(ValueError::Sources { .. })), "{r:?}")
    };
    sources(raw([
        (SIGNATURE, text(ASSET)),
        ("path", text("a")),
        ("uri", text("b")),
    ]));
    sources(raw([(SIGNATURE, text(ASSET))]));
    sources(raw([
        (SIGNATURE, text(ARCHIVE)),
        ("path", text("a")),
        ("assets", Value::Map(bag([]))),
    ]));
    raw([(SIGNATURE, text(ARCHIVE)), ("assets", Value::Map(bag([])))]).unwrap();
}

#[test]
fn depth_and_number_are_limited() {
    let mut deep = Value::Null;
    for _ in 0..VALUE_DEPTH_MAX {
        deep = Value::List(vec![deep]);
    }
    assert_eq!(value(&to_wire(&deep)), Err(ValueError::TooDeep));
    let Value::List(mut inner) = deep else {
        panic!("it is a list")
    };
    value(&to_wire(&inner.remove(0))).unwrap();
    let wide = Value::List(vec![Value::Null; VALUE_NODES_MAX]);
    assert_eq!(value(&to_wire(&wide)), Err(ValueError::TooMany));
}

#[test]
fn a_value_of_no_kind_is_refused() {
    let empty = Struct {
        fields: [("a".to_owned(), prost_types::Value { kind: None })].into(),
    };
    assert_eq!(properties(Some(&empty)), Err(ValueError::Empty));
    assert_eq!(properties(None), Ok(Properties::new()));
}

#[test]
fn debug_shows_no_secret() {
    let secrets = Value::List(vec![
        Value::Secret(Box::new(text("hunter2"))),
        Value::Output {
            value: Some(Box::new(text("hunter2"))),
            secret: true,
            dependencies: vec![],
        },
        Value::Asset {
            source: Source::Text("hunter2".to_owned()),
            hash: String::new(),
        },
    ]);
    assert_eq!(
        format!("{secrets:?}"),
        r#"[[secret], [secret], asset(7 bytes of text)]"#
    );
}

fn any_value() -> impl Strategy<Value = Value> {
    let name = "[a-z/]{1,8}";
    let leaf = prop_oneof![
        Just(Value::Null),
        Just(Value::Unknown),
        any::<bool>().prop_map(Value::Bool),
        any::<i32>().prop_map(|n| Value::Number(f64::from(n))),
        ".*".prop_map(Value::String),
        name.prop_map(|p| Value::Asset {
            source: Source::Path(p),
            hash: String::new()
        }),
        name.prop_map(|h| Value::Archive {
            source: ArchiveSource::HashOnly,
            hash: h
        }),
        (name, name).prop_map(|(urn, id)| Value::Resource {
            urn,
            id: Some(Box::new(Value::String(id))),
            package_version: String::new()
        }),
    ];
    leaf.prop_recursive(4, 40, 6, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::List),
            proptest::collection::btree_map(".{0,6}", inner.clone(), 0..5).prop_map(Value::Map),
            inner.clone().prop_map(|v| Value::Secret(Box::new(v))),
            (
                proptest::option::of(inner),
                any::<bool>(),
                proptest::collection::vec(name, 0..3)
            )
                .prop_map(|(value, secret, dependencies)| {
                    Value::Output {
                        value: value.map(Box::new),
                        secret,
                        dependencies,
                    }
                }),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(v in any_value()) {
        prop_assert_eq!(value(&to_wire(&v)).unwrap(), v);
    }
}
