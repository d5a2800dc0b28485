//! What a UUID says of itself.

use std::collections::BTreeMap;

use super::{Builtin, Failure, Term, text};

pub(super) const BUILTINS: &[(&str, Builtin)] = &[("uuid.parse", parse)];

/// Bytes of the usual form, with four dashes.
const DASHED: usize = 36;

/// From the calendar's beginning, in 1582, to 1970, in units of 100 ns.
const EPOCH: i64 = 0x01B2_1DD2_1381_4000;

fn parse(arguments: &[Term]) -> Result<Term, Failure> {
    let uuid = bytes(text(arguments, 0)?).ok_or(Failure::Undefined)?;
    let version = uuid[6] >> 4;
    let mut members = BTreeMap::new();
    let mut add = |key: &str, value: Term| members.insert(key.into(), value);
    add("version", i64::from(version).into());
    add("variant", variant(uuid[8]).into());
    // The others hold a hash or chance.
    if matches!(version, 1 | 2) {
        let node: Vec<String> = uuid.iter().skip(10).map(|b| format!("{b:02x}")).collect();
        let sequence = u16::from_be_bytes([uuid[8], uuid[9]]) & 0x3fff;
        add("time", nanoseconds(&uuid).into());
        add("nodeid", node.join("-").into());
        add("macvariables", address(uuid[10]).into());
        add("clocksequence", i64::from(sequence).into());
    }
    if version == 2 {
        let id = u32::from_be_bytes([uuid[0], uuid[1], uuid[2], uuid[3]]);
        add("id", i64::from(id).into());
        add("domain", domain(uuid[9]).into());
    }
    Ok(Term::Object(members))
}

/// The bytes that a text in one of four forms means. The byte before and after the braced form is not looked at, as in OPA.
fn bytes(text: &str) -> Option<[u8; 16]> {
    let text = text.as_bytes();
    let dashed = match text.len() {
        32 => return digits(text),
        DASHED => text,
        38 => text.get(1..=DASHED)?,
        45 => {
            let (prefix, rest) = text.split_at_checked(9)?;
            prefix.eq_ignore_ascii_case(b"urn:uuid:").then_some(rest)?
        }
        _ => return None,
    };
    let is_dash = |at: usize| matches!(at, 8 | 13 | 18 | 23);
    let (dashes, rest): (Vec<_>, Vec<_>) =
        dashed.iter().enumerate().partition(|(at, _)| is_dash(*at));
    let rest: Vec<u8> = rest.into_iter().map(|(_, byte)| *byte).collect();
    let dashes = dashes.into_iter().all(|(_, byte)| *byte == b'-');
    dashes.then(|| digits(&rest)).flatten()
}

fn digits(text: &[u8]) -> Option<[u8; 16]> {
    let mut bytes = [0; 16];
    match hex::decode_to_slice(text, &mut bytes) {
        Ok(()) => Some(bytes),
        Err(_) => None,
    }
}

/// Its time since 1970. Go's integers run over where the time is thousands of years away, and so do these.
fn nanoseconds(uuid: &[u8; 16]) -> i64 {
    let low = u32::from_be_bytes([uuid[0], uuid[1], uuid[2], uuid[3]]);
    let middle = u16::from_be_bytes([uuid[4], uuid[5]]);
    let high = u16::from_be_bytes([uuid[6], uuid[7]]) & 0x0fff;
    let units = i64::from(high) << 48 | i64::from(middle) << 32 | i64::from(low);
    units.wrapping_sub(EPOCH).wrapping_mul(100)
}

fn variant(byte: u8) -> &'static str {
    match byte >> 5 {
        0b100 | 0b101 => "RFC4122",
        0b110 => "Microsoft",
        0b111 => "Future",
        _ => "Reserved",
    }
}

fn address(byte: u8) -> &'static str {
    match byte & 0b11 {
        0b11 => "local:multicast",
        0b01 => "global:multicast",
        0b10 => "local:unicast",
        _ => "global:unicast",
    }
}

fn domain(byte: u8) -> String {
    match byte {
        0 => "Person".to_owned(),
        1 => "Group".to_owned(),
        2 => "Org".to_owned(),
        other => format!("Domain{other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn every_form_is_read() {
        for uuid in [
            "00000000-0000-4000-8000-000000000000",
            "{00000000-0000-4000-8000-000000000000}",
            "(00000000-0000-4000-8000-000000000000)",
            "urn:uuid:00000000-0000-4000-8000-000000000000",
            "URN:UUID:00000000-0000-4000-8000-000000000000",
            "00000000000040008000000000000000",
        ] {
            let expect = r#"{"variant":"RFC4122","version":4}"#;
            check("uuid.parse", &format!(r#"["{uuid}"]"#), expect);
        }
    }

    #[test]
    fn old_versions_say_when_and_where_they_were_made() {
        check(
            "uuid.parse",
            r#"["000003e8-48b9-21ee-b200-325096b39f47"]"#,
            r#"{"clocksequence":12800,"domain":"Person","id":1000,"macvariables":"local:unicast","nodeid":"32-50-96-b3-9f-47","time":1693566990121469600,"variant":"RFC4122","version":2}"#,
        );
        check(
            "uuid.parse",
            r#"["ffffffff-ffff-1fff-ffff-ffffffffffff"]"#,
            r#"{"clocksequence":16383,"macvariables":"local:multicast","nodeid":"ff-ff-ff-ff-ff-ff","time":-7607606781572612196,"variant":"Future","version":1}"#,
        );
    }

    #[test]
    fn what_is_no_uuid_is_undefined() {
        for uuid in [
            r#""""#,
            r#""123""#,
            r#""00000000-0000-4000-8000-00000000000g""#,
            r#""00000000_0000-4000-8000-000000000000""#,
            r#""urn:uuix:00000000-0000-4000-8000-000000000000""#,
            r#""é0000000-0000-4000-8000-00000000000""#,
            "123",
        ] {
            check("uuid.parse", &format!("[{uuid}]"), "undefined");
        }
    }
}
