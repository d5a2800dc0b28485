//! What the sandbox does and what it withstands, on the real kernel.

#![expect(
    clippy::disallowed_methods,
    reason = "these tests are supervisors: they start programs of their own and read what the test runner tells them"
)]
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test's helper fails the test"
)]

mod support;

/// What a payload sees, and what it cannot.
mod walls;

/// What a payload may not ask the kernel for.
mod kernel;

/// What a watched command tried, listed.
mod denials;

/// Limits: time, output, processes, files.
mod limits;

/// Trees: read-only, writable, in memory, refused.
mod trees;

/// Sockets in both directions, and no network.
mod network;

/// Commands: streams, ends, errors.
mod commands;

/// Programs that real runs need.
mod programs;

/// The supervisor's death and the sandbox's end.
mod lifetime;

/// Without root; runs the other tests again as an ordinary user.
mod rootless;
