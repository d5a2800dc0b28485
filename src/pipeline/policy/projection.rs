//! Which parts of its document a rule is shown: what its reads mention, and nothing else.
//!
//! INVARIANT: a part that is left out is one that no mention of `input` in the rule can reach, by the same over-approximation
//! that decides what is undetermined. So a rule cannot tell its cut document from the whole one.

use std::collections::BTreeSet;

use super::reads::{Pattern, Step};

/// A member of a resource's document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Member {
    Urn,
    Op,
    Type,
    Name,
    Provider,
    Inputs,
    OldInputs,
    Outputs,
    Diff,
    UnknownPaths,
    UnknownOutputPaths,
    UnknownOldPaths,
    SecretPaths,
    Options,
    OldOptions,
    Stack,
    Params,
}

impl Member {
    /// Every member, by the key that it has in the document.
    pub(super) const ALL: [(&'static str, Self); 17] = [
        ("urn", Self::Urn),
        ("op", Self::Op),
        ("type", Self::Type),
        ("name", Self::Name),
        ("provider", Self::Provider),
        ("inputs", Self::Inputs),
        ("old_inputs", Self::OldInputs),
        ("outputs", Self::Outputs),
        ("diff", Self::Diff),
        ("unknown_paths", Self::UnknownPaths),
        ("unknown_output_paths", Self::UnknownOutputPaths),
        ("unknown_old_paths", Self::UnknownOldPaths),
        ("secret_paths", Self::SecretPaths),
        ("options", Self::Options),
        ("old_options", Self::OldOptions),
        ("stack", Self::Stack),
        ("params", Self::Params),
    ];

    /// Whether the parts of it are chosen key by key.
    const fn has_properties(self) -> bool {
        matches!(self, Self::Inputs | Self::OldInputs | Self::Outputs)
    }
}

/// How much of a member is shown.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Shown {
    /// All of it.
    Whole,
    /// Of an object, these keys; what is no object is shown whole.
    Keys(BTreeSet<String>),
}

/// The members that are shown, in the document's order.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Projection(Vec<(&'static str, Member, Shown)>);

impl Projection {
    /// What a rule with these reads is shown of a resource.
    pub(super) fn of_resource<'a>(reads: impl IntoIterator<Item = &'a Pattern>) -> Self {
        let mut projection = Self::default();
        for pattern in reads {
            projection.add(pattern.steps());
        }
        projection
    }

    /// What a rule with these reads is shown of each resource in the index of the stack.
    pub(super) fn of_index<'a>(reads: impl IntoIterator<Item = &'a Pattern>) -> Self {
        let mut projection = Self::default();
        for pattern in reads {
            match pattern.steps() {
                [] | [Step::Any, ..] => projection.add(&[]),
                [Step::Key(key), rest @ ..] if key == "resources" => {
                    projection.add(rest.get(1..).unwrap_or(&[]));
                }
                [Step::Key(_), ..] => {}
            }
        }
        projection
            .0
            .retain(|(_, member, _)| IN_INDEX.contains(member));
        projection
    }

    pub(super) fn members(&self) -> impl Iterator<Item = (&'static str, Member, &Shown)> {
        self.0
            .iter()
            .map(|(key, member, shown)| (*key, *member, shown))
    }

    fn add(&mut self, steps: &[Step]) {
        match steps {
            [] | [Step::Any, ..] => {
                for (key, member) in Member::ALL {
                    self.show(key, member, Shown::Whole);
                }
            }
            [Step::Key(name), rest @ ..] => {
                let Some((key, member)) = Member::ALL.iter().find(|(key, _)| key == name) else {
                    // No document has such a member: it is undefined with and without us. Loading refuses the rule, unless the
                    // mention is in a helper that rules of the other scope use too.
                    return;
                };
                let shown = match rest.first() {
                    Some(Step::Key(property)) if member.has_properties() => {
                        Shown::Keys(BTreeSet::from([property.clone()]))
                    }
                    Some(Step::Key(_) | Step::Any) | None => Shown::Whole,
                };
                self.show(key, *member, shown);
            }
        }
    }

    fn show(&mut self, key: &'static str, member: Member, shown: Shown) {
        let Some((_, _, already)) = self.0.iter_mut().find(|(_, known, _)| *known == member) else {
            self.0.push((key, member, shown));
            self.0.sort_by_key(|(_, member, _)| *member);
            return;
        };
        match (already, shown) {
            (Shown::Whole, _) => {}
            (already @ Shown::Keys(_), Shown::Whole) => *already = Shown::Whole,
            (Shown::Keys(already), Shown::Keys(more)) => already.extend(more),
        }
    }
}

/// What the index holds of each resource.
pub(super) const IN_INDEX: [Member; 6] = [
    Member::Urn,
    Member::Op,
    Member::Type,
    Member::Name,
    Member::Inputs,
    Member::Options,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(reads: &str, expect: &str) {
        let reads: Vec<Pattern> = serde_json::from_str(reads).unwrap();
        let shown = Projection::of_resource(&reads);
        let text: Vec<String> = shown
            .members()
            .map(|(key, _, shown)| match shown {
                Shown::Whole => key.to_owned(),
                Shown::Keys(keys) => format!("{key}{keys:?}"),
            })
            .collect();
        assert_eq!(text.join(" "), expect);
    }

    #[test]
    fn what_is_mentioned_is_shown() {
        check("[]", "");
        check(
            r#"[[{"key": "inputs"}, {"key": "acl"}], [{"key": "op"}], [{"key": "inputs"}, {"key": "tags"}, "any"]]"#,
            r#"op inputs{"acl", "tags"}"#,
        );
        check(
            r#"[[{"key": "inputs"}, {"key": "acl"}], [{"key": "inputs"}, "any"]]"#,
            "inputs",
        );
        check(
            r#"[[{"key": "inputs"}], [{"key": "inputs"}, {"key": "a"}]]"#,
            "inputs",
        );
        check(
            r#"[[{"key": "nothing"}], [{"key": "params"}, {"key": "n"}]]"#,
            "params",
        );
        let all: Vec<&str> = Member::ALL.iter().map(|(key, _)| *key).collect();
        let mut sorted = Member::ALL;
        sorted.sort_by_key(|(_, member)| *member);
        assert_eq!(sorted, Member::ALL);
        check("[[]]", &all.join(" "));
        check(r#"[["any", {"key": "acl"}]]"#, &all.join(" "));
    }
}
