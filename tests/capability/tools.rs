//! The external programs: real installations, and what must not get through.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test's helper fails the test"
)]

/// A lock, a home folder and a server of a test's own.
mod bench;
/// An installed tool that is no longer what was installed.
mod home;
/// Providers in a repository's lock.
mod provider;
/// The real sources: what the lock names can be had and does what it should.
mod real;
/// Vendors' files: what comes is what the lock names, or nothing is installed.
mod release;
/// The user's own programs.
mod user;
