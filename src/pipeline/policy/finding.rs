//! From what a rule returns to a finding that a person or an agent can act on.
//!
//! INVARIANT: an answer that is not exactly a set of findings is a fault. Text that comes from a preview is bounded and has
//! no control or formatting characters; what is secret is not repeated, neither in a finding nor in what is said of an answer that is none.

mod secret;

use serde::Deserialize;
use serde_json::Value;

use super::error::RuleFault;
use super::report::{Finding, RuleResult, Undetermined};
use super::rule::{self, Rule};
use super::subject::{PathSegment, PropertyPath, Subject};
use crate::names::Urn;
use secret::{known_names, without_values};

/// LIMIT: findings of one evaluation.
const FINDINGS_MAX: usize = 1000;
/// LIMIT: segments of a path.
const SEGMENTS_MAX: usize = 64;
/// LIMIT: characters of a message.
const MESSAGE_CHARS_MAX: usize = 1000;
/// LIMIT: characters of one value inside a message.
const VALUE_CHARS_MAX: usize = 300;
/// LIMIT: bytes of JSON of `actual` and `expected`.
const VALUE_BYTES_MAX: usize = 2000;

/// A finding as the rule returns it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Raw {
    /// The property, from `inputs`.
    #[serde(default)]
    pub(super) path: PropertyPath,
    pub(super) actual: Option<Value>,
    pub(super) expected: Option<Value>,
    pub(super) msg: Option<String>,
    /// The resource; only for rules about the whole stack.
    pub(super) urn: Option<Urn>,
}

impl Raw {
    /// Whether the same is found in another answer; a value that differs there is not repeated.
    pub(super) fn is_among(&mut self, others: &[Self]) -> bool {
        let Some(same) = others
            .iter()
            .find(|other| other.path == self.path && other.urn == self.urn)
        else {
            return false;
        };
        if same.msg != self.msg {
            self.msg = None;
        }
        if same.actual != self.actual {
            self.actual = None;
        }
        if same.expected != self.expected {
            self.expected = None;
        }
        true
    }
}

/// How a finding names its resource.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) urn: &'a Urn,
    pub(super) name: &'a str,
    pub(super) resource_type: &'a str,
    pub(super) secrets: &'a [PropertyPath],
}

impl<'a> Place<'a> {
    pub(super) fn of(subject: &'a Subject) -> Self {
        Self {
            urn: &subject.urn,
            name: &subject.name,
            resource_type: &subject.resource_type,
            secrets: &subject.secret_paths,
        }
    }
}

/// Reads OPA's result, `[{"result": …}]`.
fn answer<T: serde::de::DeserializeOwned>(json: &[u8]) -> Result<T, String> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Answer<T> {
        result: T,
    }
    let answers: Vec<Answer<T>> = serde_json::from_slice(json).map_err(|error| {
        format!(
            "{}; `deny` must be a set of objects with `path`, `actual`, `expected` and `msg`",
            without_values(&error.to_string())
        )
    })?;
    let [answer] = answers.try_into().map_err(|answers: Vec<Answer<T>>| {
        format!(
            "{} answers instead of one; `deny` must be a partial set, `deny contains …`",
            answers.len()
        )
    })?;
    Ok(answer.result)
}

/// Reads the answer of one rule, a set of findings.
pub(super) fn parse(json: &[u8]) -> Result<Vec<Raw>, String> {
    bounded(answer(json)?)
}

/// Reads the answer of a rule of Pulumi's OPA runtime: a set of texts, or of objects with `msg`.
pub(super) fn parse_messages(json: &[u8]) -> Result<Vec<Raw>, String> {
    let messages: Vec<Value> = answer(json)?;
    let raw = |message: &Value| {
        let text = message.as_str().or_else(|| message.get("msg")?.as_str());
        let text = text.ok_or("a violation must be a text, or an object with `msg`")?;
        Ok(Raw {
            path: PropertyPath::default(),
            actual: None,
            expected: None,
            msg: Some(text.to_owned()),
            urn: None,
        })
    };
    bounded(messages.iter().map(raw).collect::<Result<_, String>>()?)
}

/// Reads the answer of rules that were asked together about so many documents: for each document a set of findings of each.
pub(super) fn parse_many(
    json: &[u8],
    documents: usize,
    rules: usize,
) -> Result<Vec<Vec<Vec<Raw>>>, String> {
    let answers: Vec<Vec<Vec<Raw>>> = answer(json)?;
    if answers.len() != documents || answers.iter().any(|each| each.len() != rules) {
        return Err(format!(
            "not the answers of {rules} rules about {documents} documents"
        ));
    }
    let each = |answers: Vec<Vec<Raw>>| answers.into_iter().map(bounded).collect();
    answers.into_iter().map(each).collect()
}

fn bounded(mut findings: Vec<Raw>) -> Result<Vec<Raw>, String> {
    if findings.len() > FINDINGS_MAX {
        return Err(format!(
            "{} findings at once, more than {FINDINGS_MAX}",
            findings.len()
        ));
    }
    if findings.iter().any(|raw| raw.path.0.len() > SEGMENTS_MAX) {
        return Err(format!("a path of more than {SEGMENTS_MAX} segments"));
    }
    // A set has no order in the guest.
    findings.sort_by_cached_key(|raw| {
        (
            raw.urn.clone(),
            raw.path.clone(),
            raw.msg.clone(),
            raw.actual.as_ref().map(Value::to_string),
        )
    });
    Ok(findings)
}

/// Adds findings of a rule about one resource.
pub(super) fn add_resource(
    result: &mut RuleResult,
    rule: &Rule,
    place: Place<'_>,
    found: &[Raw],
    secret: bool,
) -> Result<(), RuleFault> {
    if found.iter().any(|raw| raw.urn.is_some()) {
        return Err(RuleFault::Result(
            "`urn` is for rules whose scope is `stack`".to_owned(),
        ));
    }
    result.findings.extend(
        found
            .iter()
            .map(|raw| finding(rule, Some(place), raw, secret)),
    );
    Ok(())
}

/// Adds findings of a rule about the whole stack.
pub(super) fn add_stack(
    result: &mut RuleResult,
    rule: &Rule,
    places: &[Place<'_>],
    found: &[Raw],
    secret: bool,
) -> Result<(), RuleFault> {
    for raw in found {
        let place = match &raw.urn {
            None => None,
            Some(urn) => match places.iter().find(|place| place.urn == urn) {
                Some(place) => Some(*place),
                // The rule may have made it of the secret.
                None if secret => {
                    let why = "it names a resource that it was not shown";
                    return Err(RuleFault::Result(why.to_owned()));
                }
                None => {
                    return Err(RuleFault::Result(format!(
                        "it names `{urn}`, which it was not shown"
                    )));
                }
            },
        };
        result.findings.push(finding(rule, place, raw, secret));
    }
    Ok(())
}

/// Adds a finding for each value that a rule demands to be known.
pub(super) fn add_unknown(result: &mut RuleResult, rule: &Rule, places: &[Undetermined]) {
    for place in places {
        for path in &place.paths {
            result.findings.push(Finding {
                rule: rule.id.clone(),
                severity: rule.severity,
                level: rule.level,
                urn: Some(place.urn.clone()),
                path: path.clone(),
                actual: None,
                expected: None,
                message: plain(
                    &format!(
                        "{}: `{path}` of `{}` is not known at preview: give it a literal value",
                        rule.title, place.urn
                    ),
                    MESSAGE_CHARS_MAX,
                ),
                waived: None,
            });
        }
    }
}

fn finding(rule: &Rule, place: Option<Place<'_>>, raw: &Raw, secret: bool) -> Finding {
    let mut raw = raw.clone();
    if secret {
        // The rule may have copied the secret into any of these.
        (raw.msg, raw.actual, raw.expected) = (None, None, None);
        let secrets = place.map_or(&[][..], |place| place.secrets);
        raw.path.0.truncate(known_names(&raw.path, rule, secrets));
        if let Some(above) = secrets.iter().find(|path| path.contains(&raw.path)) {
            raw.path = above.clone();
        }
    }
    raw.actual = raw.actual.filter(is_short);
    raw.expected = raw.expected.filter(is_short);
    raw.path.0.iter_mut().for_each(|segment| match segment {
        PathSegment::Key(key) => *key = plain(key, VALUE_CHARS_MAX),
        PathSegment::Index(_) => {}
    });
    let value = |value: &Option<Value>| {
        value
            .as_ref()
            .map_or_else(|| "?".to_owned(), Value::to_string)
    };
    let remediation = rule::fill(&rule.remediation, |name| {
        let text = match (name, place) {
            ("urn", Some(place)) => place.urn.to_string(),
            ("name", Some(place)) => place.name.to_owned(),
            ("type", Some(place)) => place.resource_type.to_owned(),
            ("urn" | "name" | "type", None) => "the stack".to_owned(),
            ("path", _) => raw.path.to_string(),
            ("actual", _) => value(&raw.actual),
            ("expected", _) => value(&raw.expected),
            (parameter, _) => value(&rule.parameters.get(parameter).cloned()),
        };
        plain(&text, VALUE_CHARS_MAX)
    });
    let what = raw.msg.as_deref().unwrap_or(&rule.title);
    Finding {
        rule: rule.id.clone(),
        severity: rule.severity,
        level: rule.level,
        urn: place.map(|place| place.urn.clone()),
        message: plain(
            &format!("{}: {remediation}", plain(what, VALUE_CHARS_MAX)),
            MESSAGE_CHARS_MAX,
        ),
        path: raw.path,
        actual: raw.actual,
        expected: raw.expected,
        waived: None,
    }
}

fn is_short(value: &Value) -> bool {
    value.to_string().len() <= VALUE_BYTES_MAX
}

/// Text in one line: bounded, with escapes for what could hide or turn text around.
pub(in crate::pipeline) fn plain(text: &str, chars_max: usize) -> String {
    let mut out = String::new();
    let mut rest = text.chars();
    for c in rest.by_ref().take(chars_max) {
        if is_hidden(c) {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    if rest.next().is_some() {
        out.push('…');
    }
    out
}

/// Control characters, line and paragraph separators, and Unicode's invisible and direction-changing ones.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_characters_show() {
        assert_eq!(plain("a\n\u{202e}b", 10), r"a\u{a}\u{202e}b");
        assert_eq!(plain("abcdef", 3), "abc…");
    }

    #[test]
    fn an_answer_that_is_none_is_not_repeated() {
        for bad in [
            r#"[{"result": ["canary"]}]"#,
            r#"[{"result": [{"canary": 1}]}]"#,
            r#"[{"result": [{"canary`, expected \"canary": 1}]}]"#,
            r#"[{"result": [{"urn": "canary"}]}]"#,
            r#"[{"result": [{"msg": {"canary": 1}}]}]"#,
            r#"[{"result": "canary"}]"#,
        ] {
            let why = parse(bad.as_bytes()).unwrap_err();
            assert!(!why.contains("canary"), "{bad}: {why}");
            let why = parse_messages(bad.as_bytes()).err().unwrap_or_default();
            assert!(!why.contains("canary"), "{bad}: {why}");
        }
        let why = parse(br#"[{"result": [{"mgs": "x"}]}]"#).unwrap_err();
        assert!(why.starts_with("unknown field …, expected"), "{why}");
    }

    #[test]
    fn only_one_set_of_findings_is_an_answer() {
        assert_eq!(parse(br#"[{"result": []}]"#).unwrap(), []);
        assert_eq!(parse(br#"[{"result": [{"msg": "x"}]}]"#).unwrap().len(), 1);
        for bad in [
            "",
            "[]",
            "{}",
            "null",
            r#"[{"result": true}]"#,
            r#"[{"result": {}}]"#,
            r#"[{"result": ["x"]}]"#,
            r#"[{"result": [], "x": 1}]"#,
            r#"[{"result": []}, {"result": []}]"#,
            r#"[{"result": [{"mgs": "x"}]}]"#,
        ] {
            assert!(parse(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
