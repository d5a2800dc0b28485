//! Work orders in, reports out: GitHub's issues and pull requests.
//!
//! INVARIANT: an issue's text chooses nothing. Which stack, which level and which roles a run has come from the configuration of the base
//! commit; who may ask for it is asked of GitHub, not read from the event.

pub mod claim;
pub mod event;
pub mod report;
pub mod route;
pub mod sanitise;
