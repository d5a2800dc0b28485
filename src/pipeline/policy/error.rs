//! What can go wrong before policies have an answer.
//!
//! Every variant is a fault or a mistake in a pack, never a refusal: none of them means that the preview is fine.

use std::path::PathBuf;

use super::pack::Pack;
use crate::names::{RuleId, Urn};

/// Policies could not be loaded or evaluated.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nothing would judge.
    #[error("evaluating policies: no policy pack is given; name at least one under `policies`")]
    NoPacks,
    /// The same pack twice, or two packs of one name.
    #[error("evaluating policies: two packs are named `{pack}`; give one of them another name")]
    DuplicatePack {
        /// The name.
        pack: String,
    },
    /// A file could not be read or written.
    #[error("{doing} `{}`: {source}", path.display())]
    Io {
        /// What was being done.
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Something in the pack's folder is not what a pack consists of.
    #[error("loading policy pack `{}`: `{name}` {why}", path.display())]
    Content {
        /// The pack's folder.
        path: PathBuf,
        /// The file.
        name: String,
        /// What is wrong with it, and what to do.
        why: String,
    },
    /// The pack has no rule.
    #[error(
        "loading policy pack `{pack}`: it has no rule; a rule is a package that defines `deny` and carries METADATA"
    )]
    NoRules {
        /// The pack.
        pack: String,
    },
    /// A rule carries no METADATA of its package.
    #[error(
        "loading policy pack `{pack}`: `{file}` defines `deny` without a METADATA block with `custom` above its package line"
    )]
    NoMetadata {
        /// The pack.
        pack: String,
        /// The Rego file.
        file: String,
    },
    /// A rule's METADATA is not as it should be.
    #[error("loading policy pack `{pack}`: METADATA of `{file}`: {why}")]
    Metadata {
        /// The pack.
        pack: String,
        /// The Rego file.
        file: String,
        /// What is wrong.
        why: String,
    },
    /// A rule reads what never is there: it would find nothing, whatever is judged.
    #[error(
        "loading policy pack `{pack}`: rule `{rule}` reads `{path}` (`{file}`, line {line}), {why}"
    )]
    Absent {
        /// The pack.
        pack: String,
        /// The rule, or one of those that use the file.
        rule: RuleId,
        /// The Rego file.
        file: String,
        /// The line.
        line: u64,
        /// What it reads.
        path: String,
        /// Why it is not there, and what may be meant.
        why: String,
    },
    /// Two rules have one id.
    #[error(
        "loading policies: rule id `{rule}` is used twice, the second time in `{at}`; an id is never reused"
    )]
    DuplicateRule {
        /// The id.
        rule: RuleId,
        /// The second place.
        at: String,
    },
    /// OPA did not do what was asked.
    #[error("{doing} for policy pack `{pack}` with `opa`: {message}")]
    Opa {
        /// What was being done.
        doing: &'static str,
        /// The pack.
        pack: String,
        /// OPA's own words.
        message: String,
    },
    /// OPA could not be run.
    #[error("{doing} for policy pack `{pack}`: {source}")]
    Tool {
        /// What was being done.
        doing: &'static str,
        /// The pack.
        pack: String,
        /// Why.
        source: Box<crate::perimeter::tools::Error>,
    },
    /// The module is not a policy that our host can run.
    #[error("loading the compiled rules of policy pack `{pack}`: {why}")]
    Module {
        /// The pack.
        pack: String,
        /// What is wrong with it.
        why: String,
    },
    /// The module calls builtins that our host has not.
    #[error("loading the compiled rules of policy pack `{pack}`: they call `{}`, which is not offered to policies", names.join("`, `"))]
    MissingBuiltin {
        /// The pack.
        pack: String,
        /// The builtins.
        names: Vec<String>,
    },
    /// Somebody else could write the cache of compiled rules.
    #[error("using `{}` as the cache of compiled policies: {why}", path.display())]
    Cache {
        /// The folder.
        path: PathBuf,
        /// Why it cannot be trusted.
        why: String,
    },
    /// What shall be judged cannot be read.
    #[error("evaluating policies: the request cannot be read: {0}")]
    Request(String),
    /// There is too much to judge.
    #[error("{}", TOO_MANY_STEPS)]
    Steps,
    /// A step of the preview cannot be judged.
    #[error("evaluating policies on `{urn}`: {why}")]
    Subject {
        /// The resource.
        urn: Urn,
        /// Why.
        why: String,
    },
    /// A rule failed.
    #[error("evaluating rule `{rule}` of policy pack `{pack}`{}: {fault}", on(urn.as_ref()))]
    Rule {
        /// The pack.
        pack: String,
        /// The rule.
        rule: RuleId,
        /// The resource; none for a rule about the whole stack.
        urn: Option<Urn>,
        /// How.
        fault: RuleFault,
    },
    /// A rule failed, and where it is.
    #[error("{error}; the rule is in `{at}`")]
    Placed {
        /// What failed.
        error: Box<Self>,
        /// File and line.
        at: String,
    },
    /// All rules together took too long.
    #[error("evaluating policies: not done after {seconds} s, at `{urn}`")]
    Slow {
        /// The limit.
        seconds: u64,
        /// Where the time ran out.
        urn: Urn,
    },
}

/// Said of a preview with more steps than are judged.
const TOO_MANY_STEPS: &str = "the preview has more than 200,000 steps; split the stack";

impl Error {
    /// The same, and in which file and line the rule is that failed.
    #[must_use]
    pub fn placed(self, packs: &[Pack]) -> Self {
        let Self::Rule {
            pack, rule, fault, ..
        } = &self
        else {
            return self;
        };
        // What OPA's runtime says begins with its own place.
        let is_told = matches!(fault, RuleFault::Abort(said) if said.contains(".rego:"));
        let pack = packs.iter().find(|known| known.name() == pack);
        match pack.and_then(|pack| pack.place(rule)) {
            Some(at) if !is_told => Self::Placed {
                at: at.to_owned(),
                error: Box::new(self),
            },
            Some(_) | None => self,
        }
    }
}

fn on(urn: Option<&Urn>) -> String {
    urn.map_or_else(String::new, |urn| format!(" on `{urn}`"))
}

/// How a rule failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleFault {
    /// It did not end in time.
    #[error("it did not end within {milliseconds} ms (a loop over too many combinations)")]
    Deadline {
        /// The limit.
        milliseconds: u64,
    },
    /// It wanted more memory than it may have.
    #[error(
        "it needs more than {mebibytes} MiB of memory (a loop over too many combinations, or a set that grows)"
    )]
    Memory {
        /// The limit.
        mebibytes: usize,
    },
    /// OPA's runtime gave up.
    #[error("it aborted: {0}")]
    Abort(String),
    /// The module did something that WebAssembly forbids.
    #[error("it trapped: {0}")]
    Trap(String),
    /// A builtin was called in a way that our host does not offer.
    #[error("builtin `{name}`: {why}")]
    Builtin {
        /// The builtin.
        name: &'static str,
        /// What is not offered.
        why: String,
    },
    /// What it returned is not a set of findings.
    #[error("its result is not a set of findings: {}", in_words(.0))]
    Result(String),
    /// Its input is too large.
    #[error("its input has {bytes} bytes, more than {limit}")]
    Input {
        /// The size.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
}

/// What our parser says of an answer, without names and places that only we know.
fn in_words(why: &str) -> String {
    let (why, place) = why.rsplit_once(" at line 1 column ").unwrap_or((why, ""));
    let rest = place.trim_start_matches(|c: char| c.is_ascii_digit());
    let why = why
        .replace("struct Raw with 5 elements", "an object")
        .replace("struct Raw", "an object")
        .replace("expected a sequence", "expected a set or an array");
    format!("{why}{rest}")
}

#[cfg(test)]
mod tests {
    use super::RuleFault;

    #[test]
    fn a_wrong_result_is_told_in_words_of_rego() {
        let told = |why: &str| RuleFault::Result(why.to_owned()).to_string();
        assert_eq!(
            told(
                "invalid type: string \"bad\", expected struct Raw at line 1 column 31; `deny` must be a set"
            ),
            "its result is not a set of findings: invalid type: string \"bad\", expected an object; `deny` must be a set"
        );
        assert_eq!(
            told("3 answers of 2 rules"),
            "its result is not a set of findings: 3 answers of 2 rules"
        );
    }
}
