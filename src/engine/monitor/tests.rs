//! The proxies against a real gRPC peer that stands in for the engine.

mod assets;
mod fake;
mod rules;
mod wire;
