//! The builtins that OPA leaves to the host, as far as we offer them.
//!
//! INVARIANT: each is a function of its arguments alone. The list is also what rules are compiled against, so a rule that
//! calls anything else fails when its pack is loaded, not when it judges.
//!
//! Values arrive and leave as Rego's own: a set is a set, and a key can be any value. Each family has a file below `builtins`.

mod encoding;
mod object;
mod strings;

use super::term::Term;

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
const FAMILIES: &[&[(&str, Builtin)]] = &[encoding::BUILTINS, object::BUILTINS, strings::BUILTINS];

/// The one that is no function: it answers the time that the instance was given, the same for all of a run.
const NOW: &str = "time.now_ns";

/// What stands behind a builtin's name.
#[derive(Debug, Clone, Copy)]
pub(super) enum Offered {
    Function(&'static str, Builtin),
    Now,
}

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
