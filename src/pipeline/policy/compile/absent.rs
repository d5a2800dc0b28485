//! Refuses rules that read what never is there, such as a misspelt member of `input`: they would never find anything.
//!
//! A helper's mention is refused when it is absent for every rule that uses its file. What `with` puts there is there.
//!
//! It does not know which properties a type has, nor what a variable holds.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::config::nearest;
use crate::names::RuleId;
use crate::pipeline::policy::error::Error;
use crate::pipeline::policy::projection::{IN_INDEX, Member};
use crate::pipeline::policy::reads::Step;
use crate::pipeline::policy::reads::mention::{self, Mention};
use crate::pipeline::policy::reads::reach::{defined, is_near};
use crate::pipeline::policy::rule::{Rule, Scope};
use crate::pipeline::policy::tree::SyntaxTree;

/// The members of the index that a rule about the whole stack sees.
const INDEX: [&str; 4] = ["resources", "counts", "stack", "params"];
const COUNTS: [&str; 3] = ["ops", "types", "resources"];
const STACK: [&str; 2] = ["project", "name"];
const OPTIONS: [&str; 3] = ["protect", "retain_on_delete", "ignore_changes"];

/// A rule, as far as it decides what is there for the files that it uses.
#[derive(Debug)]
pub(super) struct User {
    id: RuleId,
    scope: Scope,
    parameters: Vec<String>,
    own: usize,
    files: Vec<usize>,
    /// What it puts into `input` and `data` itself.
    input: Vec<Mention>,
    data: Vec<Mention>,
}

impl User {
    pub(super) fn new(rule: &Rule, own: usize, files: Vec<usize>, trees: &[&SyntaxTree]) -> Self {
        let replaced = |root: &str| {
            let mut found = Vec::new();
            for tree in files.iter().filter_map(|&file| trees.get(file)) {
                for code in tree.code() {
                    mention::replaced(code, root, &mut found);
                }
            }
            found
        };
        Self {
            id: rule.id.clone(),
            scope: rule.scope,
            parameters: rule.parameters.keys().cloned().collect(),
            own,
            input: replaced("input"),
            data: replaced("data"),
            files,
        }
    }
}

/// Looks at every mention in every file that a rule uses.
pub(super) fn check(
    named: &[(String, SyntaxTree)],
    users: &[User],
    pack: &str,
) -> Result<(), Error> {
    let known: Vec<Vec<Step>> = named.iter().flat_map(|(_, tree)| defined(tree)).collect();
    for (at, (file, tree)) in named.iter().enumerate() {
        let mut users: Vec<&User> = users
            .iter()
            .filter(|user| user.files.contains(&at))
            .collect();
        users.sort_by_key(|user| user.own != at);
        let Some(first) = users.first() else { continue };
        let refuse = |root: &str, mention: &Mention, why: String| Error::Absent {
            pack: pack.to_owned(),
            rule: first.id.clone(),
            file: file.clone(),
            line: mention.row.unwrap_or(0),
            path: shown(root, &mention.steps),
            why,
        };
        for mention in named_in(tree, "input") {
            let mut whys = users.iter().map(|user| {
                let is_put = is_put(&user.input, &mention);
                (!is_put).then(|| absent(user, &mention.steps)).flatten()
            });
            // The first one is the rule that is named; every other one must agree.
            if let Some(Some(why)) = whys.next()
                && whys.all(|why| why.is_some())
            {
                return Err(refuse("input", &mention, why));
            }
        }
        for mention in named_in(tree, "data") {
            let is_put = users.iter().any(|user| is_put(&user.data, &mention));
            if !is_put && !known.iter().any(|path| is_near(&mention.steps, path)) {
                return Err(refuse("data", &mention, undefined(&mention.steps, &known)));
            }
        }
    }
    Ok(())
}

fn is_put(put: &[Mention], mention: &Mention) -> bool {
    put.iter().any(|put| is_near(&put.steps, &mention.steps))
}

/// Every mention of a root document, by its own name or by an import's.
fn named_in(tree: &SyntaxTree, root: &str) -> Vec<Mention> {
    let mut found = Vec::new();
    for code in tree.code() {
        mention::mentions(code, root, &mut found);
    }
    for (alias, begin) in imported(tree, root) {
        let mut below = Vec::new();
        for rule in tree.nodes() {
            mention::mentions(rule, &alias, &mut below);
        }
        // A name that stands alone may be declared there, as a variable that hides the import.
        if below.iter().any(|mention| mention.steps.is_empty()) {
            continue;
        }
        found.extend(below.into_iter().map(|mention| Mention {
            steps: begin.iter().cloned().chain(mention.steps).collect(),
            row: mention.row,
        }));
    }
    found
}

/// What the imports of a file give other names to.
fn imported(tree: &SyntaxTree, root: &str) -> BTreeMap<String, Vec<Step>> {
    let imports = tree.imports().and_then(Value::as_array);
    let import = |import: &Value| {
        let (head, rest) = mention::reference(import.get("path")?)?;
        let begin = mention::steps(rest);
        let alias = import.get("alias").and_then(Value::as_str);
        let alias = match (alias, begin.last()) {
            (Some(alias), _) => alias.to_owned(),
            (None, Some(Step::Key(last))) => last.clone(),
            (None, Some(Step::Any) | None) => return None,
        };
        mention::is_var(head, root).then_some((alias, begin))
    };
    imports.into_iter().flatten().filter_map(import).collect()
}

/// Why a member of `input` is never there for a rule.
fn absent(user: &User, steps: &[Step]) -> Option<String> {
    match user.scope {
        Scope::Resource => of_resource(user, "input", steps, &Member::ALL.map(|(key, _)| key)),
        Scope::Stack => of_index(user, steps),
    }
}

fn of_resource(user: &User, at: &str, steps: &[Step], members: &[&str]) -> Option<String> {
    let [Step::Key(first), rest @ ..] = steps else {
        return None;
    };
    if !members.contains(&first.as_str()) {
        return Some(no_member(at, first, members));
    }
    below(user, at, first, rest)
}

fn of_index(user: &User, steps: &[Step]) -> Option<String> {
    let in_index = |(key, member)| IN_INDEX.contains(&member).then_some(key);
    match steps {
        [] | [Step::Any, ..] => None,
        [Step::Key(first), rest @ ..] => match (first.as_str(), rest) {
            ("resources", [Step::Key(key), ..]) => Some(format!(
                "but `input.resources` is a list: `input.resources[_].{key}`?"
            )),
            ("resources", [_, rest @ ..]) => {
                let members: Vec<&str> = Member::ALL.into_iter().filter_map(in_index).collect();
                of_resource(user, "input.resources[_]", rest, &members)
            }
            ("resources", []) => None,
            ("counts", [Step::Key(key), ..]) => lacks("input.counts", key, &COUNTS),
            (known, rest) if INDEX.contains(&known) => below(user, "input", first, rest),
            (unknown, _) => Some(no_member("input", unknown, &INDEX)),
        },
    }
}

/// Below the members whose own members are known.
fn below(user: &User, at: &str, member: &str, rest: &[Step]) -> Option<String> {
    let [Step::Key(key), ..] = rest else {
        return None;
    };
    let at = format!("{at}.{member}");
    match member {
        "options" | "old_options" => lacks(&at, key, &OPTIONS),
        "stack" => lacks(&at, key, &STACK),
        "params" => {
            let parameters: Vec<&str> = user.parameters.iter().map(String::as_str).collect();
            lacks(&at, key, &parameters)
        }
        _ => None,
    }
}

fn lacks(at: &str, key: &str, members: &[&str]) -> Option<String> {
    (!members.contains(&key)).then(|| no_member(at, key, members))
}

fn no_member(at: &str, key: &str, members: &[&str]) -> String {
    match nearest(key, members.iter().copied()) {
        Some(meant) => format!("which no document has: did you mean `{at}.{meant}`?"),
        None if members.is_empty() => format!("which no document has: `{at}` is empty"),
        None => format!(
            "which no document has: `{at}` has `{}`",
            members.join("`, `")
        ),
    }
}

/// Why nothing is defined where a mention of `data` leads, with the name that is most like it where it goes astray.
fn undefined(steps: &[Step], known: &[Vec<Step>]) -> String {
    let shared = |path: &Vec<Step>| {
        let pairs = steps.iter().zip(path);
        pairs.take_while(|(a, b)| a == b).count()
    };
    let longest = known.iter().map(shared).max().unwrap_or(0);
    let names = known.iter().filter(|path| shared(path) == longest);
    let names = names.filter_map(|path| match path.get(longest) {
        Some(Step::Key(key)) => Some(key.as_str()),
        Some(Step::Any) | None => None,
    });
    let begin = shown("data", steps.get(..longest).unwrap_or(&[]));
    let meant = match steps.get(longest) {
        Some(Step::Key(key)) => nearest(key, names),
        Some(Step::Any) | None => None,
    };
    match meant {
        Some(meant) => {
            format!("which no file of the pack defines: did you mean `{begin}.{meant}`?")
        }
        None => "which no file of the pack defines".to_owned(),
    }
}

fn shown(root: &str, steps: &[Step]) -> String {
    let mut text = root.to_owned();
    for step in steps {
        match step {
            Step::Any => text.push_str("[_]"),
            Step::Key(key) => {
                text.push('.');
                text.push_str(key);
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::policy::subject::{Options, Stack};

    fn user(scope: Scope) -> User {
        User {
            id: RuleId::new("TEST-001").unwrap(),
            scope,
            parameters: vec!["maximum".to_owned()],
            own: 0,
            files: vec![0],
            input: Vec::new(),
            data: Vec::new(),
        }
    }

    fn steps(path: &str) -> Vec<Step> {
        let step = |part: &str| match part {
            "_" => Step::Any,
            key => Step::Key(key.to_owned()),
        };
        path.split('.').map(step).collect()
    }

    #[track_caller]
    fn check(scope: Scope, path: &str, expect: Option<&str>) {
        let why = absent(&user(scope), &steps(path));
        match expect {
            None => assert_eq!(why, None, "{path}"),
            Some(words) => assert!(
                why.as_ref().is_some_and(|why| why.contains(words)),
                "{why:?}"
            ),
        }
    }

    #[test]
    fn a_member_that_a_resource_never_has_is_told_with_the_nearest() {
        let check = |path, expect| check(Scope::Resource, path, expect);
        for there in ["inputs.anything", "_.x", "diff._.path", "options._"] {
            check(there, None);
        }
        check("params.maximum", None);
        check("input.acl", Some("did you mean `input.inputs`?"));
        check("acl", Some("`input` has `urn`, `op`"));
        check("resources._.inputs", Some("which no document has"));
        check("options.protected", Some("`input.options.protect`"));
        check("old_options.x", Some("`input.old_options` has"));
        check("stack.projet", Some("`input.stack.project`"));
        check("params.maximun", Some("`input.params.maximum`"));
    }

    #[test]
    fn the_index_has_members_of_its_own() {
        let check = |path, expect| check(Scope::Stack, path, expect);
        for there in [
            "resources",
            "resources._",
            "resources._._.x",
            "resources._.inputs.x",
            "counts.ops.delete",
            "stack.name",
            "_",
        ] {
            check(there, None);
        }
        check("resource._.urn", Some("did you mean `input.resources`?"));
        check("inputs.acl", Some("`input` has `resources`"));
        check("resources.urn", Some("`input.resources[_].urn`?"));
        check("resources._.old_inputs", Some("which no document has"));
        check("resources._.diff", Some("`input.resources[_]` has `urn`"));
        check(
            "resources._.options.protected",
            Some("`input.resources[_].options.protect`"),
        );
        check("counts.typos", Some("`input.counts.types`"));
    }

    #[test]
    fn the_members_are_those_of_the_documents() {
        let keys = |value: Value| -> Vec<String> {
            let mut keys: Vec<String> = value.as_object().unwrap().keys().cloned().collect();
            keys.sort();
            keys
        };
        let sorted = |names: &[&str]| {
            let mut names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
            names.sort();
            names
        };
        let options = Options {
            protect: true,
            retain_on_delete: true,
            ignore_changes: Vec::new(),
        };
        assert_eq!(
            keys(serde_json::to_value(options).unwrap()),
            sorted(&OPTIONS)
        );
        let stack = serde_json::json!({"project": "p", "name": "s"});
        assert!(serde_json::from_value::<Stack>(stack.clone()).is_ok());
        assert_eq!(keys(stack), sorted(&STACK));
    }

    #[test]
    fn what_no_file_defines_is_told_with_the_nearest() {
        let known = [
            steps("aws.lib.tied"),
            steps("aws.lib.open"),
            steps("aws.s3.deny"),
        ];
        let check = |path: &str, expect: &str| {
            let why = undefined(&steps(path), &known);
            assert!(why.ends_with(expect), "{why}");
        };
        check("aws.lib.tide", "did you mean `data.aws.lib.tied`?");
        check("aws.libs.tied", "did you mean `data.aws.lib`?");
        check("awz", "did you mean `data.aws`?");
        check("other.thing", "which no file of the pack defines");
    }
}
