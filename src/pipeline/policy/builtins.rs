//! The builtins that OPA leaves to the host, as far as we offer them.
//!
//! INVARIANT: each is a function of its arguments alone. The list is also what rules are compiled against, so a rule that
//! calls anything else fails when its pack is loaded, not when it judges.
//!
//! Values arrive and leave as Rego's own: a set is a set, and a key can be any value. Each family has a file below `builtins`.

mod casts;
mod crypto;
mod glob;
mod graph;
mod hex;
mod json;
mod net;
mod numbers;
mod object;
mod patch;
mod refused;
mod regexp;
mod semver;
mod strings;
mod time;
mod units;
mod url;
mod uuid;
mod weight;
mod yaml;

use super::term::Term;

pub(super) use refused::refusal;

/// A builtin: a function of its arguments, and of nothing else.
pub(super) type Builtin = fn(&[Term]) -> Result<Term, Failure>;

/// Why a builtin has no result.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// What Rego calls an error of the builtin: the expression is undefined.
    Undefined,
    /// OPA would have answered and we do not: the rule has no verdict.
    NotOffered(String),
}

/// All that are functions, by family.
const FAMILIES: &[&[(&str, Builtin)]] = &[
    casts::BUILTINS,
    crypto::BUILTINS,
    glob::BUILTINS,
    graph::BUILTINS,
    hex::BUILTINS,
    json::BUILTINS,
    net::BUILTINS,
    numbers::BUILTINS,
    object::BUILTINS,
    patch::BUILTINS,
    regexp::BUILTINS,
    semver::BUILTINS,
    strings::BUILTINS,
    time::BUILTINS,
    units::BUILTINS,
    url::BUILTINS,
    uuid::BUILTINS,
    yaml::BUILTINS,
];

/// The one that is no function: it answers the time that the instance was given, the same for all of a run.
const NOW: &str = "time.now_ns";

/// What stands behind a builtin's name.
#[derive(Debug, Clone, Copy)]
pub(super) enum Offered {
    Function(&'static str, Builtin),
    Now,
}

/// The builtins that OPA compiles into the module itself and that depend on their arguments alone.
const COMPILED_IN: &[&str] = &[
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
pub(super) fn find(name: &str) -> Option<Offered> {
    if name == NOW {
        return Some(Offered::Now);
    }
    let mut all = FAMILIES.iter().copied().flatten();
    all.find(|(known, _)| *known == name)
        .map(|(known, builtin)| Offered::Function(known, *builtin))
}

/// Whether rules may call it.
pub(super) fn is_offered(name: &str) -> bool {
    COMPILED_IN.contains(&name) || find(name).is_some()
}

/// The text at a place of the arguments.
fn text(arguments: &[Term], at: usize) -> Result<&str, Failure> {
    let argument = arguments.get(at).and_then(Term::as_str);
    argument.ok_or(Failure::Undefined)
}

/// The whole number at a place of the arguments.
fn integer(arguments: &[Term], at: usize) -> Result<i64, Failure> {
    match arguments.get(at) {
        Some(Term::Number(number)) => number.as_i64().ok_or(Failure::Undefined),
        Some(_) | None => Err(Failure::Undefined),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Calls a builtin with arguments in Rego's text form.
    #[track_caller]
    pub(super) fn call(name: &str, arguments: &str) -> Result<String, Failure> {
        let Term::Array(arguments) = Term::parse(arguments.as_bytes()).unwrap() else {
            panic!("arguments are an array");
        };
        let Some(Offered::Function(_, builtin)) = find(name) else {
            panic!("{name} is not offered");
        };
        builtin(&arguments).map(|term| term.to_string())
    }

    /// What a builtin answers; `undefined` is an error of the builtin.
    #[track_caller]
    pub(super) fn check(name: &str, arguments: &str, expect: &str) {
        let found = match call(name, arguments) {
            Ok(text) => text,
            Err(Failure::Undefined) => "undefined".to_owned(),
            Err(Failure::NotOffered(why)) => why,
        };
        assert_eq!(found, expect, "{name}({arguments})");
    }

    #[test]
    fn every_name_is_offered_once() {
        let mut names: Vec<&str> = FAMILIES
            .iter()
            .copied()
            .flatten()
            .map(|(name, _)| *name)
            .collect();
        names.extend(COMPILED_IN);
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
    }

    #[test]
    fn nothing_that_reaches_outside_is_offered() {
        for name in [
            "http.send",
            "opa.runtime",
            "net.lookup_ip_addr",
            "rand.intn",
            "uuid.rfc4122",
            "trace",
        ] {
            assert!(!is_offered(name), "{name}");
        }
    }
}
