//! Hidden scenarios: what a step means, which files are refused, what a report decides, and that nothing of a scenario leaks.

/// Builds states, sets and reports.
#[cfg(test)]
mod support;

/// What each step of the vocabulary is true of, and of what it is not.
#[cfg(test)]
mod steps;

/// Feature files that work, and those that are refused with a place and a reason.
#[cfg(test)]
mod features;

/// Runs, quorums, rates, vetoes.
#[cfg(test)]
mod verdicts;

/// No word of a scenario where an agent or a ledger could read it.
#[cfg(test)]
mod silence;

/// States and files that somebody made to be harmful.
#[cfg(test)]
mod hostile;

/// The scenarios that come with the demo stacks.
#[cfg(test)]
mod demos;
