//! Which parts of its input a rule's decision can depend on, from OPA's own syntax tree.
//!
//! INVARIANT: an over-approximation. Every mention of `input` in the rule's package, in what that package can reach, and in
//! imports is a read of all that lies under it; a part that is not a literal stands for every part. So where no unknown
//! value overlaps a read, the decision cannot depend on it. What a package can reach, and who adds to it from elsewhere, is
//! [`reach`]'s to say.
//!
//! It does not follow values through variables: a rule that binds `x := input.inputs.ingress` reads all of it.

pub(super) mod mention;
pub(super) mod reach;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::subject::{PathSegment, PropertyPath, Subject};
use super::tree::SyntaxTree;

/// One mention of `input`: the way from the input's root as far as it is literal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Pattern(Vec<Step>);

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Step {
    Key(String),
    Any,
}

/// What a pattern means in the document of one resource or one of the stack's resources.
enum Part<'a> {
    Inputs(&'a [Step]),
    Outputs(&'a [Step]),
    OldInputs(&'a [Step]),
    /// The inputs, the new ones and the old ones.
    Properties,
    Everything,
    /// What the preview always knows: names, the operation, options, what the state holds.
    Known,
}

fn part(steps: &[Step]) -> Part<'_> {
    match steps.split_first() {
        None | Some((Step::Any, _)) => Part::Everything,
        Some((Step::Key(key), rest)) => match key.as_str() {
            "inputs" => Part::Inputs(rest),
            "outputs" => Part::Outputs(rest),
            "old_inputs" => Part::OldInputs(rest),
            // The engine computes the difference from what it does not know either.
            "diff" => Part::Properties,
            "urn"
            | "op"
            | "type"
            | "name"
            | "provider"
            | "options"
            | "old_options"
            | "unknown_paths"
            | "unknown_output_paths"
            | "unknown_old_paths"
            | "secret_paths"
            | "stack"
            | "params" => Part::Known,
            _ => Part::Everything,
        },
    }
}

/// What a pattern means in the index document that rules about the whole stack see.
fn index_part(steps: &[Step]) -> Part<'_> {
    match steps {
        [] | [Step::Any, ..] => Part::Everything,
        [Step::Key(key), rest @ ..] => match (key.as_str(), rest) {
            ("resources", [_, rest @ ..]) => part(rest),
            ("stack" | "counts" | "params", _) => Part::Known,
            _ => Part::Everything,
        },
    }
}

/// What a pattern means in the document that a rule of Pulumi's OPA runtime sees: properties stand at the top, and may have
/// the name of anything else.
fn pulumi_part(steps: &[Step]) -> Part<'_> {
    match steps.split_first() {
        None | Some((Step::Any, _)) => Part::Everything,
        Some((Step::Key(key), rest)) => match key.as_str() {
            "__type" | "__urn" | "__name" | "__options" | "__provider" | "__op" | "__stack"
            | "__unknown_paths" | "__secret_paths" => Part::Known,
            "__properties" | "__props" => Part::Inputs(rest),
            "properties" | "props" => Part::Inputs(&[]),
            "__old" => Part::OldInputs(rest),
            "__diff" => Part::Properties,
            _ => Part::Inputs(steps),
        },
    }
}

fn pulumi_index_part(steps: &[Step]) -> Part<'_> {
    match steps {
        [Step::Key(key), _, rest @ ..] if key == "resources" => pulumi_part(rest),
        [] | [Step::Key(_) | Step::Any, ..] => Part::Everything,
    }
}

fn overlaps(steps: &[Step], path: &PropertyPath) -> bool {
    steps.iter().zip(&path.0).all(|(step, segment)| match step {
        Step::Any => true,
        Step::Key(key) => segment.is_same(&PathSegment::Key(key.clone())),
    })
}

impl Pattern {
    pub(super) fn steps(&self) -> &[Step] {
        &self.0
    }

    /// Whether a value under the pattern can be unknown at preview, for a rule about one resource.
    pub(super) fn may_be_unknown(&self) -> bool {
        !matches!(part(&self.0), Part::Known)
    }

    /// The same for a rule about the whole stack.
    pub(super) fn may_be_unknown_in_index(&self) -> bool {
        !matches!(index_part(&self.0), Part::Known)
    }
}

/// Lists of paths, one for each part of a resource's document that they can be in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Places<'a> {
    pub(super) inputs: &'a [PropertyPath],
    pub(super) outputs: &'a [PropertyPath],
    pub(super) old_inputs: &'a [PropertyPath],
}

impl<'a> Places<'a> {
    /// Where a subject's values are unknown.
    pub(super) fn unknown(subject: &'a Subject) -> Self {
        Self {
            inputs: &subject.unknown_paths,
            outputs: &subject.unknown_output_paths,
            old_inputs: &subject.unknown_old_paths,
        }
    }

    /// Where values are secret: old inputs may hold the same secrets as the new ones.
    pub(super) const fn secret(paths: &'a [PropertyPath]) -> Self {
        Self {
            inputs: paths,
            outputs: paths,
            old_inputs: paths,
        }
    }
}

impl Places<'_> {
    /// The paths that a read overlaps, as seen from `inputs`; those elsewhere begin with the name of their part.
    fn overlapping(&self, part: &Part<'_>, found: &mut Vec<PropertyPath>) {
        let everything: &[Step] = &[];
        let (inputs, outputs, old_inputs) = match part {
            Part::Inputs(steps) => (Some(*steps), None, None),
            Part::Outputs(steps) => (None, Some(*steps), None),
            Part::OldInputs(steps) => (None, None, Some(*steps)),
            Part::Properties => (Some(everything), None, Some(everything)),
            Part::Everything => (Some(everything), Some(everything), Some(everything)),
            Part::Known => (None, None, None),
        };
        let of = |steps: Option<&[Step]>, path: &PropertyPath| {
            steps.is_some_and(|steps| overlaps(steps, path))
        };
        found.extend(self.inputs.iter().filter(|path| of(inputs, path)).cloned());
        let outputs = self.outputs.iter().filter(|path| of(outputs, path));
        found.extend(outputs.map(|path| path.under("outputs")));
        let old = self.old_inputs.iter().filter(|path| of(old_inputs, path));
        found.extend(old.map(|path| path.under("old_inputs")));
    }
}

/// Which document a rule reads.
#[derive(Debug, Clone, Copy)]
pub(super) enum Document {
    /// One resource.
    Resource,
    /// The stack's index.
    Index,
    /// One resource, for Pulumi's OPA runtime.
    PulumiResource,
    /// All resources, for Pulumi's OPA runtime.
    PulumiStack,
}

fn parts<'a>(reads: &'a [Pattern], document: Document) -> impl Iterator<Item = Part<'a>> {
    reads.iter().map(move |pattern| match document {
        Document::Resource => part(&pattern.0),
        Document::Index => index_part(&pattern.0),
        Document::PulumiResource => pulumi_part(&pattern.0),
        Document::PulumiStack => pulumi_index_part(&pattern.0),
    })
}

/// The paths among these on which a rule with these reads can depend.
pub(super) fn reached(
    reads: &[Pattern],
    document: Document,
    places: Places<'_>,
) -> Vec<PropertyPath> {
    let places = match document {
        Document::Resource => places,
        // These documents show no outputs.
        Document::Index | Document::PulumiResource | Document::PulumiStack => Places {
            outputs: &[],
            ..places
        },
    };
    let mut found = Vec::new();
    for part in parts(reads, document) {
        places.overlapping(&part, &mut found);
    }
    found.sort();
    found.dedup();
    found
}

/// Everything in these files that mentions `input`.
pub(super) fn reads(trees: &[&SyntaxTree], files: &[usize]) -> Vec<Pattern> {
    let files = files.iter().filter_map(|&file| trees.get(file));
    of(files.flat_map(|tree| tree.code()))
}

/// Everything in this code that mentions `input`.
pub(super) fn of<'t>(code: impl IntoIterator<Item = &'t Value>) -> Vec<Pattern> {
    let mut found = Vec::new();
    for code in code {
        mention::mentions(code, "input", &mut found);
    }
    let mut patterns: Vec<Pattern> = (found.into_iter())
        .map(|mention| Pattern(mention.steps))
        .collect();
    patterns.sort();
    patterns.dedup();
    patterns
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(steps: &[&str]) -> Pattern {
        let step = |step: &&str| match *step {
            "*" => Step::Any,
            key => Step::Key(key.to_owned()),
        };
        Pattern(steps.iter().map(step).collect())
    }

    #[track_caller]
    fn check(steps: &[&str], path: &str, expect: bool) {
        let path: PropertyPath = serde_json::from_str(path).unwrap();
        let places = Places {
            inputs: &[path],
            outputs: &[],
            old_inputs: &[],
        };
        let mut found = Vec::new();
        places.overlapping(&part(&pattern(steps).0), &mut found);
        assert_eq!(!found.is_empty(), expect, "{steps:?}");
    }

    #[test]
    fn a_read_overlaps_what_is_above_and_below_it() {
        check(&["inputs", "tags", "owner"], r#"["tags"]"#, true);
        check(&["inputs", "tags"], r#"["tags", "owner"]"#, true);
        check(&["inputs", "tags"], r#"["acl"]"#, false);
        check(
            &["inputs", "ingress", "*", "cidr"],
            r#"["ingress", 3, "cidr", 0]"#,
            true,
        );
        check(
            &["inputs", "ingress", "*", "cidr"],
            r#"["ingress", 3, "port"]"#,
            false,
        );
        check(&[], r#"["acl"]"#, true);
        check(&["*"], r#"["acl"]"#, true);
        check(&["diff", "*", "path"], r#"["acl"]"#, true);
        check(&["op"], r#"["acl"]"#, false);
        check(&["old_inputs", "acl"], r#"["acl"]"#, false);
    }

    #[test]
    fn every_shape_of_a_mention_is_found() {
        let var = |name: &str| serde_json::json!({"type": "var", "value": name});
        let text = |text: &str| serde_json::json!({"type": "string", "value": text});
        let tree = serde_json::json!({"rules": [{
            "body": [{"terms": [{"type": "ref", "value": [var("input"), text("inputs"), {"type": "ref", "value": [var("input"), text("op")]}]}, var("input")]}],
            "else": {"value": {"type": "templatestring", "value": {"parts": [{"terms": {"type": "ref", "value": [var("input"), text("name")]}}]}}}
        }], "imports": [{"alias": "i", "path": {"type": "ref", "value": [var("input"), text("outputs")]}}]});
        let found = reads(&[&SyntaxTree(tree)], &[0]);
        let expect = [&[][..], &["inputs", "*"], &["name"], &["op"], &["outputs"]];
        assert_eq!(found, expect.map(pattern));
    }
}
