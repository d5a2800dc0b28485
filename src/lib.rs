#![doc = include_str!("ARCHITECTURE.md")]

pub mod config;
pub mod engine;
pub mod exit;
pub mod ledger;
pub mod names;
pub mod perimeter;
pub mod pipeline;
