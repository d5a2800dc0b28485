//! `lightsout stacks`: which stacks there are, for whatever places their runs on machines.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::app::{Outside, print, print_json};
use crate::cli::{self, Format};
use crate::config::{Autonomy, Stack, load, parse};
use crate::exit::Exit;
use crate::fault::Fault;
use crate::names::{Sha256, StackName};
use crate::perimeter::Perimeter;
use crate::perimeter::import::{Folder, RelPath};
use crate::perimeter::repository::Base;
use crate::pipeline::policy::builtin;
use crate::pipeline::policy::waiver::WAIVERS_BYTES_MAX;
use crate::pipeline::run::folder;

/// One stack of the list.
#[derive(Debug, Clone, Serialize)]
struct Listed {
    stack: StackName,
    path: String,
    autonomy: Autonomy,
}

/// One job of a matrix.
#[derive(Debug, Serialize)]
struct Job<'a> {
    stack: &'a StackName,
    path: &'a str,
}

/// Lists the stacks.
///
/// # Errors
/// The configuration or the other commit cannot be read.
pub fn run(outside: &Outside, arguments: &cli::Stacks, is_matrix: bool) -> Result<Exit, Fault> {
    let perimeter = outside.perimeter()?;
    let base = perimeter.repository.base()?;
    let text = load::text(&perimeter, &base)?;
    let config = parse(&text)?;
    let before = match &arguments.changed {
        None => None,
        Some(commit) => {
            let wrong = |error| Fault::Usage(format!("`--changed`: {error}"));
            let commit = commit.parse().map_err(wrong)?;
            let absent = |error| {
                Fault::Usage(format!(
                    "`--changed`: {error}; a workflow's checkout has it with `fetch-depth: 0`"
                ))
            };
            Some(perimeter.repository.base_at(commit).map_err(absent)?)
        }
    };
    let mut stacks = Vec::new();
    for stack in config.stacks() {
        let is_changed = match &before {
            None => true,
            Some(before) => differs(&perimeter, before, &base, stack, &text)?,
        };
        let is_ours = arguments
            .shard
            .is_none_or(|it| part(&stack.name, it.parts) == it.part);
        if is_changed && is_ours {
            stacks.push(Listed {
                stack: stack.name.clone(),
                path: stack.path.clone(),
                autonomy: stack.autonomy,
            });
        }
    }
    let chunk = usize::try_from(arguments.chunk).unwrap_or(usize::MAX);
    match (is_matrix, outside.format) {
        (true, _) => print_json(&matrices(&stacks, chunk))?,
        (false, Format::Json) => print_json(&stacks)?,
        (false, Format::Human) => {
            for it in &stacks {
                print(&format!("{}  {}  {}", it.stack, it.path, it.autonomy))?;
            }
        }
    }
    Ok(Exit::Done)
}

/// Matrices of at most `chunk` jobs, each as GitHub's `strategy.matrix` takes it. Without a stack there is none: an empty matrix is an error to
/// GitHub.
fn matrices(stacks: &[Listed], chunk: usize) -> Vec<BTreeMap<&'static str, Vec<Job<'_>>>> {
    fn job(it: &Listed) -> Job<'_> {
        Job {
            stack: &it.stack,
            path: &it.path,
        }
    }
    stacks
        .chunks(chunk.max(1))
        .map(|part| BTreeMap::from([("include", part.iter().map(job).collect())]))
        .collect()
}

/// Whether anything that a run of the stack reads is another at the two commits. What cannot be read at the earlier one is.
fn differs(
    perimeter: &Perimeter,
    before: &Base,
    now: &Base,
    stack: &Stack,
    text: &str,
) -> Result<bool, Fault> {
    let Ok(earlier) = load::text(perimeter, before) else {
        return Ok(true);
    };
    if earlier != text {
        return Ok(true);
    }
    let holdouts = stack.holdouts.iter().map(|it| it.source.as_str());
    let agent = stack.agent.iter().filter_map(|it| it.files.as_deref());
    let paths = [stack.path.as_str()]
        .into_iter()
        .chain(
            stack
                .policies
                .iter()
                .map(|policy| policy.pack.as_str())
                .filter(|it| !it.starts_with(builtin::PREFIX)),
        )
        .chain(holdouts)
        .chain(agent);
    for path in paths {
        Folder::new(path).map_err(|error| Fault::Usage(error.to_string()))?;
        let Ok(earlier) = folder(perimeter, before, path) else {
            return Ok(true);
        };
        if earlier.hash() != folder(perimeter, now, path)?.hash() {
            return Ok(true);
        }
    }
    let Some(waivers) = &stack.waivers else {
        return Ok(false);
    };
    let path = RelPath::new(&waivers.file).map_err(|error| Fault::Usage(error.to_string()))?;
    let file = |base| {
        perimeter
            .repository
            .read_file(base, &path, WAIVERS_BYTES_MAX)
    };
    let Ok(earlier) = file(before) else {
        return Ok(true);
    };
    Ok(earlier != file(now)?)
}

/// Which of `parts` parts a stack belongs to, by rendezvous hashing: when their number changes, few stacks move.
fn part(stack: &StackName, parts: u32) -> u32 {
    (1..=parts)
        .max_by_key(|part| Sha256::of(format!("{part}/{stack}").as_bytes()).to_string())
        .unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stack_is_in_one_part_and_few_move_when_there_is_one_more() {
        let stacks: Vec<StackName> = (0..200)
            .map(|it| StackName::new(format!("stack-{it}")).unwrap())
            .collect();
        let parts: Vec<u32> = stacks.iter().map(|it| part(it, 4)).collect();
        for wanted in 1..=4 {
            let here = parts.iter().filter(|it| **it == wanted).count();
            assert!((25..=75).contains(&here), "{here}");
        }
        let moved = stacks
            .iter()
            .zip(&parts)
            .filter(|(it, old)| part(it, 5) != **old);
        assert!(moved.count() < 80);
    }

    #[test]
    fn a_matrix_has_at_most_as_many_jobs_as_asked() {
        let listed = |it: u32| Listed {
            stack: StackName::new(format!("s{it}")).unwrap(),
            path: "p".to_owned(),
            autonomy: Autonomy::Review,
        };
        let stacks: Vec<Listed> = (0..5).map(listed).collect();
        let sizes: Vec<usize> = matrices(&stacks, 2)
            .iter()
            .map(|matrix| matrix["include"].len())
            .collect();
        assert_eq!(sizes, [2, 2, 1]);
        assert!(matrices(&[], 2).is_empty());
    }
}
