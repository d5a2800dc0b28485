//! Texts as hexadecimal digits and back.

use super::{Builtin, Failure, Term, text};

pub(super) const BUILTINS: &[(&str, Builtin)] = &[("hex.decode", decode), ("hex.encode", encode)];

fn encode(arguments: &[Term]) -> Result<Term, Failure> {
    Ok(hex::encode(text(arguments, 0)?).into())
}

fn decode(arguments: &[Term]) -> Result<Term, Failure> {
    let bytes = hex::decode(text(arguments, 0)?).map_err(|_| Failure::Undefined)?;
    Ok(lossy(&bytes).into())
}

/// Bytes as a text. What is not UTF-8 becomes what Go's JSON makes of it: one sign for each byte.
fn lossy(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn texts_are_encoded_and_decoded() {
        check("hex.encode", r#"["lorem aé"]"#, r#""6c6f72656d2061c3a9""#);
        check("hex.decode", r#"["6c6F72656d"]"#, r#""lorem""#);
        check(
            "hex.decode",
            r#"["e28241ff"]"#,
            "\"\u{fffd}\u{fffd}A\u{fffd}\"",
        );
        check("hex.decode", r#"[""]"#, r#""""#);
        for arguments in [r#"["fghijkl"]"#, r#"["6"]"#, r#"[" 61"]"#, "[61]", "[]"] {
            check("hex.decode", arguments, "undefined");
        }
        check("hex.encode", "[1]", "undefined");
    }
}
