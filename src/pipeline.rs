//! The stages of a run, in order.

pub mod holdout;
pub mod policy;
