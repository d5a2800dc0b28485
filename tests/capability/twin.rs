//! The twin under the real engine: whole lives of a stack, from the first preview until nothing is left.
//!
//! The engine is the real command line, started with an environment made from nothing, a file backend in a temporary folder and
//! the twin attached.

/// Starts the engine on a copy of a stack.
#[cfg(test)]
mod engine;
/// The YAML stack `stacks/site`.
#[cfg(test)]
mod site;
