#![doc = include_str!("ARCHITECTURE.md")]

pub mod pipeline;

pub mod engine;
pub mod ledger;
pub mod perimeter;

pub mod app;
mod bounded;
pub mod cli;
pub mod config;
pub mod demo;
pub mod exit;
pub mod fault;
pub mod names;
pub mod progress;
pub mod random;
pub mod report;
pub mod tracker;
