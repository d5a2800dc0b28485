//! The builtins that OPA leaves to the host, as far as we offer them.
//!
//! INVARIANT: each is a function of its arguments alone. The list is also what rules are compiled against, so a rule that
//! calls anything else fails when its pack is loaded, not when it judges.
//!
//! LIMIT: a set arrives as an array, because values cross to the host as JSON.

use serde_json::Value;

use super::sprintf;

/// A builtin: the arguments as JSON, the result as JSON.
pub(super) type Builtin = fn(&[Value]) -> Result<Value, Failure>;

/// Why a builtin has no result.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// What Rego calls an error of the builtin: the expression is undefined.
    Undefined,
    /// OPA would have answered and we do not: the rule has no verdict.
    NotOffered(String),
}

const BUILTINS: [(&str, Builtin); 7] = [
    ("hex.decode", hex_decode),
    ("hex.encode", hex_encode),
    ("net.cidr_is_valid", net_cidr_is_valid),
    ("object.subset", object_subset),
    ("crypto.sha256", crypto_sha256),
    ("sprintf", sprintf),
    ("strings.count", strings_count),
];

/// The builtins that OPA compiles into the module itself and that depend on their arguments alone.
const COMPILED_IN: [&str; 103] = [
    "abs",
    "all",
    "and",
    "any",
    "array.concat",
    "array.flatten",
    "array.reverse",
    "array.slice",
    "assign",
    "base64.decode",
    "base64.encode",
    "base64.is_valid",
    "base64url.decode",
    "base64url.encode",
    "bits.and",
    "bits.lsh",
    "bits.negate",
    "bits.or",
    "bits.rsh",
    "bits.xor",
    "ceil",
    "concat",
    "contains",
    "count",
    "div",
    "endswith",
    "eq",
    "equal",
    "floor",
    "format_int",
    "glob.match",
    "graph.reachable",
    "gt",
    "gte",
    "indexof",
    "internal.member_2",
    "internal.member_3",
    "internal.print",
    "internal.template_string",
    "internal.test_case",
    "intersection",
    "is_array",
    "is_boolean",
    "is_null",
    "is_number",
    "is_object",
    "is_set",
    "is_string",
    "json.filter",
    "json.is_valid",
    "json.marshal",
    "json.remove",
    "json.unmarshal",
    "lower",
    "lt",
    "lte",
    "max",
    "min",
    "minus",
    "mul",
    "neq",
    "net.cidr_contains",
    "net.cidr_intersects",
    "net.cidr_overlap",
    "numbers.range",
    "object.filter",
    "object.get",
    "object.keys",
    "object.remove",
    "object.union",
    "object.union_n",
    "or",
    "plus",
    "print",
    "product",
    "re_match",
    "regex.find_all_string_submatch_n",
    "regex.is_valid",
    "regex.match",
    "rem",
    "replace",
    "round",
    "set_diff",
    "sort",
    "split",
    "startswith",
    "strings.any_prefix_match",
    "strings.any_suffix_match",
    "strings.replace_n",
    "strings.reverse",
    "substring",
    "sum",
    "to_number",
    "trim",
    "trim_left",
    "trim_prefix",
    "trim_right",
    "trim_space",
    "trim_suffix",
    "type_name",
    "union",
    "upper",
    "walk",
];

/// The builtin of this name.
pub(super) fn find(name: &str) -> Option<(&'static str, Builtin)> {
    BUILTINS.iter().find(|(known, _)| *known == name).copied()
}

/// Whether rules may call it.
pub(super) fn is_offered(name: &str) -> bool {
    COMPILED_IN.contains(&name) || find(name).is_some()
}

fn text(arguments: &[Value], at: usize) -> Result<&str, Failure> {
    arguments
        .get(at)
        .and_then(Value::as_str)
        .ok_or(Failure::Undefined)
}

fn hex_encode(arguments: &[Value]) -> Result<Value, Failure> {
    Ok(hex::encode(text(arguments, 0)?).into())
}

fn hex_decode(arguments: &[Value]) -> Result<Value, Failure> {
    let bytes = hex::decode(text(arguments, 0)?).map_err(|_| Failure::Undefined)?;
    Ok(String::from_utf8_lossy(&bytes).into())
}

fn crypto_sha256(arguments: &[Value]) -> Result<Value, Failure> {
    Ok(crate::names::Sha256::of(text(arguments, 0)?.as_bytes())
        .to_string()
        .into())
}

fn strings_count(arguments: &[Value]) -> Result<Value, Failure> {
    let (text, part) = (text(arguments, 0)?, text(arguments, 1)?);
    Ok(text.matches(part).count().into())
}

/// Go's `net.ParseCIDR`.
fn net_cidr_is_valid(arguments: &[Value]) -> Result<Value, Failure> {
    let Some((address, prefix)) = text(arguments, 0)?.split_once('/') else {
        return Ok(false.into());
    };
    let bits_max = match address.parse::<std::net::IpAddr>() {
        Ok(std::net::IpAddr::V4(_)) => 32,
        Ok(std::net::IpAddr::V6(_)) => 128,
        Err(_) => return Ok(false.into()),
    };
    let digits = prefix.bytes().all(|byte| byte.is_ascii_digit());
    Ok((digits && prefix.parse::<u8>().is_ok_and(|bits| bits <= bits_max)).into())
}

/// Whether the second document is part of the first.
fn object_subset(arguments: &[Value]) -> Result<Value, Failure> {
    match arguments {
        [Value::Object(whole), Value::Object(part)] => {
            Ok(is_part(&whole.clone().into(), &part.clone().into()).into())
        }
        [Value::Array(_), Value::Array(_)] => Err(Failure::NotOffered(
            "it is offered for objects only, because sets and arrays cannot be told apart here"
                .to_owned(),
        )),
        _ => Err(Failure::Undefined),
    }
}

fn is_part(whole: &Value, part: &Value) -> bool {
    match (whole, part) {
        (Value::Object(whole), Value::Object(part)) => part
            .iter()
            .all(|(key, value)| whole.get(key).is_some_and(|each| is_part(each, value))),
        (whole, part) => whole == part,
    }
}

fn sprintf(arguments: &[Value]) -> Result<Value, Failure> {
    let values = arguments
        .get(1)
        .and_then(Value::as_array)
        .ok_or(Failure::Undefined)?;
    Ok(sprintf::format(text(arguments, 0)?, values)?.into())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(name: &str, arguments: &Value, expect: Result<Value, Failure>) {
        let (_, builtin) = find(name).unwrap();
        assert_eq!(builtin(arguments.as_array().unwrap()), expect);
    }

    #[test]
    fn builtins_answer_as_opa_does() {
        check("hex.encode", &json!(["aé"]), Ok(json!("61c3a9")));
        check("hex.decode", &json!(["61"]), Ok(json!("a")));
        check("hex.decode", &json!(["6"]), Err(Failure::Undefined));
        check("strings.count", &json!(["cheese", "e"]), Ok(json!(3)));
        check("net.cidr_is_valid", &json!(["10.0.0.0/8"]), Ok(json!(true)));
        check(
            "net.cidr_is_valid",
            &json!(["10.0.0.0/33"]),
            Ok(json!(false)),
        );
        check(
            "net.cidr_is_valid",
            &json!(["10.0.0.0/+8"]),
            Ok(json!(false)),
        );
        check("net.cidr_is_valid", &json!(["::/0"]), Ok(json!(true)));
        check(
            "object.subset",
            &json!([{"a": {"b": 1, "c": 2}}, {"a": {"b": 1}}]),
            Ok(json!(true)),
        );
        check(
            "object.subset",
            &json!([{"a": 1}, {"b": 1}]),
            Ok(json!(false)),
        );
        check("strings.count", &json!([1, "e"]), Err(Failure::Undefined));
    }

    #[test]
    fn nothing_that_reaches_outside_is_offered() {
        for name in [
            "http.send",
            "opa.runtime",
            "net.lookup_ip_addr",
            "rand.intn",
            "time.now_ns",
            "uuid.rfc4122",
            "trace",
        ] {
            assert!(!is_offered(name), "{name}");
        }
    }
}
