#![doc = include_str!("ARCHITECTURE.md")]

pub mod engine;
pub mod ledger;
pub mod names;
pub mod perimeter;
pub mod pipeline;
