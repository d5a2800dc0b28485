//! What rules say about themselves, as Markdown for a pack's README.md and as lines for a terminal.

use crate::pipeline::policy::Level;
use crate::pipeline::policy::metadata::{PackDoc, RuleDoc};
use crate::report::policy::word;

/// What stands above the generated part of a pack's README.md.
pub const MARKER: &str = "<!-- What follows is written by `lightsout policy list --pack DIR --markdown`; a test compares it. -->";

/// The documentation of a pack's rules, each below its id.
#[must_use]
pub fn markdown(pack: &PackDoc) -> String {
    let mut text = format!("{MARKER}\n\n{} rules.\n", pack.rules.len());
    for each in &pack.rules {
        text.push_str(&format!("\n## {}\n\n{}", each.id, rule(each)));
    }
    text
}

/// One rule.
#[must_use]
pub fn rule(rule: &RuleDoc) -> String {
    let mut text = format!(
        "**{}** ({}, {})\n",
        rule.title.trim(),
        word(rule.severity),
        level(rule.level)
    );
    if !rule.description.trim().is_empty() {
        text.push_str(&format!("\n{}\n", rule.description.trim()));
    }
    text.push('\n');
    let mut item = |name: &str, value: String| text.push_str(&format!("- {name}: {value}\n"));
    item("Looks at", looks_at(rule, true));
    item("An unknown value", unknown(rule).to_owned());
    for (name, parameter) in &rule.parameters {
        item(
            "Parameter",
            format!(
                "`{name}` ({}), by default `{}`",
                parameter.kind, parameter.default
            ),
        );
    }
    item("To do", rule.remediation.trim().to_owned());
    if !rule.frameworks.is_empty() {
        item("Frameworks", frameworks(rule));
    }
    for at in &rule.related {
        item("See", format!("<{at}>"));
    }
    text
}

/// The controls that a rule is about.
#[must_use]
pub fn frameworks(rule: &RuleDoc) -> String {
    let each = rule.frameworks.iter();
    let each = each.map(|(name, controls)| format!("{name} {}", controls.join(", ")));
    each.collect::<Vec<_>>().join("; ")
}

/// A level in one word.
#[must_use]
pub const fn level(level: Level) -> &'static str {
    match level {
        Level::Advisory => "advisory",
        Level::Mandatory => "mandatory",
    }
}

/// What a rule looks at.
#[must_use]
pub fn looks_at(rule: &RuleDoc, as_code: bool) -> String {
    let quote = |text: &String| {
        if as_code {
            format!("`{text}`")
        } else {
            text.clone()
        }
    };
    let is_all = rule.types.iter().any(|kind| kind == "*");
    let types = if is_all {
        "resources of every type".to_owned()
    } else {
        rule.types.iter().map(quote).collect::<Vec<_>>().join(", ")
    };
    let together = if rule.scope == "stack" {
        ", all of a stack together"
    } else {
        ""
    };
    let ops = if rule.ops.is_empty() {
        String::new()
    } else {
        let ops: Vec<String> = rule.ops.iter().map(quote).collect();
        format!(", when one is to {}", ops.join(", "))
    };
    format!("{types}{together}{ops}")
}

/// What a value that is not known means to a rule.
#[must_use]
pub const fn unknown(rule: &RuleDoc) -> &'static str {
    match rule.unknown.as_bytes() {
        b"deny" => "is a finding: give a literal value",
        b"irrelevant" => "does not matter: it reads none that can be unknown",
        _ => {
            "leaves it undetermined, unless it finds the same with every value that is tried in its place"
        }
    }
}
