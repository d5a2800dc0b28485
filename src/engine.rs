//! Pulumi as a subprocess: runs of its command line, and the proxies between it, the program and the providers.

pub mod analyzer;
pub mod automation;
pub mod deployment;
pub mod gateway;
pub mod guard;
pub mod monitor;
pub mod program;
pub mod project;
pub mod twin;
pub mod wire;
