use proptest::prelude::*;
use serde_json::value::RawValue;

use super::*;

/// A text's only value, and whether that is what `serde_json` takes it for.
#[track_caller]
fn check(text: &str) {
    let mut scanner = Scanner::new(text);
    let ours = scanner
        .value()
        .and_then(|value| scanner.end().map(|()| value));
    let serde = serde_json::from_str::<&RawValue>(text);
    let serde = serde.map_or(None, |value| Some(value.get()));
    assert_eq!(ours.map_or(None, Some), serde, "{text:?}");
}

#[test]
fn it_takes_what_serde_takes() {
    for text in [
        "",
        " ",
        "1",
        "-1",
        "-",
        "01",
        "1.",
        ".5",
        "1.5e",
        "1e+",
        "1E-07",
        "-0.0e0",
        "1x",
        "true",
        "tru",
        "nul",
        "null",
        "falsey",
        "\"",
        "\"a\"",
        "\"a\\\"b\" ",
        "\"\\u12aF\"",
        "\"\\u12\"",
        "\"\\x\"",
        "\"\t\"",
        "\"\u{7f}é\u{20ac}\"",
        "\"12345678\"",
        "\"1234567\\n8\"",
        "\"1234567\u{1}\"",
        "[]",
        "[ ]",
        "[1,]",
        "[,1]",
        "[1 2]",
        "[1,2 , 3]",
        "{}",
        "{ }",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{\"a\":1 , \"b\" : [ {} ] }",
        "{a:1}",
        "{\"a\":1]",
        "[1}",
        "[[[]",
        "[]]",
        "{}x",
        "+1",
        "NaN",
        "\u{feff}1",
        "[\"\\ud800\"]",
    ] {
        check(text);
    }
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    assert!(Scanner::new(&nested(DEPTH_MAX)).value().is_ok());
    assert!(Scanner::new(&nested(DEPTH_MAX + 1)).value().is_err());
}

proptest! {
    #[test]
    fn it_takes_what_serde_takes_whatever_it_is(text in "[\\[\\]{}\",:\\\\ntu0-9eE.+a-f \u{1}é-]{0,40}") {
        check(&text);
    }

    #[test]
    fn a_text_ends_where_it_ends(text in "\\PC{0,40}", behind in "[ ,\\]}]{0,9}") {
        let quoted = serde_json::Value::from(text).to_string();
        let whole = format!("{quoted}{behind}");
        prop_assert_eq!(Scanner::new(&whole).value(), Ok(quoted.as_str()));
    }
}

#[test]
fn members_and_elements_are_taken_in_turn() {
    let mut seen = Vec::new();
    let mut scanner = Scanner::new(" {\"a\" : [1, {\"x\":2}] , \"b\\n\":null} ");
    let taken: Scanned<()> = scanner.object(|scanner, key| {
        if key == "a" {
            return scanner.array(|scanner| {
                seen.push(scanner.value()?.to_owned());
                Ok(())
            });
        }
        seen.push(key.to_owned());
        scanner.value().map(drop)
    });
    assert_eq!(taken, Ok(()));
    assert_eq!(seen, ["1", "{\"x\":2}", "b\\n"]);
    assert_eq!(scanner.end(), Ok(()));
    for bad in ["{\"a\":1", "{\"a\":1 \"b\":2}", "{,}", "[]", "{\"a\":1,}"] {
        let taken: Scanned<()> = Scanner::new(bad).object(|scanner, _| scanner.value().map(drop));
        assert!(taken.is_err(), "{bad}");
    }
    for bad in ["[1", "[1 2]", "[,]", "{}", "[1,]"] {
        let taken: Scanned<()> = Scanner::new(bad).array(|scanner| scanner.value().map(drop));
        assert!(taken.is_err(), "{bad}");
    }
}
