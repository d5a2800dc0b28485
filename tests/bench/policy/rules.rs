//! The rules of the benchmark, each written once and given out in three forms, so that all engines decide the same:
//! as a pack of ours, as rules that scan a whole document, and as rules about the one resource that is the input.
//!
//! They call only builtins that OPA compiles into a module, so that every host has them.

use std::fmt::Write as _;

use super::kinds::{KINDS, Kind, Shape, TAGS};

/// The instruction of every rule; findings of ours end with it.
pub(crate) const REMEDIATION: &str = "Change it.";

/// What one rule demands of one type. `@` stands for the resource.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) id: String,
    token: &'static str,
    /// Whether it is about steps that remove the resource; otherwise it is about all others.
    removes: bool,
    demand: Demand,
}

#[derive(Debug)]
struct Demand {
    path: String,
    actual: Option<String>,
    expected: Option<String>,
    message: String,
    body: Vec<String>,
}

/// Steps that remove a resource.
pub(crate) const REMOVING: [&str; 2] = ["delete", "replace"];

/// So many rules: each type's first demand, then each one's second, and so on.
pub(crate) fn rules(count: usize) -> Vec<Rule> {
    let of_kind: Vec<Vec<(bool, Demand)>> = KINDS.iter().map(demands).collect();
    let mut ranked: Vec<(usize, &'static str, bool, Demand)> = Vec::new();
    for (kind, demands) in KINDS.iter().zip(of_kind) {
        for (rank, (removes, demand)) in demands.into_iter().enumerate() {
            ranked.push((rank, kind.token, removes, demand));
        }
    }
    ranked.sort_by_key(|(rank, ..)| *rank);
    assert!(count <= ranked.len(), "there are only {}", ranked.len());
    ranked
        .into_iter()
        .take(count)
        .enumerate()
        .map(|(at, (_, token, removes, demand))| Rule {
            id: format!("BENCH-R-{at:03}"),
            token,
            removes,
            demand,
        })
        .collect()
}

fn demands(kind: &Kind) -> Vec<(bool, Demand)> {
    let properties = kind.properties.iter();
    properties
        .flat_map(|(name, shape)| {
            let removes = matches!(shape, Shape::Kept);
            of(name, *shape)
                .into_iter()
                .map(move |demand| (removes, demand))
        })
        .collect()
}

/// A demand whose path and value need no variable.
fn plain(name: &str, expected: &str, message: &str, body: &[String]) -> Demand {
    Demand {
        path: format!("[\"{name}\"]"),
        actual: None,
        expected: Some(expected.to_owned()),
        message: format!("\"{message}\""),
        body: body.to_vec(),
    }
}

/// A demand about what its body binds to `value`, at a path that the body knows.
fn about_value(path: String, message: &str, body: &[&str]) -> Demand {
    Demand {
        path,
        actual: Some("value".to_owned()),
        expected: None,
        message: format!("\"{message}\""),
        body: body.iter().map(|line| (*line).to_owned()).collect(),
    }
}

fn of(name: &str, shape: Shape) -> Vec<Demand> {
    let value = format!("value := @.inputs.{name}");
    match shape {
        Shape::On => vec![plain(
            name,
            "true",
            &format!("`{name}` is not on"),
            &[format!("not @.inputs.{name} == true")],
        )],
        Shape::Off => vec![plain(
            name,
            "false",
            &format!("`{name}` is on"),
            &[format!("@.inputs.{name} == true")],
        )],
        Shape::AtLeast(least) => {
            let below = format!("value < {least}");
            let message = format!("`{name}` is too low");
            vec![about_value(
                format!("[\"{name}\"]"),
                &message,
                &[&value, &below],
            )]
        }
        Shape::OneOf(choices) => {
            let (_, good) = choices.split_last().unwrap();
            let not_in = format!("not value in {{\"{}\"}}", good.join("\", \""));
            let message = format!("`{name}` is a bad choice");
            vec![about_value(
                format!("[\"{name}\"]"),
                &message,
                &[&value, &not_in],
            )]
        }
        Shape::Matching(pattern, _, _) => {
            let no_match = format!("not regex.match(`{pattern}`, value)");
            let message = format!("`{name}` is not as agreed");
            vec![about_value(
                format!("[\"{name}\"]"),
                &message,
                &[&value, &no_match],
            )]
        }
        Shape::Kept => vec![Demand {
            path: "[]".to_owned(),
            actual: Some("@.op".to_owned()),
            expected: None,
            message: format!("\"removed without `{name}`\""),
            body: vec![format!("not @.old_inputs.{name} == true")],
        }],
        Shape::Document => document(name),
        Shape::Ingress => ingress(),
        Shape::Environment => environment(),
        Shape::Containers => containers(),
        Shape::Permissions => vec![about_value(
            format!("[\"{name}\", i, \"verbs\", j]"),
            "everything may be done",
            &[
                "some i, rule in @.inputs.rules",
                "some j, value in rule.verbs",
                "value == \"*\"",
            ],
        )],
        Shape::Tags => tags("@.inputs.tags", "[\"tags\", "),
        Shape::Labels => tags("@.inputs.metadata.labels", "[\"metadata\", \"labels\", "),
    }
}

fn tags(all: &str, path: &str) -> Vec<Demand> {
    TAGS.iter()
        .map(|tag| Demand {
            path: format!("{path}\"{tag}\"]"),
            actual: None,
            expected: None,
            message: format!("\"the tag `{tag}` is missing\""),
            body: vec![format!("object.get({all}, \"{tag}\", \"\") == \"\"")],
        })
        .collect()
}

fn document(name: &str) -> Vec<Demand> {
    let statements = format!("some i, statement in json.unmarshal(@.inputs.{name}).Statement");
    let demand = |message: &str, lines: &[&str]| {
        let mut body = vec![
            statements.clone(),
            "statement.Effect == \"Allow\"".to_owned(),
        ];
        body.extend(lines.iter().map(|line| (*line).to_owned()));
        Demand {
            path: format!("[\"{name}\"]"),
            actual: None,
            expected: None,
            message: format!("concat(\"\", [\"statement \", format_int(i, 10), \" {message}\"])"),
            body,
        }
    };
    vec![
        demand(
            "allows everything",
            &["statement.Action == \"*\"", "statement.Resource == \"*\""],
        ),
        demand("is for everybody", &["statement.Principal == \"*\""]),
    ]
}

fn ingress() -> Vec<Demand> {
    let open = |message: &str, lines: &[&str]| {
        let mut body = vec!["some i, rule in @.inputs.ingress"];
        body.extend(lines);
        body.push("some j, value in rule.cidrBlocks");
        body.push("not net.cidr_contains(\"10.0.0.0/8\", value)");
        about_value(
            "[\"ingress\", i, \"cidrBlocks\", j]".to_owned(),
            message,
            &body,
        )
    };
    vec![
        open("SSH is open", &["rule.fromPort <= 22", "rule.toPort >= 22"]),
        open("everything is open", &["rule.protocol == \"-1\""]),
        open(
            "RDP is open",
            &["rule.fromPort <= 3389", "rule.toPort >= 3389"],
        ),
    ]
}

fn environment() -> Vec<Demand> {
    let each = "some key, value in @.inputs.environment.variables";
    let demand = |message: &str, lines: &[&str]| Demand {
        path: "[\"environment\", \"variables\", key]".to_owned(),
        actual: None,
        expected: None,
        message: format!("\"{message}\""),
        body: std::iter::once(&each)
            .chain(lines)
            .map(|line| (*line).to_owned())
            .collect(),
    };
    vec![
        demand(
            "an access key",
            &["regex.match(`^AKIA[0-9A-Z]{16}$`, value)"],
        ),
        demand(
            "a password",
            &[
                "contains(lower(key), \"password\")",
                "not startswith(value, \"arn:\")",
            ],
        ),
    ]
}

fn containers() -> Vec<Demand> {
    let demand = |property: &str, message: &str, line: &str| Demand {
        path: format!("[\"spec\", \"template\", \"spec\", \"containers\", i, {property}]"),
        actual: Some("container.name".to_owned()),
        expected: None,
        message: format!("\"{message}\""),
        body: vec![
            "some i, container in @.inputs.spec.template.spec.containers".to_owned(),
            line.to_owned(),
        ],
    };
    vec![
        demand(
            "\"securityContext\", \"privileged\"",
            "it is privileged",
            "container.securityContext.privileged == true",
        ),
        demand(
            "\"image\"",
            "the image has no version",
            "endswith(container.image, \":latest\")",
        ),
        demand(
            "\"resources\", \"limits\"",
            "no limit of memory",
            "not container.resources.limits.memory",
        ),
        demand(
            "\"securityContext\", \"runAsNonRoot\"",
            "it may be root",
            "not container.securityContext.runAsNonRoot == true",
        ),
    ]
}

impl Demand {
    fn members(&self) -> String {
        let mut members = format!("\"path\": {}, \"msg\": {}", self.path, self.message);
        for (name, value) in [("actual", &self.actual), ("expected", &self.expected)] {
            if let Some(value) = value {
                write!(members, ", \"{name}\": {value}").unwrap();
            }
        }
        members
    }

    fn lines(&self) -> String {
        self.body.iter().map(|line| format!("\t{line}\n")).collect()
    }
}

/// The name of a rule's file and package.
fn plain_name(rule: &Rule) -> String {
    rule.id
        .trim_start_matches("BENCH-")
        .to_lowercase()
        .replace('-', "_")
}

/// The rules as a pack of ours: file name and text.
pub(crate) fn pack(rules: &[Rule]) -> Vec<(String, String)> {
    let manifest = "name: bench\nversion: '1'\ndescription: The rules of the benchmark\n";
    let mut files = vec![("pack.yaml".to_owned(), manifest.to_owned())];
    files.extend(rules.iter().map(|rule| {
        let ops = if rule.removes {
            format!("#   ops: [{}]\n", REMOVING.join(", "))
        } else {
            String::new()
        };
        let text = format!(
            "# METADATA\n# title: {id}\n# scope: package\n# custom:\n#   id: {id}\n#   severity: high\n#   level: mandatory\n#   scope: resource\n\
             #   types: [\"{token}\"]\n{ops}#   unknown: undetermined\n#   remediation: \"{REMEDIATION}\"\npackage bench.{name}\n\nimport rego.v1\n\n\
             deny contains {{{members}}} if {{\n{lines}}}\n",
            id = rule.id,
            token = rule.token,
            name = plain_name(rule),
            members = rule.demand.members(),
            lines = rule.demand.lines(),
        );
        (format!("bench_{}.rego", plain_name(rule)), text.replace('@', "input"))
    }));
    files
}

/// The rules in one package, each of which looks for its resources in the whole document.
pub(crate) fn for_document(rules: &[Rule]) -> String {
    in_one_package(rules, "\tsome resource in input.subjects\n", "resource")
}

/// The rules in one package, about the resource that is the input.
pub(crate) fn for_resource(rules: &[Rule]) -> String {
    in_one_package(rules, "", "input")
}

fn in_one_package(rules: &[Rule], first: &str, resource: &str) -> String {
    let mut text = "package main\n\nimport rego.v1\n".to_owned();
    for rule in rules {
        let op = if rule.removes {
            format!("\t@.op in {{\"{}\"}}\n", REMOVING.join("\", \""))
        } else {
            "\t@.op != \"delete\"\n".to_owned()
        };
        let members = rule.demand.members();
        let lines = rule.demand.lines();
        let body = format!("\t@.type == \"{}\"\n{op}{lines}", rule.token);
        let head = format!("\"rule\": \"{}\", \"urn\": @.urn, {members}", rule.id);
        let rule = format!("\ndeny contains {{{head}}} if {{\n{first}{body}}}\n");
        text.push_str(&rule.replace('@', resource));
    }
    text
}
